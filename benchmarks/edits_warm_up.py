"""What a user's past mails tell of those to come: learned from 40 mails of an owner, asked about 10 that were never seen.

`greeting` and `signoff` are read by this module's own eyes, from the true mail and from the draft that Telos writes of its
points; `length` (short, middle, long: a third of all owners' mails each) and `formality` are what the profile chooses for
the context. Where it chooses nothing the most frequent value among all owners counts, which is `global` everywhere; how often
that was is in `silent`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant import drafts, profile
from assistant.answers.drafts import NewDraft
from assistant.answers.profile import LearnText, LearnTexts
from assistant.config.schema import Settings, UserSettings
from assistant.style import traits
from assistant.style.piece import People, parse
from benchmarks.edits_home import ADDRESS, household
from benchmarks.edits_letter import CLOSING, sentences_of
from memory.embed import Embedder
from memory.profile.context import Context

TRAINED, MAILS = 40, 50
KEYS = ("greeting", "signoff", "length", "formality")
WORDS_A_SENTENCE = 15
READER = "Alex Reader"
_GREETED = re.compile(
    r"^(?:(?P<word>hi|hello|hey|dear|good morning|good afternoon)\b[^.?!]{0,30}?|[A-Za-z]+(?: [A-Z][a-z]+)?)(?:,|:| -|!)(?=\s|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it was sent, laid out in lines, and what it shows."""

    text: str
    body: tuple[str, ...]
    shows: dict[str, str]

    @property
    def words(self) -> int:
        return sum(len(sentence.split()) for sentence in self.body)


def warm_up(embedder: Embedder, data: Path) -> dict[str, Any]:
    """Accuracies over all owners' unseen mails, and the same for the global majority."""
    owners = _owners(data)
    trained = [mail for mails in owners.values() for mail in mails[:TRAINED]]
    bounds = _bounds(trained)
    usual = {key: Counter(_shown(mail, key, bounds) for mail in trained).most_common(1)[0][0] for key in KEYS}
    right, right_globally, silent = Counter[str](), Counter[str](), Counter[str]()
    asked = 0
    for owner, mails in owners.items():
        for mail, told in zip(mails[TRAINED:], _told(embedder, owner, mails, bounds), strict=True):
            asked += 1
            for key in KEYS:
                truth = _shown(mail, key, bounds)
                silent[key] += key not in told
                right[key] += told.get(key, usual[key]) == truth
                right_globally[key] += usual[key] == truth
    return {
        **{key: right[key] / asked for key in KEYS},
        "global": {key: right_globally[key] / asked for key in KEYS},
        "silent": {key: silent[key] / asked for key in KEYS},
        "mails": asked,
    }


def _told(embedder: Embedder, owner: str, mails: Sequence[Mail], bounds: tuple[float, float]) -> list[dict[str, str]]:
    """What Telos says of each unseen mail after the others."""
    settings = Settings(user=UserSettings(name=_name(owner, mails[:TRAINED]), email=ADDRESS, timezone="UTC"))
    told: list[dict[str, str]] = []
    with household(embedder, settings) as house:
        past = [LearnText(name=f"mail {n}", text=mail.text, kind="mail") for n, mail in enumerate(mails[:TRAINED])]
        profile.learn(house.service, LearnTexts(texts=past))
        held = house.service.profiles.current(embedder.slug)
        for mail in mails[TRAINED:]:
            about = " ".join(mail.body)[:1000]
            context = Context(
                kind="mail", language="en", text=about, vector=embedder.encode([about])[0], embedder=embedder.slug
            )
            chosen = {one.dimension: one for one in held.choose(context, traits.reach)}
            shown = drafts.new(house.service, NewDraft(kind="mail", to=[READER], points=list(mail.body) or ["Agreed."]))
            drafted = _mail(shown.current.text)
            says = {key: drafted.shows[key] for key in ("greeting", "signoff")}
            if "formality" in chosen:
                says["formality"] = chosen["formality"].value
            words = _words(chosen)
            if words is not None:
                says["length"] = _band(words, bounds)
            told.append(says)
    return told


def _words(chosen: dict[str, Any]) -> float | None:
    """How long a text would be, by the surer of the two dimensions."""
    sizes = [
        (one.confidence, one.amount * scale)
        for name, scale in (("words", 1), ("sentences", WORDS_A_SENTENCE))
        if (one := chosen.get(name)) is not None and one.amount is not None
    ]
    return max(sizes)[1] if sizes else None


def _owners(data: Path) -> dict[str, list[Mail]]:
    owners: dict[str, list[Mail]] = {}
    with (data / "mail" / "sent_mails.jsonl").open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            owners.setdefault(row["owner"], []).append(_mail(_laid_out(row["text"].partition("@subject")[0])))
    return {owner: mails[:MAILS] for owner, mails in owners.items()}


def _laid_out(text: str) -> str:
    """The mail as it looked: its greeting on a line, its sentences in a paragraph, its sign-off in lines below."""
    lines = [re.sub(r"\s+", " ", line).strip() for line in text.strip().split("\n")]
    lines = [line for line in lines if line]
    greeting = ""
    end: list[str] = []
    if lines and (found := _GREETED.match(lines[0])):
        greeting, lines[0] = found.group().strip(), lines[0][found.end() :].strip()
    while lines and len(end) < 3 and _is_end(lines[-1]):
        end.insert(0, lines.pop())
    parts = [greeting, " ".join(line for line in lines if line), "\n".join(end)]
    return "\n\n".join(part for part in parts if part)


def _is_end(line: str) -> bool:
    """A name, or a word of farewell."""
    words = line.split()
    is_name = len(words) <= 2 and all(re.fullmatch(r"-?[A-Z][a-z]*\.?", word) for word in words)
    return is_name or (len(words) <= 4 and bool(CLOSING.match(line.rstrip(".!"))))


def _mail(text: str) -> Mail:
    blocks = [block.strip() for block in re.split(r"\n\s*\n", text) if block.strip()]
    greeting, signoff = "none", "none"
    if blocks and len(blocks[0].split()) <= 5 and (found := _GREETED.match(blocks[0])):
        word = (found.group("word") or "name").lower()
        greeting = {"hello": "hi", "hey": "hi", "good morning": "hi", "good afternoon": "hi"}.get(word, word)
        blocks.pop(0)
    end: list[str] = []
    lines = [line.strip() for block in blocks for line in block.split("\n")]
    while lines and len(end) < 3 and _is_end(lines[-1]):
        end.insert(0, lines.pop())
    if end:
        has_thanks = any(re.match(r"(many )?thank", line, re.IGNORECASE) for line in end)
        has_word = any(CLOSING.match(line.rstrip(".!")) for line in end)
        signoff = "thanks" if has_thanks else "regards" if has_word else "name"
    shows = {"greeting": greeting, "signoff": signoff}
    reading = traits.read(parse(text, _NOBODY), _NOBODY).get("formality")
    shows["formality"] = reading.value if reading is not None else "neutral"
    return Mail(text, tuple(one for line in lines for one in sentences_of(line)), shows)


_NOBODY = People(language="en")


def _bounds(mails: Sequence[Mail]) -> tuple[float, float]:
    """Where short ends and long begins."""
    ordered = sorted(mail.words for mail in mails)
    return ordered[len(ordered) // 3], ordered[2 * len(ordered) // 3]


def _shown(mail: Mail, key: str, bounds: tuple[float, float]) -> str:
    return _band(mail.words, bounds) if key == "length" else mail.shows[key]


def _band(words: float, bounds: tuple[float, float]) -> str:
    return "short" if words < bounds[0] else "long" if words >= bounds[1] else "middle"


def _name(owner: str, mails: Sequence[Mail]) -> str:
    """The owner's: the name that most mails end with, and the one the folder has."""
    last = Counter(mail.text.rsplit("\n", 1)[-1].strip(" -.") for mail in mails if mail.shows["signoff"] != "none")
    names = [name for name, _ in last.most_common() if re.fullmatch(r"[A-Z][a-z]+", name)]
    return " ".join([*names[:1], owner.split("-")[0].capitalize()])
