"""What routes take as parameters: the service, the runner of its jobs."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from assistant.jobs.runner import Runner
from assistant.service import Service


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def _runner(request: Request) -> Runner:
    runner: Runner = request.app.state.runner
    return runner


ServiceDep = Annotated[Service, Depends(_service)]
RunnerDep = Annotated[Runner, Depends(_runner)]
