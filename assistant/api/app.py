"""The HTTP application: a router a noun under `/api`, OpenAI's under `/v1`, failures as `application/problem+json`.

The daemon serves it on the home's socket, a command without a daemon on a socket of its own: the same application by
the same server, so that no code exists twice.
"""

from __future__ import annotations

from fastapi import FastAPI

from assistant.api import (
    backup,
    calls,
    conversations,
    digest,
    doctor,
    drafts,
    facts,
    goals,
    jobs,
    mail,
    memory,
    models,
    profile,
    sources,
    status,
    steering,
    v1,
    waiting,
)
from assistant.api.problems import install_problems
from assistant.jobs.runner import Runner
from assistant.service import Service
from assistant.version import VERSION


def create_app(service: Service, runner: Runner) -> FastAPI:
    app = FastAPI(title="Telos", version=VERSION, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.state.service = service
    app.state.runner = runner
    install_problems(app)
    nouns = (
        status,
        doctor,
        backup,
        jobs,
        sources,
        mail,
        memory,
        models,
        digest,
        calls,
        facts,
        conversations,
        goals,
        drafts,
        profile,
        waiting,
        steering,
        v1,
    )
    for noun in nouns:
        app.include_router(noun.router)
    return app
