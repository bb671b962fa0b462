"""`/api/facts`: what is known of the user."""

from __future__ import annotations

from fastapi import APIRouter

from assistant import facts
from assistant.answers.facts import FactEdit, FactLine, Forgotten, NewFact
from assistant.api.dependencies import ServiceDep

router = APIRouter(prefix="/api/facts", tags=["facts"])


@router.get("")
def list_facts(service: ServiceDep, with_superseded: bool = False) -> list[FactLine]:
    return facts.list_facts(service, with_superseded=with_superseded)


@router.post("")
def add(service: ServiceDep, request: NewFact) -> FactLine:
    return facts.add(service, request.text)


@router.patch("/{fact_id}")
def correct(service: ServiceDep, fact_id: int, request: FactEdit) -> FactLine:
    return facts.correct(service, fact_id, request.text)


@router.delete("/{fact_id}")
def forget(service: ServiceDep, fact_id: int) -> Forgotten:
    return facts.forget(service, fact_id)
