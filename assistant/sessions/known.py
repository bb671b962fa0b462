"""What is known of the user, as a reply may say it: since when, what was so before, and what is in doubt.

A fact that a message asks for comes first, then those that the conversation's frozen profile does not have yet. What the
user answers to a doubt that was asked about is read here, too. `recalling` and `keeping` ask; it writes nothing itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, tzinfo

from sqlmodel import Session

from assistant.answers.explanation import Explanation
from assistant.sessions.phrases import content, words
from assistant.sessions.rules.message import own_words
from assistant.sessions.tail import Recalled
from memory.models import Conversation, Fact, FactDoubt
from memory.store import facts
from memory.truth.attributes import matter, one_word
from memory.truth.relation import is_dated, telling_words

MOST = 6
MOST_BEFORE = 2
ASKED = "the message asks for it"
FRESH = "newer than the profile"

_SELF = frozenset("i me my mine we us our i'm i've am ich mich mir mein meine wir je moi mon ma mes yo mi mis".split())  # noqa: SIM905
_OF = {
    "home city": r"\bwhere (?:do|did|am|are|have) (?:i|we) (?:live|lived|reside|home)|\bmy (?:home|address|city|town)\b|\bwo wohne ich|\boù (?:est-ce que )?j'?habite|\bdónde vivo",
    "name": r"\bmy (?:first |full )?name\b|\bwho am i\b|\bwie heiße ich|\bcomment je m'appelle|\bcómo me llamo",
    "age": r"\bhow old am i\b|\bmy age\b|\bwie alt bin ich",
    "work": r"\bwhat do i do\b|\bmy (?:job|work|occupation|profession)\b|\bdo i work as\b",
    "employer": r"\b(?:where|who|whom) do i work\b|\bmy employer\b",
    "diet": r"\bmy diet\b|\bwhat (?:do|can) i eat\b|\bam i (?:a )?(?:vegetarian|vegan)\b",
    "birthday": r"\bmy birthday\b|\bwhen was i born\b",
    "child": r"\b(?:do|have) i have (?:any )?(?:children|kids)\b|\bhow many (?:children|kids) do i\b|\bmy (?:children|kids)\b",
}  # fmt: skip
_ASKS = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _OF.items()}
_PART = re.compile(r"recalled \[\d+\]: fact (\d+)")
_BOTH = re.compile(r"\b(?:both|beides?|les deux|ambos|ambas)\b", re.IGNORECASE)
_DENIED = r"\b(?:not|isn't|wasn't|no longer|never|nicht|kein\w*|pas)\b(?:\W+\w+){0,3}?\W+"


def about_user(session: Session, said: str, conversation: Conversation, zone: tzinfo) -> list[Recalled]:
    """The facts that a reply to `said` needs, as they are to be said; not numbered yet."""
    held = facts.current(session)
    profile = set(conversation.profile)
    asked = [fact for fact in held if _is_asked(said, fact)] if _is_of_self(said) else []
    fresh = [fact for fact in held if fact.text not in profile and fact not in asked]
    open_doubts = facts.doubts(session)
    return [
        Recalled(
            number=0,
            kind="fact",
            id=fact.id or 0,
            text=dated(fact, facts.before(session, fact), zone) + _doubt(session, fact, open_doubts),
            at=fact.learned_at,
            why=ASKED if fact in asked else FRESH,
        )
        for fact in [*asked, *fresh][:MOST]
    ]


def dated(fact: Fact, before: Sequence[Fact], zone: tzinfo) -> str:
    """A fact with since when it is so, and what was so before: "The user lives in Graz. (Since May 2026; before: ...)"."""
    told = [f"since {day(fact.valid_from, zone)}" if is_dated(fact) else f"said on {day(fact.learned_at, zone)}"]
    for old in list(before)[:MOST_BEFORE]:
        until = f"until {day(old.valid_until, zone)}" if old.valid_until is not None else "until then"
        since = f"{day(old.valid_from, zone)} " if is_dated(old) else ""
        told.append(f"before: “{old.text}”, {since}{until}")
    return f"{fact.text} ({'; '.join(told)})"


def day(at: datetime, zone: tzinfo) -> str:
    """A day as it was said: of a year or a month alone where it is the first of one at midnight."""
    local = at.astimezone(zone)
    is_first = local.day == 1 and not (local.hour or local.minute)
    if is_first and local.month == 1:
        return f"{local.year}"
    return f"{local:%B %Y}" if is_first else f"{local.day} {local:%B %Y}"


def used(session: Session, conversation: Conversation, explanation: Explanation, cited: Sequence[int]) -> set[int]:
    """The facts that went into a prompt or an answer: those cited, those in the tail, and those of the frozen profile."""
    found = set(cited)
    in_prompt = [part for part in explanation.parts if part.tokens]
    found |= {int(part[1]) for one in in_prompt if (part := _PART.fullmatch(one.name))}
    if in_prompt and conversation.profile:
        lines = set(conversation.profile)
        found |= {fact.id or 0 for fact in facts.every(session) if fact.text in lines}
    return found


def question(one: Fact, other: Fact) -> str:
    """How the user is asked which of two facts holds."""
    return (
        f"You said “{other.quote}” before, and now “{one.quote}”. Does the one take the other's place, or are both so? "
        f"Say it here, or: telos memory facts keep {one.id} (or {other.id}, or both: --both)."
    )


def chosen(message: str, one: Fact, other: Fact) -> list[int]:
    """Which of two facts in doubt the user's answer keeps, by their numbers; nothing where it does not say."""
    own = own_words(message)
    if own.rstrip().endswith("?"):
        return []
    if _BOTH.search(own):
        return [one.id or 0, other.id or 0]
    apart = {
        one.id or 0: telling_words(one) - telling_words(other),
        other.id or 0: telling_words(other) - telling_words(one),
    }
    said = {one_word(word) for word in words(own)}
    named = {fact_id: bool(telling & said) for fact_id, telling in apart.items()}
    denied = {
        fact_id: any(re.search(_DENIED + re.escape(word), own, re.IGNORECASE) for word in telling)
        for fact_id, telling in apart.items()
    }
    kept = [fact_id for fact_id in named if named[fact_id] and not denied[fact_id]]
    if not kept and sum(denied.values()) == 1:
        kept = [fact_id for fact_id in named if not denied[fact_id]]
    return kept if len(kept) == 1 else []


def _is_of_self(said: str) -> bool:
    return not _SELF.isdisjoint(words(said))


def _is_asked(said: str, fact: Fact) -> bool:
    """Whether the message asks for the matter of a fact, or is a question that shares its telling words."""
    asks = _ASKS.get(matter(fact.slot, fact.text))
    if asks is not None and asks.search(said):
        return True
    own = {one_word(word) for word in content(f"{fact.text} {fact.slot}")} - {"user"}
    return "?" in said and bool({one_word(word) for word in content(said)} & own)


def _doubt(session: Session, fact: Fact, open_doubts: Sequence[FactDoubt]) -> str:
    pairs = [(doubt.fact_id, doubt.other_id) for doubt in open_doubts if fact.id in (doubt.fact_id, doubt.other_id)]
    others = [facts.get(session, one if two == fact.id else two) for one, two in pairs]
    told = [f"“{other.text}”" for other in others if other is not None]
    return f" [in doubt: {' and '.join(told)} was said, too]" if told else ""
