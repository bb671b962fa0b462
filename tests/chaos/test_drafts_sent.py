"""Killed at any point of a draft's way to the mail server, Telos sends it once or says that it does not know.

Twice would be a second SMTP transaction without a second word from the user. The daemon, the command and the server are real.
"""

from __future__ import annotations

import signal
from contextlib import closing

import pytest

from assistant import failpoints
from memory.models import DeliveryState
from memory.store.connection import Database
from tests.assistant.draft_rows import ANN, BOB, approved
from tests.integration.daemon import Daemon, running
from tests.mail_server import MailServer

pytestmark = pytest.mark.integration

NOT_DUE = "days = []"
WITHOUT_EMBEDDER = 'embedder = "nobody/has-this-model"'
IN_DOUBT = {"deliver.after_sending": 0, "deliver.after_data": 1}
"""Where it is not known what became of it, and how many transactions the server saw until then."""


@pytest.mark.parametrize("name", [name for name in failpoints.NAMES if name.startswith("deliver.")])
def test_a_kill_on_the_way_of_a_draft_neither_loses_it_nor_sends_it_twice(name: str, daemon: Daemon) -> None:
    daemon.has_run_before()
    with closing(Database.open(daemon.home.database)) as database:
        draft_id = approved(database, recipients=[ANN, BOB])
    with MailServer() as mail:
        daemon.configure(mail_port=mail.port, sources={}, digest=NOT_DUE, memory=WITHOUT_EMBEDDER)

        with running(daemon, failpoint=name):
            daemon.wait_until_it_serves()
            daemon.telos("drafts", "send", str(draft_id), "--yes")
            assert daemon.wait_until_it_dies() == -signal.SIGKILL

        with running(daemon):
            daemon.wait_until_it_serves()
            daemon.wait_until(lambda: _is_settled(daemon), "the draft is sent or in doubt")
            told = daemon.telos("status").stdout
            refused = daemon.telos("drafts", "send", str(draft_id), "--yes")
            transactions = mail.transactions
            again = daemon.telos("drafts", "send", str(draft_id), "--yes", "--again")
            assert daemon.stop() == 0

    assert transactions == IN_DOUBT.get(name, 1)
    assert ("unknown" in told) == (name in IN_DOUBT)
    assert refused.returncode != 0
    assert "--again" in refused.stderr
    assert (again.returncode, mail.transactions) == (0, transactions + 1)
    assert len(set(mail.handed_over)) == 1
    assert {received.recipients for received in mail.received} == {(ANN["address"], BOB["address"])}
    assert daemon.rows("SELECT state, draft_version FROM delivery") == [(DeliveryState.SENT.name, 1)]


def _is_settled(daemon: Daemon) -> bool:
    return daemon.rows("SELECT count(*) FROM delivery WHERE state NOT IN ('QUEUED', 'SENDING')") == [(1,)]
