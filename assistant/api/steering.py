"""`/api/steering`: what serves, what there is to learn from, training a planner, and why a turn went as it did."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from assistant import drifts, planners, trainings
from assistant.answers.drift import DriftWish
from assistant.answers.steering import Changed, Picture, SteeringStatus, Why, Wish
from assistant.api.dependencies import ServiceDep
from assistant.api.streams import stream

router = APIRouter(prefix="/api/steering", tags=["steering"])

Number = Annotated[int | None, Query(ge=1)]


@router.get("")
def status(service: ServiceDep) -> SteeringStatus:
    """It may load the model, to know which one it is."""
    return planners.status(service)


@router.post("/on")
def on(service: ServiceDep) -> Changed:
    return planners.switch(service, is_on=True)


@router.post("/off")
def off(service: ServiceDep) -> Changed:
    return planners.switch(service, is_on=False)


@router.post("/collect")
def collect(service: ServiceDep) -> StreamingResponse:
    """Streams progress, then a `Report`."""
    return stream(service, lambda progress: trainings.collect(service, progress))


@router.post("/clone")
def clone(service: ServiceDep) -> StreamingResponse:
    """Streams progress, then a `Report`."""
    return stream(service, lambda progress: trainings.clone(service, progress))


@router.post("/train")
def train(service: ServiceDep) -> StreamingResponse:
    """Streams progress, then a `Report` with the number of the planner that was made."""
    return stream(service, lambda progress: trainings.train(service, progress))


@router.post("/evaluate")
def evaluate(service: ServiceDep, wish: Wish) -> StreamingResponse:
    """Streams progress, then a `Report` with the gate's word."""
    return stream(service, lambda progress: trainings.evaluate(service, progress, wish.number))


@router.post("/promote")
def promote(service: ServiceDep, wish: Wish) -> Changed:
    number = trainings.newest(service) if wish.number is None else wish.number
    return planners.promote(service, number, anyway=wish.anyway)


@router.post("/rollback")
def rollback(service: ServiceDep) -> Changed:
    return planners.rollback(service)


@router.post("/drift")
def drift(service: ServiceDep, wish: DriftWish) -> StreamingResponse:
    """Streams progress, then a `Drift`: how the model keeps to its instructions over conversations with itself."""
    return stream(service, lambda progress: drifts.measure(service, wish, progress))


@router.get("/explain")
def explain(service: ServiceDep, conversation: Number = None, turn: Number = None, with_replies: bool = False) -> Why:
    """Of a turn, the last one without a number; with replies it is written both ways, which takes the model's time."""
    return planners.explain(service, conversation, turn, replies=with_replies)


@router.get("/picture")
def picture(service: ServiceDep) -> Picture:
    return planners.picture(service)
