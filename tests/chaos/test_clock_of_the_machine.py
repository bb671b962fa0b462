"""The machine's clock is put back and forward under a daemon that runs: it goes on, sends each day's digest once, and says so.

The daemon, its feed and its mail server are real, and so is the clock for all that they can tell: libfaketime moves it.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.chaos.faked_clock import FakedDaemon, needs_faketime
from tests.integration.daemon import running
from tests.mail_server import MailServer
from tests.servers import WebServer

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400), needs_faketime]

RIGHT, HOUR, DAY = timedelta(0), timedelta(hours=1), timedelta(days=1)
DUE = 'at = "00:01"\ncatch_up_hours = 24'
WITHOUT_EMBEDDER = 'embedder = "nobody/has-this-model"'
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


def test_digests_and_sources_go_on_whatever_the_clock_does(tmp_path: Path) -> None:
    daemon = FakedDaemon(tmp_path / "home")
    daemon.has_run_before()

    def has_placed(items: int) -> bool:
        return daemon.rows("SELECT count(story_id) FROM item") == [(items,)]

    def has_sent(digests: int) -> bool:
        return daemon.rows("SELECT count(*) FROM delivery WHERE state = 'SENT'") == [(digests,)]

    with WebServer() as web, MailServer() as mail:
        serve(web, 1)
        daemon.configure(mail_port=mail.port, sources={"north": web.url("/north")}, digest=DUE, memory=WITHOUT_EMBEDDER)
        with running(daemon):
            daemon.wait_until_it_serves()
            daemon.wait_until(partial(has_sent, 1), "today's digest is sent")
            assert "clock" not in daemon.telos("status").stdout

            for items, (clock, digests) in enumerate(((-HOUR, 1), (-DAY, 1), (DAY, 2), (RIGHT, 2)), start=2):
                serve(web, items)
                daemon.put(clock)
                daemon.wait_until(partial(has_placed, items), f"it reads on with the clock at {clock}")
                daemon.wait_until(partial(has_sent, digests), f"{digests} digests are sent with the clock at {clock}")
                told = daemon.telos("status")
                assert told.returncode == 0
                is_behind = clock != DAY
                assert ("Has the clock been put back?" in " ".join(told.stdout.split())) == is_behind, told.stdout
            assert daemon.stop() == 0

    assert mail.transactions == 2
    assert len(set(mail.handed_over)) == 2
    [(first, _), (second, _)] = days = daemon.rows("SELECT local_date, run FROM digest ORDER BY id")
    assert first < second
    assert {run for _, run in days} == {0}
    assert daemon.rows("SELECT count(*), count(DISTINCT external_id) FROM item") == [(len(TEXTS), len(TEXTS))]
    assert "Traceback" not in daemon.said()
