"""The verbs of the log: what language models were asked and answered, and what each task spent today.

`assistant.ledger` writes the rows as calls are made; nothing is written here but what the retention takes away. The API,
`telos status` and the daily upkeep call these.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from assistant.answers.calls import CallLine, SpendingLine
from assistant.engine.contract import TASKS
from assistant.errors import NotFound
from assistant.ledger.book import ceilings
from assistant.service import Service
from memory.models import Call, Turn
from memory.store import calls
from memory.store.calls import CallFilter

BEGINNING = 200
"""So many characters of a reply stand in a list."""


def recent(service: Service, limit: int, wanted: CallFilter | None = None, *, words: str = "") -> list[CallLine]:
    """The last calls, the newest first; with `words`, those whose prompt, reply or error says them all.

    An instant without a zone is one of the user's.
    """
    if wanted is not None and wanted.since is not None and wanted.since.tzinfo is None:
        wanted = replace(wanted, since=wanted.since.replace(tzinfo=service.settings.user.zone))
    with service.database.read() as session:
        return [_line(call, turn) for call, turn in calls.recent(session, limit, wanted, words=words)]


def show(service: Service, call_id: int) -> CallLine:
    """A call with its whole prompt and reply.

    Raises: NotFound.
    """
    with service.database.read() as session:
        found = calls.with_turn(session, call_id)
    if found is None:
        raise NotFound(
            f"There is no call {call_id} in the log.",
            "`telos log` lists those there are; they are kept for `log_days` under [model].",
        )
    call, turn = found
    whole = {"messages": call.messages, "reply": call.reply, "sampling": call.sampling}
    return _line(call, turn).model_copy(update=whole)


def prune(service: Service) -> int:
    """Let go of what is older than the log is kept for; how many calls went."""
    before = service.clock.now() - timedelta(days=service.settings.model.log_days)
    with service.database.write() as session:
        return calls.prune(session, before)


def spending(service: Service) -> list[SpendingLine]:
    """What each task spent today; those that asked for nothing are left out."""
    spent, refused = service.ledger.today(), service.ledger.refused_today()
    lines: list[SpendingLine] = []
    for task in TASKS:
        if task not in spent and task not in refused:
            continue
        row, most = spent.get(task), ceilings(service.settings.model, task)
        lines.append(
            SpendingLine(
                task=task,
                calls=row.calls if row else 0,
                tokens=row.prompt_tokens + row.new_tokens if row else 0,
                seconds=round(row.seconds, 1) if row else 0.0,
                tokens_a_day=most.tokens,
                seconds_a_day=most.seconds,
                refused=refused.get(task, ""),
            )
        )
    return lines


def _line(call: Call, turn: Turn | None) -> CallLine:
    assert call.id is not None
    return CallLine(
        id=call.id,
        at=call.at,
        task=call.task,
        purpose=call.purpose,
        engine=call.engine,
        model=call.model,
        outcome=call.outcome,
        error=call.error,
        prompt_tokens=call.prompt_tokens,
        prompt_reused=call.prompt_reused,
        new_tokens=call.new_tokens,
        first_token_s=call.first_token_s,
        total_s=call.total_s,
        turn=turn.number if turn else None,
        conversation=turn.conversation_id if turn else None,
        reply=call.reply[:BEGINNING],
    )
