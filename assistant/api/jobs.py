"""`/api/jobs`: the recurring work, and running a piece of it now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from assistant.answers.jobs import JobAnswer, RanAnswer
from assistant.api.dependencies import RunnerDep, ServiceDep
from assistant.api.streams import stream
from assistant.jobs.duties import Duty
from assistant.progress import Progress

router = APIRouter(prefix="/api/jobs", tags=["jobs"])


@router.get("")
def jobs(runner: RunnerDep) -> list[JobAnswer]:
    return [_answer(duty, runner.running) for duty in runner.duties()]


@router.post("/{name:path}/run")
def run(name: str, service: ServiceDep, runner: RunnerDep) -> StreamingResponse:
    """Streams progress, then a `RanAnswer`."""

    def work(progress: Progress) -> RanAnswer:
        return RanAnswer(name=name, outcome=runner.run(name, progress).sentence)

    return stream(service, work)


def _answer(duty: Duty, running: Collection[str]) -> JobAnswer:
    return JobAnswer(name=duty.name, next_at=duty.at, is_running=duty.name in running, **asdict(duty.history))
