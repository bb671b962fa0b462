"""The main job on real input: publishers' feeds and arXiv's listing over HTTP, through the daemon, to a mail over SMTP.

The documents are served as they were recorded, but for their dates: a digest shows nothing that is a year old, so each
document's dates are moved to this morning, in their order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

import pytest

from assistant.digest.view import FEEDBACK_VERBS
from tests.integration.daemon import ANNA, Daemon, running
from tests.mail_server import MailServer, Received
from tests.servers import WebServer

pytestmark = pytest.mark.integration

DATES = re.compile(rb"(?<=<)(pubDate|published|updated|dc:date|lastBuildDate)>([^<]+)(?=</\1>)")
ENTRIES = re.compile(rb"<(?:item|entry)[\s>]")
SPACING = timedelta(minutes=3)
DIGEST = 'at = "00:01"\ncatch_up_hours = 24\nentries = 12\nreading_minutes = 10'


def of_this_morning(document: bytes) -> bytes:
    """The document with its dates moved to the last hours, in their order."""
    dates = sorted({_instant(found[2].decode()) for found in DATES.finditer(document)}, reverse=True)
    now = datetime.now(UTC)
    moved = {date: now - SPACING * (place + 1) for place, date in enumerate(dates)}

    def move(found: re.Match[bytes]) -> bytes:
        instant = moved[_instant(found[2].decode())]
        text = format_datetime(instant) if found[1] in (b"pubDate", b"lastBuildDate") else instant.isoformat()
        return found[1] + b">" + text.encode()

    return DATES.sub(move, document)


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return parsedate_to_datetime(text.strip())


@pytest.fixture
def publishers(shared_data: Path) -> dict[str, bytes]:
    files = sorted((shared_data / "feeds" / "publishers").glob("*.xml"))
    assert len(files) == 5
    return {file.stem: of_this_morning(file.read_bytes()) for file in files}


@pytest.fixture
def listing(shared_data: Path) -> bytes:
    """The first page of a recorded search, as if it were all there is."""
    [file] = (shared_data / "arxiv").glob("q_testing_s0_m10_*.json")
    body: str = json.loads(file.read_text(encoding="utf-8"))["body"]
    return re.sub(rb"(totalResults[^>]*>)\d+", rb"\g<1>10", of_this_morning(body.encode()))


@pytest.fixture
def web(publishers: dict[str, bytes], listing: bytes) -> Iterator[WebServer]:
    with WebServer() as server:
        for name, document in publishers.items():
            server.answer(f"/{name}", document, content_type="application/xml")
        server.answer("/api/query", listing, content_type="application/atom+xml")
        yield server


def test_real_feeds_and_papers_become_one_mail_in_the_morning(
    tmp_path: Path, web: WebServer, publishers: dict[str, bytes], listing: bytes
) -> None:
    daemon = Daemon(tmp_path / "home")
    daemon.has_run_before()
    with MailServer() as mail:
        daemon.configure(mail_port=mail.port, sources={name: web.url(f"/{name}") for name in publishers}, digest=DIGEST)
        _take_whole_feeds_and_arxiv(daemon, web)
        with running(daemon):
            daemon.wait_until(lambda: bool(mail.received), "the digest arrives")
            status = json.loads(daemon.telos("status", "--json").stdout)
            shown = json.loads(daemon.telos("digest", "show", "--json").stdout)
            second = daemon.telos("digest", "send")
            said = json.loads(daemon.telos("digest", "more", "1", "--json").stdout)
            preview = daemon.telos("digest", "preview")
            assert daemon.stop() == 0

    # Everything that was served is remembered, each thing once, in its language.
    expected = {name: len(ENTRIES.findall(document)) for name, document in publishers.items()}
    expected["papers"] = len(ENTRIES.findall(listing))
    kept = daemon.rows("SELECT source.name, count(*) FROM item JOIN source ON source.id = source_id GROUP BY source_id")
    assert dict(kept) == expected
    assert daemon.rows("SELECT DISTINCT stage FROM version") == [("INDEXED",)]
    assert daemon.rows("SELECT count(*) FROM item WHERE story_id IS NULL") == [(0,)]
    languages = dict(daemon.rows("SELECT source.name, language FROM item JOIN source ON source.id = source_id"))
    assert (languages["cn_nytimes_com"], languages["ft_com"]) == ("zh", "en")
    assert {source["health"] for source in status["sources"]} == {"ok"}

    # One mail came, and it is the digest.
    assert mail.transactions == 1
    [received] = mail.received
    _is_a_readable_digest(received, shown)

    # It counts as today's, it can be talked about, and a preview sends nothing.
    assert second.returncode == 1
    assert "has been made already" in second.stderr
    assert said["title"] == _entries(shown)[0]["title"]
    assert preview.returncode == 0
    assert mail.transactions == 1


def _take_whole_feeds_and_arxiv(daemon: Daemon, web: WebServer) -> None:
    """Lift the cap of a first run, and add a search of arXiv that the web server answers."""
    config = daemon.folder / "config.toml"
    text = config.read_text(encoding="utf-8")
    hosts = f'[network]\nhosts = {{ "export.arxiv.org" = "{web.url("")}" }}\n'
    papers = '[[sources]]\nkind = "arxiv"\nname = "papers"\nqueries = ["testing"]\nmax_results = 10\n'
    text = text.replace("[network]\n", hosts).replace('kind = "feeds"\n', 'kind = "feeds"\nfirst_run_items = 1000\n')
    config.write_text(text + papers, encoding="utf-8")


def _is_a_readable_digest(received: Received, shown: dict[str, object]) -> None:
    message = received.message
    assert received.recipients == (ANNA,)
    assert re.fullmatch(r"<digest-\d{4}-\d\d-\d\d-0\.[0-9a-f]{32}@example\.org>", received.message_id)
    plain, page = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert page is not None
    text, html = plain.get_content(), page.get_content()
    entries = _entries(shown)
    assert 8 <= len(entries) <= 12
    sources = {citation["source"] for entry in entries for citation in entry["citations"]}
    assert len(sources) >= 4
    for entry in entries:
        assert entry["sentences"] or entry["citations"]
        assert all(sentence["citations"] for sentence in entry["sentences"])
        assert all(citation["url"] in text for citation in entry["citations"])
    assert html.count("mailto:") >= len(entries) * len(FEEDBACK_VERBS)
    assert not re.search(r"<(script|img|link|iframe)\b|\bsrc=|url\(", html)


def _entries(shown: dict[str, object]) -> list[dict[str, list[dict[str, object]]]]:
    sections = shown["sections"]
    assert isinstance(sections, list)
    return [entry for section in sections for entry in section["entries"]]
