"""Which planner serves which model, and whether any does: one row, so that a word of the user's takes effect at once.

It knows numbers and fingerprints, no file: `shelf` has the files, `helm` puts the two together for a turn.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlmodel import Session

from memory.store import settings

NAME = "steering"
_MOST_BEFORE = 20


@dataclass(frozen=True, slots=True)
class Serving:
    """`numbers` of the planners by the fingerprint of their model; `before` are those that served it earlier, the latest
    last."""

    is_on: bool = True
    numbers: dict[str, int] = field(default_factory=dict)
    before: dict[str, list[int]] = field(default_factory=dict)

    def of(self, fingerprint: str) -> int | None:
        """The planner that steers this model; none while steering is off."""
        return self.numbers.get(fingerprint) if self.is_on else None


def read(session: Session) -> Serving:
    kept = settings.get(session, NAME)
    return Serving() if kept is None else Serving(kept["is_on"], kept["numbers"], kept["before"])


def switch(session: Session, *, is_on: bool) -> Serving:
    """Steer, or do not: from the next reply on."""
    held = read(session)
    return _keep(session, Serving(is_on, held.numbers, held.before))


def promote(session: Session, fingerprint: str, number: int) -> Serving:
    """Let a planner serve its model; the one before can be gone back to."""
    held = read(session)
    incumbent = held.numbers.get(fingerprint)
    before = list(held.before.get(fingerprint, []))
    if incumbent is not None and incumbent != number:
        before = [*before, incumbent][-_MOST_BEFORE:]
    return _keep(
        session,
        Serving(held.is_on, {**held.numbers, fingerprint: number}, {**held.before, fingerprint: before}),
    )


def rollback(session: Session, fingerprint: str) -> Serving | None:
    """Go back to the planner before, or to none before the first; None where none serves."""
    held = read(session)
    if fingerprint not in held.numbers:
        return None
    before = list(held.before.get(fingerprint, []))
    numbers = {name: number for name, number in held.numbers.items() if name != fingerprint}
    if before:
        numbers[fingerprint] = before.pop()
    return _keep(session, Serving(held.is_on, numbers, {**held.before, fingerprint: before}))


def _keep(session: Session, serving: Serving) -> Serving:
    kept = {"is_on": serving.is_on, "numbers": serving.numbers, "before": serving.before}
    settings.put(session, NAME, kept)
    return serving
