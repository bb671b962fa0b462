"""What is fuzzed: each reader of what strangers write, as a function of bytes that raises where the product has a defect.

A reader may refuse with its own failure, and then in a sentence; anything else that it raises is a find. What it accepts is
held to what the rest of the house relies on. `tests.fuzz.__main__` runs them for long, `test_seed_corpus` for a moment.
"""

from __future__ import annotations

import atexit
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from assistant.api.app import create_app
from assistant.clock import FakeClock
from assistant.config.load import check
from assistant.config.schema import Settings
from assistant.drafting import incoming
from assistant.errors import BadConfiguration, BadRequest
from assistant.home import Home
from assistant.ingest.arrival import admitted
from assistant.jobs.runner import Runner
from assistant.mailbox import commands, trust
from assistant.mailbox.mail import Mail
from assistant.service import Service
from connectors.base import Item, Misconfigured
from connectors.mail import letters
from connectors.mail.folders import Folder
from connectors.mail.items import item_of
from connectors.mail.messages import Message, Uid
from connectors.mail.options import MailOptions
from connectors.reading import documents
from memory.identity import NewItem
from tests.databases import write_empty
from tests.fakes import HeldIndex, WordEmbedder

CORPUS = Path(__file__).parent / "corpus"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MAILBOX = MailOptions(host="imap.example.org", username="ada@example.org", password="unused")
_HARMLESS = ("http://", "https://", "mailto:", "#", "/")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Target:
    """`run` takes any bytes; `words` are pieces that its language is made of."""

    run: Callable[[bytes], None]
    words: tuple[bytes, ...]


def feeds(data: bytes) -> None:
    """A document as a feed's server sends it, up to the gate of memory."""
    try:
        read = documents.read(data, {}, "https://feeds.example/all.xml?token=secret")
    except Misconfigured as err:
        _is_a_sentence(str(err))
        return
    for item in read.items:
        _kept(item)


def mail(data: bytes) -> None:
    """A mail out of the mailbox, and the same as an `.eml` file that is answered."""
    letter = letters.read(data)
    message = Message(Uid("INBOX", 1, 1), data, len(data), (), NOW)
    _kept(item_of(letter, message, Folder("INBOX", "inbox"), MAILBOX))
    try:
        read = incoming.read(data.decode("utf-8", "surrogateescape"))
    except BadRequest as err:
        _is_a_sentence(err.sentence)
        return
    for line in (read.subject, read.date, read.message_id, *read.references, *read.questions):
        assert "\n" not in line, line
    json.dumps(read.row()).encode()


def configuration(data: bytes) -> None:
    """The text of a configuration file."""
    try:
        settings = check(data.decode("utf-8", "replace"), Path("/nowhere/config.toml"), {})
    except BadConfiguration as err:
        _is_a_sentence(err.sentence)
        return
    assert isinstance(settings, Settings)
    assert "hush" not in repr(settings), "a secret is printed"


def reply_commands(data: bytes) -> None:
    """What somebody wrote above a digest."""
    text = data.decode("utf-8", "replace")
    said = commands.said(text, ["1. A line of the digest"], name="Ada")
    assert len(said.commands) <= commands.MOST
    for one in said.commands:
        assert 0 <= one.number < 10**7
        assert commands.said(str(one)).commands[:1] == (one,) or one.days is not None
    list(trust.claims(_mail(text)))


def api_bodies(data: bytes) -> None:
    """The first byte chooses a route, the rest is its body, whatever it is."""
    if not data:
        return
    method, path = _routes()[data[0] % len(_routes())]
    answer = _client().request(method, path, content=data[1:], headers={"content-type": "application/json"})
    assert answer.status_code < 500, f"{method} {path} answers {answer.status_code}: {answer.text[:300]}"
    if answer.status_code >= 400:
        assert b"Traceback" not in answer.content


def _kept(item: Item) -> None:
    """What the gate admits is clean, and small enough to be kept."""
    try:
        kept = admitted(item, NOW)
    except ValueError as err:
        _is_a_sentence(str(err))
        return
    _is_clean(kept)


def _is_clean(kept: NewItem) -> None:
    lines = (kept.title, kept.external_id, kept.url, *kept.authors, *kept.topics, *kept.links)
    for line in lines:
        assert "\n" not in line, line
        assert not _CONTROL.search(line), repr(line)
    assert not _CONTROL.search(kept.text), "control characters in a text"
    markup = _Markup()
    markup.feed(kept.html)
    assert markup.active == [], kept.html[:300]
    for address in (kept.url, *kept.links):
        assert address == "" or address.startswith(("http://", "https://")), address
    json.dumps(kept.details).encode()
    "".join([*lines, kept.text]).encode()


class _Markup(HTMLParser):
    """What in some HTML would act, as a browser reads it."""

    def __init__(self) -> None:
        super().__init__()
        self.active: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.active += [tag] if tag in ("script", "iframe", "object", "embed", "style", "form", "base", "meta") else []
        for name, value in attrs:
            is_address = name in ("href", "src") and not (value or "").strip().lower().startswith(_HARMLESS)
            self.active += [f"{name}={value}"] if name.startswith("on") or name == "style" or is_address else []


def _is_a_sentence(text: str) -> None:
    assert text.strip(), "refused without a word"
    assert "Traceback" not in text


def _mail(text: str) -> Mail:
    return Mail(
        item_id=1, source_id=1, at=NOW, subject="", text=text, sender=None, to=(), message_id="<1@x>", to_me=True
    )


# The API, served by a home that is thrown away


@cache
def _client() -> TestClient:
    folder = Path(tempfile.mkdtemp(prefix="telos-fuzz-"))
    home = Home.at(folder)
    home.prepare()
    write_empty(home.database)
    service = Service(home, clock=FakeClock(NOW), settings=Settings(), embedder=WordEmbedder(), make_index=HeldIndex)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(service.close)
    return TestClient(create_app(service, Runner(service)), raise_server_exceptions=False)


LEFT_OUT = (
    "/api/models",
    "/api/steering",
    "/api/doctor",
    "/api/mail",
    "/api/sources",
    "/api/jobs",
    "/api/memory/reindex",
)
"""Routes that reach for the network, a model or a process, which would be fuzzed instead."""


def is_left_out(path: str) -> bool:
    return path.startswith(LEFT_OUT)


@cache
def _routes() -> tuple[tuple[str, str], ...]:
    """Those that take a body."""
    paths: Mapping[str, Mapping[str, Any]] = _client().get("/api/openapi.json").json()["paths"]
    return tuple(
        (method.upper(), re.sub(r"\{[^}]+\}", "1", path))
        for path, methods in sorted(paths.items())
        for method, operation in sorted(methods.items())
        if "requestBody" in operation and not is_left_out(path)
    )


TARGETS: Mapping[str, Target] = {
    "feeds": Target(
        feeds,
        (b"<item>", b"</item>", b"<title>", b"<link>", b"<guid>", b"<![CDATA[", b"]]>", b"&#x0;", b"&amp;", b"<entry>", b"<!ENTITY a 'b'>",
         b'encoding="koi8-r"', b'{"items": [', b'"id": 1e999', b"<pubDate>", b"9999-12-31", b"javascript:", b"<script>", b"\xff\xfe"),
    ),
    "configuration": Target(
        configuration,
        (b"[digest]", b"[[sources]]", b"kind = 'feeds'", b"url = ", b"at = 07:00:00", b"[model]", b"= 1e400", b"inf", b"nan", b"[api]", b"tcp = '",
         b"password = 'hush'", b"'''", b"\\u0000", b"2026-11-20T07:00:00Z", b"entries = ", b"[user]\ntimezone = '"),
    ),
    "mail": Target(
        mail,
        (b"From: ", b"To: ", b"Subject: =?utf-8?q?", b"=?koi8-r?B?", b"?=", b"Content-Type: multipart/mixed; boundary=x\n\n--x\n", b"--x--", b"\n\n",
         b"Content-Transfer-Encoding: base64", b"Content-Type: text/html; charset=utf-7", b"References: <a@b> ", b"Date: ", b"<blockquote>", b"> ",
         b"Content-Type: message/rfc822", b"List-Id: ", b"Authentication-Results: ", b"filename*=utf-8''..%2F", b"\r\n"),
    ),
    "commands": Target(
        reply_commands,
        (b"more ", b"less 1, 2", b"mute #3", b"done f1", b"later f2 20 days", b"telos-verb: more\n", b"telos-entry: 1\n", b"telos-secret: ", b"\n> ", b"- ",
         b"telos-digest: digest-2026-11-20-0\n", b"why ", b"\xc2\xa0", b"99999999", b"ask "),
    ),
    "api": Target(
        api_bodies,
        (b'{"text": "a"}', b'"start": {', b"null", b"[]", b'"items": [1]', b"-1", b"1e999", b'"\\ud800"', b'"\\u0000"', b"9223372036854775808",
         b'"kind": "mail"', b'"to": ["Ann <ann@example.org>"]', b'"incoming": "From: a@b.example\\n\\nHi?"', b'"messages": [{"role": "user", "content": "a"}]',
         b'"conversation": 1', b'"playbook": "travel"', b'"goal": "a"', b'"points": ["a"]', b'"until": "2026-12-01"', b'"query": "a"', b'"model": "telos"'),
    ),
}  # fmt: skip


def seeds_of(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]
