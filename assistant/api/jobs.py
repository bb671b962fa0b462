"""`/api/jobs`: the recurring work, and running a piece of it now."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from assistant.answers.jobs import JobAnswer, RanAnswer
from assistant.api.dependencies import RunnerDep, ServiceDep
from assistant.api.streams import stream
from assistant.jobs import JobState
from assistant.progress import Progress

router = APIRouter(prefix="/api/jobs", tags=["jobs"])


@router.get("")
def jobs(runner: RunnerDep) -> list[JobAnswer]:
    return [_answer(state) for state in runner.states()]


@router.post("/{name:path}/run")
def run(name: str, service: ServiceDep, runner: RunnerDep) -> StreamingResponse:
    """Streams progress, then a `RanAnswer`."""

    def work(progress: Progress) -> RanAnswer:
        return RanAnswer(name=name, outcome=runner.run(name, progress).sentence)

    return stream(service, work)


def _answer(state: JobState) -> JobAnswer:
    row = state.row
    if row is None:
        return JobAnswer(name=state.name, next_at=state.at, is_running=state.is_running)
    return JobAnswer(
        name=state.name,
        next_at=state.at,
        is_running=state.is_running,
        last_started_at=row.last_started_at,
        last_finished_at=row.last_finished_at,
        last_outcome=row.last_outcome,
        failures=row.failures,
        last_error=row.last_error,
        broken_since=row.broken_since,
    )
