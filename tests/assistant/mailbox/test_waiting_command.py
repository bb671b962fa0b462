"""`telos waiting`: what the digest follows up, listed, done and put off."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.mailbox import following
from assistant.mailbox.account import own_addresses
from assistant.mailbox.conversation import arrived, threads_of
from tests.assistant.mailbox.kept import BOX, clock_of, keep
from tests.assistant.mailbox.kept import WEDNESDAY as NOW
from tests.assistant.served import served
from tests.assistant.shell import Shell


def test_what_waits_is_listed_done_and_put_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(tmp_path) as service:
        user = service.settings.user.model_copy(update={"email": "ada@example.org"})
        service.settings = service.settings.model_copy(update={"user": user, "sources": (BOX,)})
        clock_of(service).set(NOW)
        telos = Shell(service.home.data, monkeypatch, capsys)
        assert "Nothing waits" in telos("waiting")
        keep(service, "When do we sail? I will send the list by Friday.")
        with service.database.read() as session:
            threads = threads_of(session, arrived(session)[0], NOW)
        following.follow_up(service, threads, own_addresses(service.settings))
        listed = telos("waiting")
        assert "Ann Lee" in listed
        assert "promised you" in listed
        assert "is done" in telos("waiting", "done", "f1")
        assert "comes again on 2026-11-25" in telos("waiting", "later", "f2", "--days", "7")
        assert [(one["id"], one["due"]) for one in telos.json("waiting")] == [(2, "2026-11-25")]
        assert "no follow-up f9" in telos("waiting", "done", "f9", status=1)
        assert "lists them" in telos("waiting", "done", "four", status=2)
