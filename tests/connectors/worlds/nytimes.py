"""The New York Times, as a test plays it: the RSS of its sections, and the Top Stories API, which wants a key."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from pydantic import SecretStr

from connectors.nytimes import NewYorkTimes, NewYorkTimesOptions
from connectors.transport import WaysOut
from tests.connectors.world import ALL_TROUBLES, EVERYTHING, Trouble
from tests.connectors.worlds.web import WebWorld, as_json
from tests.servers import Request, Response

KEY = "key-of-a-test-8c1f"


@dataclass
class Story:
    number: int
    at: datetime
    updated: datetime
    sections: tuple[str, ...]
    abstract: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"https://www.nytimes.com/{self.at:%Y/%m/%d}/world/story-{self.number}.html"

    @property
    def uri(self) -> str:
        return f"nyt://article/00000000-0000-0000-0000-{self.number:012}"


class NewYorkTimesWorld(WebWorld):
    """With `has_key`, the connector asks the API."""

    connector_class = NewYorkTimes
    hosts = ("rss.nytimes.com", "api.nytimes.com", "cn.nytimes.com")
    window: int | None = 500
    deletes = False  # what leaves a section is only old
    troubles: frozenset[Trouble] = ALL_TROUBLES - {"duplicate_page"}

    def __init__(self, reader: WaysOut, *, has_key: bool) -> None:
        super().__init__(reader)
        self.has_key = has_key
        self.stories: list[Story] = []

    def options(self, **changes: Any) -> NewYorkTimesOptions:
        key = {"api_key": SecretStr(KEY)} if self.has_key else {}
        return NewYorkTimesOptions(**{"sections": ("world",), **key, **EVERYTHING, **changes})

    def publish(
        self, count: int = 1, *, at: datetime | None = None, sections: tuple[str, ...] = ("world",), **facts: Any
    ) -> list[str]:
        new = [
            Story(number, instant, instant, sections, f"What happened in number {number}.", facts)
            for number, instant in enumerate(self.timeline.take(count, at), len(self.stories) + 1)
        ]
        self.stories += new
        return [self.identity(story) for story in new]

    def edit(self, external_id: str) -> None:
        (story,) = (story for story in self.stories if self.identity(story) == external_id)
        story.abstract += " More is known by now."
        story.updated = self.timeline.take()[0]

    def delete(self, external_id: str) -> None:
        self.stories = [story for story in self.stories if self.identity(story) != external_id]

    def identity(self, story: Story) -> str:
        return story.uri if self.has_key else story.url

    def answer(self, request: Request) -> Response:
        section = request.path.rpartition("/")[2].partition(".")[0].lower()
        shown = sorted((story for story in self.stories if section in story.sections), key=lambda story: story.at)
        shown = [] if self.befalls("empty_page") else shown[: -(self.window or 0) - 1 : -1]
        if request.path.startswith("/svc/topstories/v2/"):
            if request.query.get("api-key") != KEY:
                return Response(status=401, body=b'{"fault":{"faultstring":"Invalid ApiKey"}}')
            answer = {"status": "OK", "num_results": len(shown), "results": [_result(story) for story in shown]}
            return as_json(answer)
        if request.path.startswith("/services/xml/rss/nyt/"):
            return self._feed(request, shown)
        return Response(status=404)

    def _feed(self, request: Request, shown: list[Story]) -> Response:
        items = "".join(map(_rss, shown))
        document = f'<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>{items}</channel></rss>'
        tag = f'"{hash(document):x}"'
        if request.headers.get("If-None-Match") == tag:
            return Response(status=304)
        return Response(headers={"Content-Type": "application/rss+xml", "ETag": tag}, body=document.encode())


def _rss(story: Story) -> str:
    return (
        f'<item><title>Story {story.number}</title><link>{story.url}</link><guid isPermaLink="true">{story.url}</guid>'
        f"<description>{story.abstract}</description><dc:creator>{story.facts.get('byline', '')}</dc:creator>"
        f'<pubDate>{format_datetime(story.at)}</pubDate><category domain="nyt_geo">Here</category></item>'
    )


def _result(story: Story) -> dict[str, Any]:
    return {
        "section": "world",
        "subsection": "",
        "title": f"Story {story.number}",
        "abstract": story.abstract,
        "url": story.url,
        "uri": story.uri,
        "byline": "",
        "item_type": "Article",
        "updated_date": story.updated.isoformat(),
        "created_date": story.at.isoformat(),
        "published_date": story.at.isoformat(),
        "des_facet": ["Weather"],
        "org_facet": None,
        "per_facet": [],
        "geo_facet": ["Here"],
        "multimedia": None,
        "short_url": "",
        **story.facts,
    }
