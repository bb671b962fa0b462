"""What is attached to a mail is named in memory, and not a byte of it is in the home, wherever its name would lead."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from memory.models import Item
from tests.assistant.mailbox.post_office import ADA, ANN, PostOffice, composed

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("mailbox")]

NAMES = ("fares.pdf", "../../../config.toml", "/tmp/telos-canary.sh", ".ssh/authorized_keys")
CANARY = b"canary-of-an-attachment-5K"


def test_an_attachment_is_named_and_never_written(tmp_path: Path) -> None:
    with PostOffice.open(tmp_path) as office:
        before = {path: path.read_bytes() for path in (office.home.config_file,)}
        message = composed("The fares are attached. Can you look at them?", to=ADA, sender=ANN, Subject="Fares")
        for name in NAMES:
            message.add_attachment(CANARY, maintype="application", subtype="octet-stream", filename=name)
        office.box.deliver(message, "INBOX")
        office.round()
        office.runner.run("index")
        with office.service.database.read() as session:
            [item] = session.exec(select(Item).where(Item.kind == "mail"))
            assert len(item.details["attachments"]) == len(NAMES)
        written = {path: path.read_bytes() for path in office.home.data.rglob("*") if path.is_file()}
    assert [path for path, data in written.items() if CANARY in data or b"Y2FuYXJ5" in data] == []
    assert {path: written[path] for path in before} == before
    assert {path.name for path in written} & {"fares.pdf", "telos-canary.sh", "authorized_keys"} == set()
    assert not Path("/tmp/telos-canary.sh").exists()
