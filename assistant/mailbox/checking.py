"""A look into the user's mailboxes: what of the drafted answers was sent, and what is still to be placed there.

A mailbox is opened only while an answer waits. One that does not answer stops no other. The job `mailbox` calls this.
"""

from __future__ import annotations

from assistant.errors import Unavailable
from assistant.mailbox import conversation, placing, sent
from assistant.mailbox.account import accounts, opened
from assistant.progress import Progress
from assistant.service import Service


def check_mailboxes(service: Service, progress: Progress) -> tuple[int, int]:
    """How many drafts were placed, and how many answers are settled: sent, or given otherwise.

    Raises: Unavailable, after every mailbox had its turn, with what the first one failed at.
    """
    placed = settled = 0
    failure: Unavailable | None = None
    for account in accounts(service):
        waiting = placing.answers(service, account)
        if not waiting:
            continue
        progress(0, None, f"looking into {account.name}")
        with service.database.read() as session:
            mails = {one.item_id: one for one in conversation.by_ids(session, [one.row.item_id for one in waiting])}
        try:
            with opened(service, account) as mailbox:
                settled += sent.settle(service, account, mailbox, waiting, mails)
                placed += placing.keep_in_step(service, account, mailbox)
        except Unavailable as err:
            failure = failure or err
    if failure is not None:
        raise failure
    return placed, settled
