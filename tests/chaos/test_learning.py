"""Killed while it learns from an edit, Telos has the edit and its lesson, or neither; said again, it is learned once."""

from __future__ import annotations

import signal
from contextlib import suppress

import pytest

from assistant import failpoints
from assistant.answers.drafts import DraftEdit, NewDraft
from assistant.client import Client
from assistant.errors import Gone
from tests.integration.daemon import Daemon, running

pytestmark = pytest.mark.integration

NAMES = [name for name in failpoints.NAMES if name.startswith("learn.")]
WISH = NewDraft(kind="mail", to=["Ann Lee <ann@example.org>"], about="the ferry", points=["the ferry leaves at 9 pm"])


@pytest.mark.parametrize("name", NAMES)
def test_an_edit_and_its_lesson_are_kept_both_or_neither(name: str, daemon: Daemon) -> None:
    daemon.configure(mail_port=9, sources={}, digest="days = []", memory='embedder = "nobody/has-this-model"')
    with running(daemon, failpoint=name):
        daemon.wait_until_it_serves()
        with Client(daemon.home) as client:
            drafted = client.drafts.new(WISH)
            said = drafted.current.text.replace("Hello Ann,", "Hi Ann,").replace("Best regards,", "Cheers,")
            edit = DraftEdit(version=drafted.current.number, text=said, is_sure=True)
            with suppress(Gone):
                client.drafts.edit(drafted.line.id, edit)
        assert daemon.wait_until_it_dies() == -signal.SIGKILL

    is_kept = name == "learn.after_kept"
    assert daemon.rows("SELECT count(*) FROM draftversion") == [(2 if is_kept else 1,)]
    assert daemon.rows("SELECT count(*) FROM lesson") == [(1 if is_kept else 0,)]

    with running(daemon):
        daemon.wait_until_it_serves()
        with Client(daemon.home) as client:
            client.drafts.edit(drafted.line.id, edit)  # the user does what they saw fail
            assert client.drafts.show(drafted.line.id).current.text == said
        assert daemon.stop() == 0
    assert daemon.rows("SELECT count(*) FROM draftversion") == [(2,)]
    assert daemon.rows("SELECT count(*) FROM lesson") == [(1,)]
