"""The client's methods for `/api/sources`: one a route."""

from __future__ import annotations

import builtins
from urllib.parse import quote

from assistant.answers.mail import LoginState, NeededLogin
from assistant.answers.sources import (
    Added,
    Addition,
    AnsweredAddition,
    Change,
    Document,
    Exported,
    Imported,
    Kind,
    SourceLine,
    Subscriptions,
    Tested,
    Tried,
)
from assistant.client.wire import Wire


class Sources:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(self) -> list[SourceLine]:
        return self._wire.get("/api/sources", list[SourceLine])

    def add(self, addition: Addition) -> Added:
        return self._wire.post("/api/sources", Added, addition)

    def begin_login(self, addition: Addition) -> NeededLogin:
        return self._wire.post("/api/sources/login/begin", NeededLogin, addition)

    def finish_login(self, answered: AnsweredAddition) -> LoginState:
        return self._wire.post("/api/sources/login/finish", LoginState, answered)

    def kinds(self) -> builtins.list[Kind]:
        return self._wire.get("/api/sources/kinds", builtins.list[Kind])

    def kind(self, name: str) -> Kind:
        return self._wire.get(f"/api/sources/kinds/{quote(name, safe='')}", Kind)

    def try_document(self, document: Document) -> Tried:
        return self._wire.post("/api/sources/try", Tried, document)

    def import_opml(self, content: bytes) -> Imported:
        return self._wire.post("/api/sources/import", Imported, Subscriptions.of_file(content))

    def export_opml(self) -> Exported:
        return self._wire.get("/api/sources/export", Exported)

    def test(self, name: str) -> Tested:
        return self._wire.post(f"{_named(name)}/test", Tested)

    def rename(self, name: str, new: str) -> SourceLine:
        return self._wire.patch(_named(name), SourceLine, Change(name=new))

    def pause(self, name: str) -> SourceLine:
        return self._wire.patch(_named(name), SourceLine, Change(paused=True))

    def resume(self, name: str) -> SourceLine:
        return self._wire.patch(_named(name), SourceLine, Change(paused=False))

    def remove(self, name: str) -> None:
        self._wire.delete(_named(name), type(None))


def _named(name: str) -> str:
    return f"/api/sources/named/{quote(name, safe='')}"
