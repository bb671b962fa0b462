"""The machine's clock is put back and forward under a daemon that runs: it goes on, sends each digest once, and says so.

The daemon, its feed and its mail server are real, and so is the clock for all that they can tell: libfaketime moves it.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.integration.daemon import running
from tests.integration.faked_clock import FakedDaemon, needs_faketime
from tests.mail_server import MailServer
from tests.servers import WebServer

pytestmark = [pytest.mark.integration, needs_faketime]

RIGHT, HOUR, DAY = timedelta(0), timedelta(hours=1), timedelta(days=1)
DUE = 'at = "00:01"\ncatch_up_hours = 24'
WITHOUT_EMBEDDER = 'embedder = "nobody/has-this-model"'
PUT_BACK = "Has the clock been put back?"
DEFERRED = "SELECT 1 FROM delivery WHERE state = 'QUEUED' AND attempts > 0"
TEXTS = (
    "The night ferry leaves at nine from the old quay.",
    "The orchard behind the mill is pruned in March.",
    "A copper lantern hangs in the hall of the school.",
    "Seven swans were counted on the northern pond.",
    "The baker of the village opens on Sundays, too.",
)


def serve(web: WebServer, count: int) -> None:
    entries = "".join(
        f"<item><guid>item-{number}</guid><title>Number {number}</title><description>{text}</description></item>"
        for number, text in enumerate(TEXTS[:count])
    )
    body = f"<rss version='2.0'><channel><title>North</title>{entries}</channel></rss>"
    web.answer("/north", body.encode(), content_type="application/rss+xml")


def test_digests_mails_and_sources_go_on_whatever_the_clock_does(tmp_path: Path) -> None:
    daemon = FakedDaemon(tmp_path / "home")
    daemon.has_run_before()

    def has_sent(digests: int) -> bool:
        return daemon.rows("SELECT count(*) FROM delivery WHERE state = 'SENT'") == [(digests,)]

    with WebServer() as web, MailServer() as mail:

        def jump(clock: timedelta) -> str:
            """What the user is told once an item has been read that came after the jump."""
            [(known,)] = daemon.rows("SELECT count(*) FROM item")
            serve(web, known + 1)
            daemon.put(clock)
            placed = [(known + 1,)]
            daemon.wait_until(
                lambda: daemon.rows("SELECT count(story_id) FROM item") == placed, f"it reads on at {clock}"
            )
            told = daemon.telos("status")
            assert told.returncode == 0
            return " ".join(told.stdout.split())

        serve(web, 1)
        daemon.configure(mail_port=mail.port, sources={"north": web.url("/north")}, digest=DUE, memory=WITHOUT_EMBEDDER)
        with running(daemon):
            daemon.wait_until_it_serves()
            daemon.wait_until(partial(has_sent, 1), "today's digest is sent")
            assert PUT_BACK not in daemon.telos("status").stdout

            assert PUT_BACK in jump(-HOUR)
            assert PUT_BACK in jump(-DAY)
            assert has_sent(1)

            mail.answers["MAIL"] = "450 4.2.1 later"
            jump(DAY)
            daemon.wait_until(lambda: bool(daemon.rows(DEFERRED)), "tomorrow's digest waits for the mail server")
            mail.answers.clear()
            assert PUT_BACK in jump(RIGHT)
            daemon.wait_until(partial(has_sent, 2), "it is sent though the hour of its next attempt is a day away")
            assert daemon.stop() == 0

    assert mail.transactions == len(set(mail.handed_over)) == 2
    [(first, _), (second, _)] = days = daemon.rows("SELECT local_date, run FROM digest ORDER BY id")
    assert first < second
    assert {run for _, run in days} == {0}
    assert daemon.rows("SELECT count(*), count(DISTINCT external_id) FROM item") == [(len(TEXTS), len(TEXTS))]
    assert "Traceback" not in daemon.said()
