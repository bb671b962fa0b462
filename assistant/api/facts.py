"""`/api/facts`: what is known of the user."""

from __future__ import annotations

from fastapi import APIRouter

from assistant import facts, privacy
from assistant.answers.facts import FactEdit, FactKept, FactLine, FactStrand, FactWhy, Forgotten, KeepFact, NewFact
from assistant.api.dependencies import GuestDep, ServiceDep
from assistant.errors import NotFound

router = APIRouter(prefix="/api/facts", tags=["facts"])


@router.get("")
def list_facts(service: ServiceDep, is_guest: GuestDep, with_superseded: bool = False) -> list[FactLine]:
    return privacy.without_private(
        service, is_guest, "facts", facts.list_facts(service, with_superseded=with_superseded), lambda one: one.id
    )


@router.get("/timeline")
def timeline(service: ServiceDep, is_guest: GuestDep, about: str = "") -> list[FactStrand]:
    told = facts.timeline(service, about)
    shown = [
        (one, privacy.without_private(service, is_guest, "facts", one.facts, lambda fact: fact.id)) for one in told
    ]
    return [one.model_copy(update={"facts": lines}) for one, lines in shown if lines]


@router.get("/{fact_id}/why")
def why(service: ServiceDep, is_guest: GuestDep, fact_id: int) -> FactWhy:
    told = facts.why(service, fact_id)
    lines = [told.fact, *told.took_the_place_of, *told.in_doubt_with, *filter(None, [told.gave_way_to])]
    if len(privacy.without_private(service, is_guest, "facts", lines, lambda fact: fact.id)) < len(lines):
        raise NotFound(f"There is no fact {fact_id}.", "`telos memory facts list` shows the numbers of facts.")
    return told


@router.post("")
def add(service: ServiceDep, request: NewFact) -> FactLine:
    return facts.add(service, request.text, request.since)


@router.patch("/{fact_id}")
def correct(service: ServiceDep, fact_id: int, request: FactEdit) -> FactLine:
    return facts.correct(service, fact_id, request.text, request.since)


@router.post("/{fact_id}/keep")
def keep(service: ServiceDep, fact_id: int, request: KeepFact) -> FactKept:
    return facts.keep(service, fact_id, both=request.both)


@router.delete("/{fact_id}")
def forget(service: ServiceDep, fact_id: int) -> Forgotten:
    return facts.forget(service, fact_id)
