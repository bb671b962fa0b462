"""Recurring work: when each job is next due and how its last run went. `assistant.jobs.runner` is its only caller."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from memory.models import Job


def every(session: Session) -> list[Job]:
    """All jobs that ever ran, by name."""
    return list(session.exec(select(Job).order_by(Job.name)))


def get(session: Session, name: str) -> Job | None:
    return session.get(Job, name)


def start(session: Session, name: str, now: datetime) -> Job:
    """Note that a job begins, making its row at its first run."""
    job = session.get(Job, name) or Job(name=name)
    job.last_started_at = now
    return _save(session, job)


def finish(session: Session, name: str, *, now: datetime, next_at: datetime | None, outcome: str) -> bool:
    """Note a run that ended well. Whether the job was broken before, so that its healing is said once."""
    job = session.get(Job, name) or Job(name=name)
    has_healed = job.broken_since is not None
    job.last_finished_at, job.next_at, job.last_outcome = now, next_at, outcome
    job.failures, job.last_error, job.broken_since = 0, None, None
    _save(session, job)
    return has_healed


def fail(session: Session, name: str, *, now: datetime, next_at: datetime | None, error: str) -> bool:
    """Note a run that failed. Whether it is the first in a row, so that its breaking is said once."""
    job = session.get(Job, name) or Job(name=name)
    has_broken = job.broken_since is None
    job.last_finished_at, job.next_at, job.last_error = now, next_at, error
    job.failures += 1
    job.broken_since = job.broken_since or now
    _save(session, job)
    return has_broken


def _save(session: Session, job: Job) -> Job:
    session.add(job)
    session.flush()
    return job
