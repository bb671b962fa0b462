"""Which sections a poll asks, and what in them is new or has another text.

A story that stands in several sections is one item, taken once. One that was updated comes again under the same id.
Reading a section is `top_stories`' affair, or `feed`'s. `connectors.nytimes.NewYorkTimes` calls `Reading.poll`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from itertools import islice
from threading import Event

from connectors.base import Batch, Cursor, Item, Misconfigured
from connectors.feeds import newest_within
from connectors.nytimes import NewYorkTimesOptions, feed, top_stories
from connectors.nytimes.feed import Listing
from connectors.reading.links import canonical
from connectors.transport import WaysOut

_PAGE = 100
_REQUESTS = 5
"""The API allows five requests a minute; of more sections, each poll asks the next five."""
_LEFT_OUT = ""
"""Stands for the print of a story that the first poll left out: no later change brings it in."""
_LEAST_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class _State:
    """The cursor, typed. `asked` is the section asked last, `validators` what a feed's server needs to answer "not
    modified", `seen` the prints of stories and of what they said."""

    asked: str = ""
    sections: tuple[str, ...] = ()
    """Those that were polled before: in another one, the caps of a first poll hold."""
    validators: dict[str, list[str]] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, cursor: Cursor | None) -> _State:
        kept = dict(cursor or {})
        return cls(**{**kept, "sections": tuple(kept.get("sections", ()))})

    def as_cursor(self) -> Cursor:
        values = {
            "asked": self.asked,
            "sections": list(self.sections),
            "validators": self.validators,
            "seen": self.seen,
        }
        return {name: value for name, value in values.items() if value}

    def says_new(self, item: Item) -> bool:
        return self.seen.get(_print(item.external_id)) not in (_LEFT_OUT, _content(item))

    def remembering(self, prints: dict[str, str], most: int) -> _State:
        """With these seen, and the ones seen longest ago forgotten."""
        seen = {name: value for name, value in self.seen.items() if name not in prints} | prints
        surplus = len(seen) - max(_LEAST_REMEMBERED, most)
        return replace(self, seen=dict(islice(seen.items(), max(0, surplus), None)))

    def done_with(self, section: str, listing: Listing) -> _State:
        """All that the section shows is taken. One that shows nothing at all is asked anew, as if it had not been."""
        if listing.is_unchanged:
            return replace(self, asked=section)
        validators = {name: value for name, value in self.validators.items() if name != section}
        if listing.items and any(listing.validators):
            validators[section] = list(listing.validators)
        known = (*self.sections, section) if listing.items else self.sections
        return replace(self, asked=section, sections=tuple(dict.fromkeys(known)), validators=validators)


class Reading:
    """One poll."""

    def __init__(self, options: NewYorkTimesOptions, ways_out: WaysOut, now: datetime) -> None:
        self._options = options
        self._ways_out = ways_out
        self._now = now

    def poll(self, cursor: Cursor | None, limit: int, cancelled: Event) -> Iterator[Batch]:
        state = _State.of(cursor)
        wanted = self._next_sections(state)
        left, missing = limit, 0
        for section in wanted:
            try:
                listing = self._listing(section, state.validators.get(section, ()))
            except Misconfigured as err:  # a section that is no more costs no other
                missing += 1
                if missing == len(wanted):
                    raise
                state = replace(state, asked=section)
                yield Batch(cursor=state.as_cursor(), notices=(str(err),), more=section != wanted[-1])
                continue
            items = [_with_known_id(item, state) for item in listing.items]
            state, notices = self._capped(section, items, state)
            fresh = [item for item in reversed(items) if state.says_new(item)]
            while True:
                size = min(_PAGE, left)
                page, fresh = fresh[:size], fresh[size:]
                left -= len(page)
                told = {_print(item.external_id): _content(item) for item in page}
                state = state.remembering(told, len(items) + 100 * len(self._options.sections))
                if not fresh:
                    state = state.done_with(section, listing)
                more = bool(fresh) or section != wanted[-1]
                yield Batch(items=tuple(page), cursor=state.as_cursor(), notices=notices, more=more)
                notices = ()
                if more and (cancelled.is_set() or not left):
                    return
                if not fresh:
                    break

    def _next_sections(self, state: _State) -> list[str]:
        """Those to ask now, beginning after the one that was asked last; of the API no more than it allows."""
        sections = list(self._options.sections)
        start = sections.index(state.asked) + 1 if state.asked in sections else 0
        turned = sections[start:] + sections[:start]
        return turned[:_REQUESTS] if self._options.key else turned

    def _listing(self, section: str, validators: Sequence[str]) -> Listing:
        """What a section shows now. Raises: NeedsLogin, TryLater or Misconfigured."""
        if self._options.key:
            return Listing(top_stories.read(self._ways_out, section, self._options.key))
        return feed.read(self._ways_out, section, validators)

    def _capped(self, section: str, items: Sequence[Item], state: _State) -> tuple[_State, tuple[str, ...]]:
        """Of a section never polled before, mark what is beyond the user's caps."""
        if section in state.sections or not items:
            return state, ()
        taken = {item.external_id for item in newest_within(self._options, items, self._now)}
        left_out = {_print(item.external_id): _LEFT_OUT for item in items if item.external_id not in taken}
        left_out = {name: mark for name, mark in left_out.items() if name not in state.seen}
        if not left_out:
            return state, ()
        caps = f"first_run_items = {self._options.first_run_items}, first_run_days = {self._options.first_run_days}"
        said = f"{len(left_out)} older of the section {section} left out at its first poll ({caps})."
        return state.remembering(left_out, len(left_out)), (said,)


def _with_known_id(item: Item, state: _State) -> Item:
    """A story that came by RSS, under its address, keeps that id when the API names it otherwise."""
    address = canonical(item.url)
    return replace(item, external_id=address) if item.url and _print(address) in state.seen else item


def _content(item: Item) -> str:
    """Stands for what a story says. A new date alone is no update."""
    return _print("\n".join((item.title, item.text, *item.authors)))


def _print(text: str) -> str:
    return blake2b(text.encode(errors="replace"), digest_size=5).hexdigest()
