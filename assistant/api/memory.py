"""`/api/memory`: everything that Telos has read or was given."""

from __future__ import annotations

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from assistant import memories, privacy
from assistant import retention as rules
from assistant.answers.memory import (
    Added,
    Answers,
    EraseEstimate,
    EraseRequest,
    ExportPage,
    Imported,
    ItemView,
    Lines,
    Note,
    Private,
    Query,
    Retention,
    SetPrivate,
)
from assistant.api.dependencies import GuestDep, ServiceDep
from assistant.api.streams import stream
from assistant.service import Service

router = APIRouter(prefix="/api/memory", tags=["memory"])


SEARCHES = 8
"""At once. More wait without a thread: while the embedder is slow, they would take those that answer everything else."""
_searches: RunVar[CapacityLimiter] = RunVar("searches")
"""One for each of the loops that the API runs in."""


@router.post("/search")
async def search(service: ServiceDep, is_guest: GuestDep, query: Query) -> Answers:
    limiter = _searches.get(None)
    if limiter is None:
        _searches.set(limiter := CapacityLimiter(SEARCHES))
    return await to_thread.run_sync(_search, service, is_guest, query, limiter=limiter)


def _search(service: Service, is_guest: bool, query: Query) -> Answers:
    found = memories.search(service, query)
    hits = privacy.without_private(service, is_guest, "items", found.hits, lambda one: one.item_id)
    return found.model_copy(update={"hits": hits})


@router.post("/notes")
def add(service: ServiceDep, note: Note) -> Added:
    return memories.add(service, note)


@router.post("/import")
def import_lines(service: ServiceDep, lines: Lines) -> Imported:
    """Part of a JSONL file. `/index` makes what came findable by meaning at once."""
    return memories.import_lines(service, lines)


@router.post("/index")
def index(service: ServiceDep) -> StreamingResponse:
    return stream(service, lambda progress: memories.index(service, progress))


@router.get("/export")
def export(service: ServiceDep, is_guest: GuestDep, after: int = 0) -> ExportPage:
    return memories.export(service, after, left_out=privacy.hidden_items(service, is_guest))


@router.get("/items/{item_id}")
def show(service: ServiceDep, is_guest: GuestDep, item_id: int) -> ItemView:
    privacy.refuse_private(service, is_guest, item_id)
    return memories.show(service, item_id)


@router.get("/retention")
def retention(service: ServiceDep) -> Retention:
    """What becomes of old items, by kind, and when."""
    return rules.plan(service)


@router.get("/private")
def list_private(service: ServiceDep, is_guest: GuestDep) -> Private:
    """What is marked, and what each of it is; for another program numbers alone."""
    return privacy.list_private(service, is_guest=is_guest)


@router.put("/private")
def set_private(service: ServiceDep, is_guest: GuestDep, wish: SetPrivate) -> Private:
    """Mark items and facts, or take their marks away. Another program may mark, and take away no mark."""
    return privacy.set_private(service, wish, is_guest=is_guest)


@router.post("/items/{item_id}/forget")
def forget(service: ServiceDep, item_id: int) -> ItemView:
    return memories.forget(service, item_id, undo=False)


@router.post("/items/{item_id}/remember")
def remember(service: ServiceDep, item_id: int) -> ItemView:
    return memories.forget(service, item_id, undo=True)


@router.post("/erase/estimate")
def estimate(service: ServiceDep, request: EraseRequest) -> EraseEstimate:
    """How many items an erasure would take. Nothing is changed."""
    return memories.estimate(service, request)


@router.post("/erase")
def erase(service: ServiceDep, request: EraseRequest) -> StreamingResponse:
    return stream(service, lambda progress: memories.erase(service, request, progress))


@router.post("/reindex")
def reindex(service: ServiceDep) -> StreamingResponse:
    return stream(service, lambda progress: memories.reindex(service, progress))
