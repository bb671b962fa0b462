"""Makes anew what does not follow from the database any more: full text, vectors, the indexes over them.

It mends nothing else: rows are never changed but for vectors of the wrong length, whose texts are embedded again. Where
there is no embedder, what needs one is left, and said. Served by `POST /api/doctor/repair`.
"""

from __future__ import annotations

from assistant.answers.doctor import Repaired
from assistant.errors import Conflict
from assistant.ingest import reindexing
from assistant.progress import Progress
from assistant.service import Service
from memory import integrity
from memory.embed import NoEmbedder
from memory.integrity import Fault, Part
from memory.store import audit


def repair(service: Service, progress: Progress, *, everything: bool = False) -> Repaired:
    """Examine, make anew what is at fault (with `everything`, all of it), and examine again.

    Raises: Conflict where the database itself is damaged: nothing may be built on it.
    """
    progress(0, None, "examining the database")
    if damage := integrity.of_database(service.database):
        raise Conflict(
            " ".join(fault.sentence for fault in damage),
            "This cannot be made anew. Stop the service and restore a backup: telos restore FILE.",
        )
    found, notices = _faults(service, progress)
    parts = set(Part) if everything else {fault.part for fault in found}
    notices += _make_anew(service, parts, progress)
    left, _ = _faults(service, progress)
    with service.database.write() as session:
        audit.record(session, "repaired", at=service.clock.now(), faults=len(found), left=len(left))
    return Repaired(found=[fault.sentence for fault in found], left=[fault.sentence for fault in left], notices=notices)


def _faults(service: Service, progress: Progress) -> tuple[list[Fault], list[str]]:
    """What is at fault beyond the database, and what could not be examined."""
    progress(0, None, "comparing full text and vectors with the database")
    with service.vectors.turn, service.database.read() as session:
        faults = integrity.of_full_text(session)
        try:
            slug, dimension = service.embedder.slug, service.embedder.dimension
        except NoEmbedder as failure:
            return faults, [f"Vectors were not examined: {failure.sentence}"]
        faults += integrity.of_vectors(session, slug, dimension)
        faults += integrity.of_indexes(session, service.vectors, dimension)
    return faults, []


def _make_anew(service: Service, parts: set[Part], progress: Progress) -> list[str]:
    """Full text, then vectors, then what is built of them; sentences on what has to wait."""
    notices: list[str] = []
    if Part.VECTORS in parts:
        parts = parts | {Part.INDEX}
        try:
            integrity.drop_misshapen(service.database, service.embedder.slug, service.embedder.dimension)
            reindexing.embed_missing(service.indexing(), progress)
        except NoEmbedder as failure:
            notices.append(f"Texts without a vector wait for the embedder: {failure.sentence}")
    with service.vectors.turn:
        try:
            integrity.repair(service.database, service.vectors, parts, progress)
        except NoEmbedder as failure:
            notices.append(f"The vector indexes wait for the embedder: {failure.sentence}")
    return notices
