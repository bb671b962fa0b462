"""A draft for each mail that awaits an answer, made by the one way in which drafts are made; the user sends it, or does not.

A mail gets one draft in its life, through crashes too: before one is written it is looked for. The job `mailbox` calls
this with the conversations in which something new came.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from assistant import drafts
from assistant.answers.drafts import NewDraft
from assistant.errors import BadRequest
from assistant.failpoints import failpoint
from assistant.mailbox.awaiting import awaits_me
from assistant.mailbox.mail import Mail
from assistant.progress import Progress
from assistant.service import Service
from memory.store import drafts as draft_rows
from memory.store import replies

log = logging.getLogger(__name__)

OLDEST = timedelta(days=7)
"""A mail that waits for longer gets no draft any more: the user has seen it, and decided."""


def to_draft(service: Service, threads: Sequence[Sequence[Mail]], own: frozenset[str]) -> list[Mail]:
    """The mails of these conversations that await the user's answer and have no draft, the newest first."""
    waiting = [mail for thread in threads if (mail := awaits_me(thread, own)) is not None]
    now = service.clock.now()
    with service.database.read() as session:
        known = replies.known(session, [mail.item_id for mail in waiting])
    fresh = [mail for mail in waiting if mail.item_id not in known and now - mail.at <= OLDEST]
    return sorted(fresh, key=lambda mail: mail.at, reverse=True)


def draft_answers(service: Service, waiting: Sequence[Mail], progress: Progress) -> int:
    """Write a draft for each of these mails; how many were written. One that cannot be answered is noted, and stops none."""
    written = 0
    for number, mail in enumerate(waiting):
        progress(number, len(waiting), "drafting answers")
        draft_id, problem = _draft(service, mail)
        failpoint("mailbox.after_draft")
        with service.database.write() as session:
            if replies.get(session, mail.item_id) is None:
                replies.add(session, mail.item_id, draft_id, service.clock.now(), problem=problem)
        written += draft_id is not None
    return written


def _draft(service: Service, mail: Mail) -> tuple[int | None, str]:
    """The id of its draft, which may be there already; or why there is none."""
    if mail.message_id:
        with service.database.read() as session:
            there = draft_rows.of_incoming(session, mail.message_id)
        if there is not None:
            return there.id, ""
    try:
        view = drafts.new(service, NewDraft(kind="reply", incoming=mail.as_message()))
    except BadRequest as err:
        log.info("No answer to mail %d was drafted: %s", mail.item_id, err.sentence)
        return None, err.sentence
    return view.line.id, ""
