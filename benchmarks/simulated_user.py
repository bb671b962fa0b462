"""A user who knows what they like and never says it: they see a draft and edit it, or let it be.

Their latent preference is a set of wishes a context (`draw`). `User.edit` gives the text as they leave it: what fits stays,
the rest is changed toward their wishes; now and then too little, too much, or by a whim. All chance hangs on the seed and
the round alone, so that every arm meets the same moods. Nothing of Telos is imported here: who examines a learner must not
know it. `benchmarks.edits` shows it drafts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from benchmarks.edits_letter import Case, Letter, cost, read, write
from benchmarks.edits_wishes import HIDDEN, ORDER, STANDING, Wish, grant
from benchmarks.edits_words import TERMS

TOO_LITTLE, TOO_MUCH = 0.1, 0.1
"""How often a user stops half-way, and how often they go on past what they want."""
ROUNDS_TO_REST = 4
GREETINGS = (
    "Hi {first},",
    "Dear {name},",
    "Hello {first},",
    "{first},",
    "Dear {first},",
    "Good morning {first},",
    "Hey {first},",
    "",
)
CLOSINGS = ("Best regards,", "Kind regards,", "Best,", "Cheers,", "Sincerely,", "Many thanks,", "All the best,", "")
SIGNATURES = ("{first}", "{name}", "")
LAYOUTS = ("prose", "bullets", "numbered")
SENTENCES, WORDS = (2, 3, 4, 5, 6, 8), (75, 100, 125, 150, 200)
MOST_POINTS = (3, 4, 5)
IN_SENTENCES: tuple[Wish, ...] = (
    *(Wish("person", value) for value in ("we", "i")),
    *(Wish("contractions", value) for value in ("yes", "no")),
    Wish("exclamation", "no"),
    *(Wish("dates", value) for value in ("iso", "d month y", "d/m/y", "m/d/y", "d.m.y")),
    Wish("times", "24h"),
    *(Wish("numbers", value) for value in ("words", "digits")),
    *(Wish("thousands", value) for value in ("1.000", "1 000", "1000")),
    *(Wish("spelling", value) for value in ("en-US", "en-GB")),
    *(Wish("term", f"{old}>{new}") for old, new in TERMS.items()),
)
WHIMS = (Wish("numbers", "words"), Wish("contractions", "no"), Wish("term", "also>too"), Wish("term", "very>quite"))


@dataclass(frozen=True, slots=True)
class Edit:
    """The text as the user leaves it. `left` is what each kind of wish cost; the sum may exceed the cost of the whole."""

    text: str
    left: Mapping[str, int]


class User:
    """`latent`: the wishes of each context. `noise` is the share of rounds in which a whim decides."""

    def __init__(self, latent: Sequence[tuple[Wish, ...]], seed: str, *, noise: float = 0.0) -> None:
        self.latent = latent
        self.seed = seed
        self.noise = noise

    def edit(self, number: int, context: int, draft: str, case: Case) -> Edit:
        """What becomes of the draft of round `number`, which belongs to `context`."""
        chance = Random(f"{self.seed} {number}")
        is_whim = chance.random() < self.noise
        mood = chance.random()
        wishes = self.latent[context]
        if is_whim:
            others = [wish for place, some in enumerate(self.latent) if place != context for wish in some]
            return _granted(draft, case, chance.sample(others, min(2, len(others))))
        if mood < TOO_LITTLE:
            return _granted(draft, case, [wish for wish in wishes if chance.random() < 0.5])
        edit = _granted(draft, case, wishes)
        return edit if mood < 1 - TOO_MUCH else _too_far(edit, case, wishes, chance)

    def fully(self, context: int, draft: str, case: Case) -> str:
        """The draft with every wish granted: the text that this user would not touch, but for moods and whims."""
        return _granted(draft, case, self.latent[context]).text


def draw(chance: Random, contexts: Sequence[Sequence[Case]], *, hidden: bool) -> list[tuple[Wish, ...]]:
    """Latent preferences, one a context, from cases that are typical of each.

    Mail has 5 to 7 wishes in a context, documents 3 to 5; those inside sentences are of kinds that matter in a fifth of the
    cases at least. With `hidden` a third as many again, of kinds that no learner detects: a quarter of all.
    """
    is_mail = contexts[0][0].is_mail
    framed = _mail_frames(chance, len(contexts)) if is_mail else _document_frames(chance, len(contexts))
    drawn: list[tuple[Wish, ...]] = []
    for frame, cases in zip(framed, contexts, strict=True):
        wanted = chance.randint(5, 7) if is_mail else chance.randint(3, 5)
        letters = [(read(" ".join(case.source[:6]), case), case) for case in cases]
        wishes = [*frame, *_inner(chance, letters, max(1, wanted - len(frame)))]
        secret = Random(chance.random())  # so that the rest is drawn alike with and without it
        if hidden:
            kinds = [kind for kind in sorted(HIDDEN) if _matters(Wish(kind), letters)]
            wishes += [Wish(kind) for kind in secret.sample(kinds, min(len(kinds), round(len(wishes) / 3)))]
        mine = next((wish.value for wish in wishes if wish.kind == "standing"), "")
        is_curt = any(wish.kind == "thanks" for wish in wishes)
        has_size = any(wish.kind in ("sentences", "words") for wish in wishes)
        always = [] if has_size else [Wish("said", "but thanks" if is_curt else "")]
        drawn.append(tuple(sorted([*always, Wish("own", mine), *wishes], key=lambda wish: ORDER[wish.kind])))
    return drawn


def _mail_frames(chance: Random, count: int) -> list[list[Wish]]:
    greetings, closings = chance.sample(GREETINGS, count), chance.sample(CLOSINGS, count)
    frames: list[list[Wish]] = []
    for greeting, closing in zip(greetings, closings, strict=True):
        shape = chance.choice(
            (Wish("layout", "bullets"), Wish("layout", "numbered"), *(Wish("paragraphs", "", n) for n in (0, 1, 2)))
        )
        signature = chance.choice(SIGNATURES)
        frame = [Wish("greeting", greeting), Wish("closing", closing), Wish("signature", signature), shape]
        if chance.random() < 0.25:
            frame.append(Wish("sentences", "", chance.choice(MOST_POINTS)))
        frames.append(frame + _standing(chance, 0.3))
    return frames


def _document_frames(chance: Random, count: int) -> list[list[Wish]]:
    sentences, words = chance.sample(SENTENCES, count), chance.sample(WORDS, count)
    layouts = [LAYOUTS[place % len(LAYOUTS)] for place in range(count)]
    chance.shuffle(layouts)
    frames: list[list[Wish]] = []
    for in_sentences, in_words, layout in zip(sentences, words, layouts, strict=True):
        size = Wish("words", "", in_words) if chance.random() < 0.3 else Wish("sentences", "", in_sentences)
        frame = [size, Wish("layout", layout)]
        if layout == "prose" and chance.random() < 0.5:
            frame.append(Wish("paragraphs", "", chance.choice((0, 1, 2))))
        if chance.random() < 0.4:
            frame.append(Wish("heading", chance.choice(("yes", "no"))))
        frames.append(frame[:4] + _standing(chance, 0.2))
    return frames


def _standing(chance: Random, share: float) -> list[Wish]:
    sentence = chance.choice([one for some in STANDING.values() for one in some])
    return [Wish("standing", sentence)] if chance.random() < share else []


def _inner(chance: Random, letters: Sequence[tuple[Letter, Case]], count: int) -> list[Wish]:
    """Wishes inside sentences: kinds are drawn first, then a value of each, so that many terms are one kind among others."""
    able = [wish for wish in (*IN_SENTENCES, Wish("thanks")) if _matters(wish, letters)]
    kinds = sorted({wish.kind for wish in able})
    chosen = chance.sample(kinds, min(count, len(kinds)))
    return [chance.choice([wish for wish in able if wish.kind == kind]) for kind in chosen]


def _matters(wish: Wish, letters: Sequence[tuple[Letter, Case]], share: float = 0.2) -> bool:
    """Whether it changes something in so many of the texts."""
    if wish.kind == "person" and not letters[0][1].is_mail:
        return False
    return sum(grant(letter, case, wish) != letter for letter, case in letters) >= share * len(letters)


def _granted(draft: str, case: Case, wishes: Sequence[Wish]) -> Edit:
    """The wishes granted, in their order, until nothing changes any more. A draft that fits is given back as it was."""
    begun = letter = read(draft, case)
    left: dict[str, int] = {}
    for _ in range(ROUNDS_TO_REST):
        before = letter
        for wish in sorted(wishes, key=lambda wish: ORDER[wish.kind]):
            letter = _step(letter, case, wish, left)
        if letter == before:
            break
    return Edit(draft if letter == begun else write(letter), left)


def _step(letter: Letter, case: Case, wish: Wish, left: dict[str, int]) -> Letter:
    changed = grant(letter, case, wish)
    if changed != letter:
        left[wish.kind] = left.get(wish.kind, 0) + cost(write(letter), write(changed))
    return changed


def _too_far(edit: Edit, case: Case, wishes: Sequence[Wish], chance: Random) -> Edit:
    """A sentence less than wanted, or one thing more than the user cares for."""
    letter = read(edit.text, case)
    has_size = any(wish.kind in ("sentences", "words") for wish in wishes)
    if has_size and chance.random() < 0.5 and len(letter.sentences) > 2:
        extra = Wish("sentences", "", len(letter.sentences) - 1)
    else:
        kinds = {wish.kind for wish in wishes}
        extra = chance.choice([whim for whim in WHIMS if whim.kind not in kinds] or [Wish("exclamation", "no")])
    left = dict(edit.left)
    after = _step(letter, case, extra, left)
    return edit if after == letter else Edit(write(after), {**left, "too much": cost(edit.text, write(after))})
