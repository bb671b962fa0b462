"""Which item an arriving text belongs to: one that is known, or a new one. Pure: it knows no database.

An id alone does not tell: feeds repeat ids within a document and give old ids to other texts. `memory.store.items.save`
asks here about all arrivals under one external id at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """One thing that a source published, cleaned and ready to be kept. Instants are aware.

    `canonical_url` is `url` reduced to its identity. `published` is `None` unless the source gives a credible date.
    """

    external_id: str
    kind: str = "article"
    title: str = ""
    text: str = ""
    html: str = ""
    url: str = ""
    canonical_url: str = ""
    authors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    thread_id: str = ""
    revision: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    language: str = ""
    private: bool = False
    to_me: bool = False
    by_me: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        return digest_of(self.title, self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownItem:
    """What identity needs to know of an item that is stored, with its current version."""

    item_id: int
    title: str
    canonical_url: str
    published: datetime | None
    digest: str


@dataclass(frozen=True, slots=True)
class Match:
    """The text to keep for a known item, or, where `known` is `None`, for a new one."""

    known: KnownItem | None
    arrival: NewItem


def digest_of(title: str, text: str) -> str:
    """SHA-256, in hexadecimal, of what a reader sees."""
    return sha256(f"{title}\0{text}".encode()).hexdigest()


def is_same(known: KnownItem | NewItem, arrival: NewItem) -> bool:
    """Whether a text under the same id is the same item, perhaps rewritten.

    It is another when title and link both differ and the date does not agree. What one side does not have cannot
    differ: a chat message has no title, and an edited one is still itself.
    """
    other_title = bool(known.title and arrival.title) and known.title != arrival.title
    other_link = bool(known.canonical_url and arrival.canonical_url) and known.canonical_url != arrival.canonical_url
    same_date = known.published is not None and known.published == arrival.published
    return same_date or not (other_title and other_link)


def match(known: Sequence[KnownItem], arrivals: Sequence[NewItem]) -> list[Match]:
    """Give each arrival under one external id to an item. Known ones come oldest generation first.

    What one document holds is sorted out before it is compared with what is known, so that the same document comes to
    the same items at each poll. An arrival that is the same item as another, updated later, is left out.
    """
    unclaimed = list(known)
    distinct = _distinct(arrivals)
    claims = [_claim(unclaimed, [item for item in unclaimed if item.digest == arrival.digest]) for arrival in distinct]
    for place, arrival in enumerate(distinct):
        if claims[place] is None:
            claims[place] = _claim(unclaimed, [item for item in unclaimed if is_same(item, arrival)])
    return [Match(claim, arrival) for claim, arrival in zip(claims, distinct, strict=True)]


def _distinct(arrivals: Sequence[NewItem]) -> list[NewItem]:
    """Each item once, as it was updated last; among equals as it came first."""
    distinct: list[NewItem] = []
    for arrival in sorted(arrivals, key=lambda item: item.updated or item.published or _NEVER, reverse=True):
        if not any(is_same(other, arrival) for other in distinct):
            distinct.append(arrival)
    return distinct


def _claim(unclaimed: list[KnownItem], suitable: Sequence[KnownItem]) -> KnownItem | None:
    """Take the newest generation that suits."""
    if not suitable:
        return None
    unclaimed.remove(suitable[-1])
    return suitable[-1]
