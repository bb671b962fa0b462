"""What routes take as parameters: the service, the runner of its jobs, who asks.

They are coroutines because a plain function would be sent to a thread, at every request.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from assistant.guests import is_guest
from assistant.jobs.runner import Runner
from assistant.service import Service


async def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


async def _runner(request: Request) -> Runner:
    runner: Runner = request.app.state.runner
    return runner


async def _guest(request: Request) -> bool:
    return is_guest(request.scope)


ServiceDep = Annotated[Service, Depends(_service)]
RunnerDep = Annotated[Runner, Depends(_runner)]
GuestDep = Annotated[bool, Depends(_guest)]
"""Whether another program than our own asks."""
