"""`/api/sources`: what Telos reads, and how that fares."""

from __future__ import annotations

from fastapi import APIRouter

from assistant import additions, sources
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
from assistant.api.dependencies import ServiceDep
from assistant.errors import BadRequest

router = APIRouter(prefix="/api/sources", tags=["sources"])


@router.get("")
def list_sources(service: ServiceDep) -> list[SourceLine]:
    return sources.list_sources(service)


@router.post("")
def add(service: ServiceDep, addition: Addition) -> Added:
    return additions.add(service, addition)


@router.post("/login/begin")
def begin_login(service: ServiceDep, addition: Addition) -> NeededLogin:
    """Ask for the code that the user types in their browser, where a source to be added logs in by one."""
    return additions.begin_login(service, addition)


@router.post("/login/finish")
def finish_login(service: ServiceDep, answered: AnsweredAddition) -> LoginState:
    """Whether the user has typed it by now."""
    return additions.finish_login(service, answered)


@router.get("/kinds")
def kinds() -> list[Kind]:
    return additions.kinds()


@router.get("/kinds/{kind}")
def kind(kind: str) -> Kind:
    """What a kind of source asks for."""
    return additions.kind(kind)


@router.post("/try")
def try_document(service: ServiceDep, document: Document) -> Tried:
    """What a document would bring. Nothing is kept."""
    return sources.try_document(service, document)


@router.post("/import")
def import_opml(service: ServiceDep, subscriptions: Subscriptions) -> Imported:
    return sources.import_opml(service, subscriptions.content)


@router.get("/export")
def export_opml(service: ServiceDep) -> Exported:
    return sources.export_opml(service)


@router.post("/named/{name:path}/test")
def test(service: ServiceDep, name: str) -> Tested:
    """What a source brings at this moment. Nothing is kept."""
    return sources.test(service, name)


@router.patch("/named/{name:path}")
def change(service: ServiceDep, name: str, change: Change) -> SourceLine:
    if change.name is not None:
        return sources.rename(service, name, change.name)
    if change.paused is not None:
        return sources.set_paused(service, name, change.paused)
    raise BadRequest(f"Nothing was to be changed about {name!r}.")


@router.delete("/named/{name:path}", status_code=204)
def remove(service: ServiceDep, name: str) -> None:
    sources.remove(service, name)
