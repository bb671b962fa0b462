"""Papers of arXiv by category and query, through the `arxiv` library over the guarded session.

Newest first by date of the last version, so that a new version of a known paper comes again, as the same item under a
new `revision`. A listing is read down to `OVERLAP` below the newest paper known, for papers held by moderators appear
late under their old date; what is known already is told apart by the store, not here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from threading import Event
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, field_validator, model_validator

from connectors.base import API_VERSION, Batch, Cursor, Item, Misconfigured, Options, TryLater, asked
from connectors.transport import WaysOut
from connectors.transport.translation import failure_of_status

if TYPE_CHECKING:
    import arxiv
    import requests

PAUSE_S = 3.0
"""arXiv's terms: no more than one request every three seconds."""
OVERLAP = timedelta(days=3)

_TRIES_AGAIN = 2
_CATEGORY = re.compile(r"[a-z]+(-[a-z]+)*(\.[A-Za-z]+(-[A-Za-z]+)*)?")
_VERSION = re.compile(r"(?P<paper>.+?)(?P<revision>v\d+)?")
_ATOM = b"http://www.w3.org/2005/Atom"
_SUMMARY = re.compile(r"<summary[^>]*>(?P<text>[^<]{1,300})")


class ArxivOptions(Options):
    """Papers in any of `categories`, or found by any of `queries` (in arXiv's syntax, such as `ti:dialogue AND abs:goal`)."""

    categories: tuple[str, ...] = Field(default=(), json_schema_extra=asked("Categories, such as cs.CL"))
    queries: tuple[str, ...] = Field(
        default=(), json_schema_extra=asked("Or searches, such as ti:dialogue AND abs:goal")
    )
    max_results: int = Field(default=1000, ge=1, le=10_000)
    """At most so many are read in one go; the rest of a longer listing is left out."""
    page_size: int = Field(default=200, ge=1, le=2000)

    @field_validator("categories")
    @classmethod
    def _known_shape(cls, categories: tuple[str, ...]) -> tuple[str, ...]:
        for category in categories:
            if not _CATEGORY.fullmatch(category):
                raise ValueError(f"{category!r} is no arXiv category, such as cs.CL or astro-ph")
        return categories

    @model_validator(mode="after")
    def _asks_for_something(self) -> ArxivOptions:
        if not any(text.strip() for text in (*self.categories, *self.queries)):
            raise ValueError('name at least one of categories (["cs.CL"]) or queries (["ti:dialogue"])')
        return self

    @property
    def search_query(self) -> str:
        wanted = [f"cat:{category}" for category in self.categories]
        return " OR ".join(wanted + [f"({query})" for query in self.queries if query.strip()])


@dataclass(frozen=True, slots=True)
class _Place:
    """Where reading stands: all is known from `newest` down; a listing under way began at `head` and goes on at `start`.

    What is published meanwhile pushes the rest down, so going on by position repeats papers but skips none. What is
    older than `floor` was left out by the caps of the first poll, and never comes in.
    """

    newest: datetime | None = None
    head: datetime | None = None
    start: int = 0
    floor: datetime | None = None

    @classmethod
    def of(cls, cursor: Cursor | None) -> _Place:
        kept = cursor or {}
        instants = {key: datetime.fromisoformat(kept[key]) for key in ("newest", "head", "floor") if key in kept}
        return cls(**instants, start=kept.get("start", 0))

    def cursor(self) -> Cursor:
        instants = {"newest": self.newest, "head": self.head, "floor": self.floor}
        kept: dict[str, str | int] = {key: instant.isoformat() for key, instant in instants.items() if instant}
        return {**kept, "start": self.start} if self.start else kept

    def after(self, page: list[arxiv.Result]) -> _Place:
        head = self.head or max((paper.updated for paper in page), default=None)
        return _Place(self.newest, head, self.start + len(page), self.floor)

    def at_the_end(self, floor: datetime | None) -> _Place:
        newest = max(filter(None, (self.newest, self.head)), default=None)
        return _Place(newest=newest, floor=floor if newest else None)


class Arxiv:
    kind: ClassVar[str] = "arxiv"
    api_version: ClassVar[int] = API_VERSION
    Options: ClassVar[type[Options]] = ArxivOptions
    every: ClassVar[timedelta] = timedelta(hours=6)
    quiet_after: ClassVar[timedelta] = timedelta(days=5)
    """A long weekend brings nothing new."""

    def __init__(self, options: ArxivOptions, ways_out: WaysOut) -> None:
        self._options = options
        self._ways_out = ways_out

    def poll(self, cursor: Cursor | None, *, now: datetime, limit: int, cancelled: Event) -> Iterator[Batch]:
        place = _Place.of(cursor)
        if place.newest:
            floor, most = place.floor, self._options.max_results
            oldest = max(filter(None, (place.newest - OVERLAP, floor)))
        else:
            floor = oldest = now - timedelta(days=self._options.first_run_days)
            most = self._options.first_run_items
        stop = min(place.start + limit, most)
        papers = self._listing(place.start, stop)
        while place.start < stop and not cancelled.is_set():
            wanted = min(self._options.page_size, stop - place.start)
            page = _next_page(papers, wanted)
            items = tuple(item_of(paper) for paper in page if paper.updated >= oldest)
            place = place.after(page)
            if len(items) < wanted:
                yield Batch(items=items, cursor=place.at_the_end(floor).cursor())
                return
            if place.start == most and place.newest:
                yield Batch(items=items, cursor=place.at_the_end(floor).cursor(), notices=(_left_out(most),))
                return
            if place.start == most:
                yield Batch(items=items, cursor=place.at_the_end(page[-1].updated).cursor())
                return
            yield Batch(items=items, cursor=place.cursor(), more=True)

    def _listing(self, start: int, stop: int) -> Iterator[arxiv.Result]:
        import arxiv  # weight: requests and lxml, needed by a poll alone

        client = arxiv.Client(min(self._options.page_size, stop - start), delay_seconds=0, num_retries=_TRIES_AGAIN)
        client._session = self._ways_out.requests_session(pause_s=PAUSE_S)  # the library has no other way to set it
        client._session.hooks["response"].append(_refuse)
        search = arxiv.Search(self._options.search_query, max_results=None, sort_by=arxiv.SortCriterion.LastUpdatedDate)
        papers: Iterator[arxiv.Result] = client.results(search, offset=start)
        return papers


def item_of(paper: arxiv.Result) -> Item:
    """A paper under its id without the version: "2104.12255", "astro-ph/0601001"."""
    match = _VERSION.fullmatch(paper.get_short_id())
    assert match is not None  # it takes any text
    identity = match["paper"]
    doi = f"https://doi.org/{paper.doi}" if paper.doi else None
    return Item(
        external_id=identity,
        kind="paper",
        title=" ".join(paper.title.split()),
        text=" ".join(paper.summary.split()),
        url=f"https://arxiv.org/abs/{identity}",
        authors=tuple(author.name for author in paper.authors if author.name),
        topics=tuple(dict.fromkeys(filter(None, (paper.primary_category, *paper.categories)))),
        links=tuple(filter(None, (paper.pdf_url, doi))),
        revision=match["revision"] or "",
        published=paper.published.astimezone(UTC),
        updated=paper.updated.astimezone(UTC),
    )


def _next_page(papers: Iterator[arxiv.Result], wanted: int) -> list[arxiv.Result]:
    import arxiv  # weight

    try:
        return list(islice(papers, wanted))
    except (arxiv.ArxivError, ValueError) as err:  # an empty page where there is none, or a date that is none
        raise TryLater("arXiv sent a listing that cannot be read; it will be asked again later.") from err


def _refuse(response: requests.Response, **_: Any) -> None:
    """Raise what an answer means unless it is a listing. arXiv explains a refusal in the summary of an entry."""
    explained = _SUMMARY.search(response.text) if response.status_code == 400 else None
    if explained:
        raise Misconfigured(f"arXiv refuses the query: {explained['text'].strip()}. Check categories and queries.")
    if failure := failure_of_status(response.status_code, response.headers, response.url):
        raise failure
    if _ATOM not in response.content[:2000]:
        raise TryLater("arXiv answered with something other than a listing; it will be asked again later.")


def _left_out(most: int) -> str:
    return f"arXiv has more than {most} new papers for this; the older ones are left out (max_results)."
