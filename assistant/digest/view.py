"""A digest as it is read: frozen, complete, and independent of where it is shown.

`build` makes it, `record` keeps it in rows and brings it back, `render` turns it into mail, the API sends it as JSON,
the command line prints it. It knows no row, no engine and no template. Text in it is plain and comes from outside:
whoever shows it escapes it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from assistant.engine.sentences import reading_length

WORDS_A_MINUTE = 230
"""The reading speed that `reading_minutes` in the configuration and `DigestView.minutes` are counted with."""

FEEDBACK_VERBS = ("more", "less", "keep", "drop", "mute", "why", "save")
"""What stands beside each entry of the mail."""
FOLLOW_UP_VERBS = ("done", "later")
"""What stands beside what is followed up."""
ASK = "ask"
"""At the foot, with no number: a question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """An item that an entry stands on. `number` counts from 1 within the entry. `said_by` is who speaks in it, where its source
    is a place in which many do: a timeline, a mailbox."""

    number: int
    item_id: int
    source: str
    title: str
    url: str
    published: datetime
    authors: tuple[str, ...] = ()
    said_by: str = ""

    @property
    def credited(self) -> str:
        """Whose voice it is, for the eye: "town", "social, Ada Lovelace (@ada)"."""
        return f"{self.source}, {self.said_by}" if self.said_by else self.source


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence of an entry and the numbers of the citations it was taken from: never none."""

    text: str
    citations: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.citations:
            raise ValueError(f"The sentence {self.text!r} cites nothing.")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """A numbered story. `url` is the lead item's; `reasons` say in words why it is here.

    `score` is the probability that the user wants it. `is_unproven` marks a guess the ranking knows little about,
    `is_follow_up` one that tells what is new in a story shown before.
    """

    number: int
    story_id: int
    title: str
    url: str
    language: str
    sentences: tuple[Sentence, ...]
    reasons: tuple[str, ...]
    citations: tuple[Citation, ...]
    score: float
    is_unproven: bool = False
    is_follow_up: bool = False

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of its sources, each once, in the order of the citations."""
        return tuple(dict.fromkeys(citation.source for citation in self.citations))

    @property
    def item_ids(self) -> frozenset[int]:
        return frozenset(citation.item_id for citation in self.citations)


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """Entries under one heading. `key` is language-free (`article`, `paper`, or the configured name)."""

    key: str
    heading: str
    entries: tuple[EntryView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A line of the foot. `facts` is what the row keeps; `sentence` says it in the digest's language.

    `is_trouble` tells what needs the user (a failed source, a lost delivery) from what only informs them.
    """

    kind: str
    sentence: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    is_trouble: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What somebody said, in their words, shortened. `is_to_me` marks what speaks to the user."""

    item_id: int
    author: str
    text: str
    url: str
    published: datetime
    is_to_me: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationView:
    """A conversation that the user missed. `place` is the channel, or the other person of a direct message.

    `people` have said most first, `about` are the words that tell it from others, `item_ids` all that was said.
    """

    source: str
    place: str
    is_direct: bool
    is_to_me: bool
    people: tuple[str, ...]
    about: tuple[str, ...]
    quotes: tuple[Quote, ...]
    item_ids: tuple[int, ...]
    url: str
    began: datetime
    ended: datetime

    @property
    def others(self) -> int:
        """How many messages there are beyond those quoted."""
        return len(self.item_ids) - len(self.quotes)


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedView:
    """The section "what you missed". `left_out` counts the conversations that had no room and `left_out_messages` what was
    said in them; `seen` the messages that the user wrote after, and `muted` those they never want to see."""

    conversations: tuple[ConversationView, ...] = ()
    left_out: int = 0
    left_out_messages: int = 0
    seen: int = 0
    muted: int = 0


NOTHING_MISSED = MissedView()


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestView:
    """The whole digest. `id` is `None` for a preview, which no row holds."""

    id: int | None = None
    local_date: date
    recipient: str
    run: int
    built_at: datetime
    since: datetime
    writer: str
    language: str
    zone: str
    candidates: int
    sections: tuple[SectionView, ...]
    notes: tuple[Note, ...]
    missed: MissedView = NOTHING_MISSED

    @property
    def entries(self) -> tuple[EntryView, ...]:
        """Every entry, in order of number."""
        return tuple(entry for section in self.sections for entry in section.entries)

    @property
    def words(self) -> int:
        """Words in titles, sentences and quotes; two characters of a script without spaces count as one."""
        told = sum(
            reading_length(entry.title) + sum(reading_length(sentence.text) for sentence in entry.sentences)
            for entry in self.entries
        )
        quotes = (quote for conversation in self.missed.conversations for quote in conversation.quotes)
        return told + sum(reading_length(quote.text) for quote in quotes)

    @property
    def minutes(self) -> float:
        """How long it takes to read."""
        return self.words / WORDS_A_MINUTE


def without_items(view: DigestView, item_ids: Collection[int]) -> DigestView:
    """The digest without the entries and conversations that stand on any of these items; the others keep their numbers."""
    hidden = frozenset(item_ids)
    left = (replace(one, entries=tuple(e for e in one.entries if not hidden & e.item_ids)) for one in view.sections)
    told = tuple(one for one in view.missed.conversations if not hidden.intersection(one.item_ids))
    return replace(
        view,
        sections=tuple(section for section in left if section.entries),
        missed=replace(view.missed, conversations=told),
    )


def to_json(view: DigestView) -> dict[str, Any]:
    """A JSON object that `from_json` reads back as an equal view."""
    from pydantic import TypeAdapter  # weight: the command line's start

    document: dict[str, Any] = TypeAdapter(DigestView).dump_python(view, mode="json")
    return document


def from_json(document: Mapping[str, Any]) -> DigestView:
    """The view that `to_json` wrote.

    Raises: pydantic.ValidationError if it is not one.
    """
    from pydantic import TypeAdapter  # weight: the command line's start

    return TypeAdapter(DigestView).validate_python(document)
