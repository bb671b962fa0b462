"""An arXiv of made papers, which serves its listing page by page, newest version first, as the real one does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.arxiv import Arxiv, ArxivOptions
from tests.connectors.worlds.web import WebWorld
from tests.servers import Request, Response

_ENTRY = """<entry><id>http://arxiv.org/abs/{paper.identity}v{paper.version}</id><title>On {paper.identity}</title>
<updated>{paper.updated:%Y-%m-%dT%H:%M:%SZ}</updated><published>{paper.published:%Y-%m-%dT%H:%M:%SZ}</published>
<summary>An abstract of {paper.identity}, revised {paper.version} times.</summary><author><name>Ada Lovelace</name></author></entry>"""
_LISTING = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">
<opensearch:totalResults>{total}</opensearch:totalResults>{entries}</feed>"""


@dataclass
class _Paper:
    identity: str
    published: datetime
    updated: datetime
    version: int = 1


class ArxivWorld(WebWorld):
    connector_class = Arxiv
    hosts = ("export.arxiv.org",)
    page_size = 200
    deletes = False  # a paper that is withdrawn stays listed

    def __init__(self) -> None:
        super().__init__()
        self._papers: list[_Paper] = []
        self._shift = 0

    def options(self, **changes: Any) -> ArxivOptions:
        return ArxivOptions(**{"categories": ("cs.CL",), **changes})

    def publish(self, count: int = 1, *, at: datetime | None = None) -> list[str]:
        first = len(self._papers) + 1
        new = [
            _Paper(f"26{number // 99_999 + 1:02}.{number % 99_999:05}", instant, instant)
            for number, instant in enumerate(self.timeline.take(count, at), first)
        ]
        self._papers += new
        self._sort()
        return [paper.identity for paper in new]

    def edit(self, external_id: str) -> None:
        (paper,) = (paper for paper in self._papers if paper.identity == external_id)
        paper.version += 1
        (paper.updated,) = self.timeline.take()
        self._sort()

    def delete(self, external_id: str) -> None:
        self._papers = [paper for paper in self._papers if paper.identity != external_id]

    def answer(self, request: Request) -> Response:
        start, most = int(request.query["start"]), int(request.query["max_results"])
        if self.befalls("duplicate_page"):
            self._shift = most
        self._shift = self._shift if start else 0
        page = self._papers[max(0, start - self._shift) :][:most]
        if self.befalls("empty_page"):
            page = []
        entries = "".join(_ENTRY.format(paper=paper) for paper in page)
        return Response(body=_LISTING.format(total=len(self._papers), entries=entries).encode())

    def _sort(self) -> None:
        self._papers.sort(key=lambda paper: paper.updated, reverse=True)
