"""Killed at any point of the way from a feed to the mail, Telos loses nothing and sends nothing twice.

Lost would be an item that was served and is not there once, or a digest that is neither delivered nor reported. Twice
would be a second SMTP transaction with the same Message-ID. The daemon, the feeds and the mail server are real.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest

from assistant import failpoints
from assistant.client import Client
from assistant.delivery.mail import message_id_of
from assistant.digest import record
from assistant.errors import TelosError
from memory.models import DeliveryState
from memory.store import digests, outbox
from memory.store.connection import Database
from tests.integration.daemon import Daemon, running
from tests.integration.forked import Forge
from tests.mail_server import MailServer
from tests.servers import WebServer

pytestmark = pytest.mark.integration

DUE = 'at = "00:01"\ncatch_up_hours = 24'
NOT_DUE = "days = []"
WITHOUT_EMBEDDER = 'embedder = "nobody/has-this-model"'
ITEMS = 4
KILLS = 20
HOMES = 2

OUTCOMES = {
    "deliver.after_sending": (DeliveryState.UNKNOWN, 0),
    "deliver.after_data": (DeliveryState.UNKNOWN, 1),
}
"""What is left of a digest where that is not "sent in one transaction": in doubt, and so reported, never resent."""


def feed(name: str) -> bytes:
    """A feed of `ITEMS` texts that share no story."""
    subjects = random.Random(name)
    entries = "".join(
        f"<item><guid>{name}-{number}</guid><title>{_words(subjects, 5)}</title>"
        f"<description>{_words(subjects, 40)}</description></item>"
        for number in range(ITEMS)
    )
    return f"<rss version='2.0'><channel><title>{name}</title>{entries}</channel></rss>".encode()


def _words(source: random.Random, count: int) -> str:
    return " ".join("".join(source.choices("abcdefghilmnoprstu", k=source.randint(4, 9))) for _ in range(count))


@pytest.fixture(scope="module")
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        for name in ("north", "south"):
            server.answer(f"/{name}", feed(name), content_type="application/rss+xml")
        yield server


@pytest.fixture(scope="module")
def sources(web: WebServer) -> dict[str, str]:
    return {name: web.url(f"/{name}") for name in ("north", "south")}


@pytest.fixture(scope="module")
def read_home(tmp_path_factory: pytest.TempPathFactory, sources: dict[str, str], forge: Forge) -> Path:
    """A home in which everything is read and placed, and no digest was ever due."""
    daemon = Daemon(tmp_path_factory.mktemp("read") / "home", forge=forge)
    daemon.configure(mail_port=1, sources=sources, digest=NOT_DUE, memory=WITHOUT_EMBEDDER)
    daemon.has_run_before()
    with running(daemon):
        daemon.wait_until(lambda: _is_placed(daemon, ITEMS * len(sources)), "every item is in a story")
        assert daemon.stop() == 0
    return daemon.folder


def _is_placed(daemon: Daemon, items: int) -> bool:
    return daemon.rows("SELECT count(story_id) FROM item") == [(items,)]


def _is_settled(daemon: Daemon) -> bool:
    """Whether there are digests, and each has come to an end."""
    states = {state for (state,) in daemon.rows("SELECT state FROM delivery")}
    return bool(states) and not states & {"QUEUED", "SENDING"}


@pytest.mark.parametrize(
    "name", [name for name in failpoints.NAMES if name.startswith(("poll.", "index.", "digest.", "deliver."))]
)
def test_a_kill_at_a_failpoint_loses_nothing_and_sends_nothing_twice(
    name: str, daemon: Daemon, sources: dict[str, str], request: pytest.FixtureRequest
) -> None:
    is_read = name.startswith(("digest.", "deliver."))
    has_embedder = name in ("index.after_vectors", "index.after_chroma", "index.after_batch", "index.after_stories")
    if is_read:
        shutil.copytree(request.getfixturevalue("read_home"), daemon.folder, dirs_exist_ok=True)
    else:
        daemon.has_run_before()
    with MailServer() as mail:
        memory = "" if has_embedder else WITHOUT_EMBEDDER
        daemon.configure(mail_port=mail.port, sources=sources, digest=DUE, memory=memory)

        with running(daemon, failpoint=name):
            assert daemon.wait_until_it_dies() == -signal.SIGKILL

        with running(daemon):
            daemon.wait_until_it_serves()
            daemon.wait_until(lambda: _is_settled(daemon), "the digest is delivered or reported")
            daemon.wait_until(lambda: _is_placed(daemon, ITEMS * len(sources)), "every item is in a story")
            told = daemon.telos("status").stdout
            assert daemon.stop() == 0

    state, transactions = OUTCOMES.get(name, (DeliveryState.SENT, 1))
    assert mail.transactions == transactions
    assert daemon.rows("SELECT run, state FROM digest JOIN delivery ON digest.id = digest_id") == [(0, state.name)]
    assert ("unknown" in told) == (state is DeliveryState.UNKNOWN)
    _nothing_is_lost(daemon, sources)
    if has_embedder:
        assert daemon.rows("SELECT DISTINCT stage FROM version") == [("INDEXED",)]
        assert daemon.rows("SELECT count(*) FROM chunk") == daemon.rows("SELECT count(*) FROM vector")


def test_a_kill_in_a_later_round_leaves_nothing_waiting_for_the_embedder(
    read_home: Path, web: WebServer, sources: dict[str, str], daemon: Daemon
) -> None:
    shutil.copytree(read_home, daemon.folder, dirs_exist_ok=True)
    web.answer("/later", feed("later"), content_type="application/rss+xml")
    more = sources | {"later": web.url("/later")}
    daemon.configure(mail_port=1, sources=more, digest=NOT_DUE, memory=WITHOUT_EMBEDDER)

    with running(daemon, failpoint="index.after_chunks"):
        assert daemon.wait_until_it_dies() == -signal.SIGKILL
    assert not _is_placed(daemon, ITEMS * len(more))

    with running(daemon):
        daemon.wait_until(lambda: _is_placed(daemon, ITEMS * len(more)), "every item is in a story")
        assert daemon.stop() == 0


def test_twenty_kills_at_random_lose_nothing_and_send_nothing_twice(tmp_path: Path, forge: Forge) -> None:
    is_repeatable = os.environ.get("TELOS_TEST_PROFILE") == "repeatable"
    seed = 0 if is_repeatable else random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # pytest shows it when the test fails
    homes = [Daemon(tmp_path / f"home{number}", forge=forge) for number in range(HOMES)]
    with ThreadPoolExecutor(HOMES) as pool:  # side by side, because most of it is waiting for the moment to kill
        for _ in pool.map(_kill_again_and_again, homes, [random.Random(seed + number) for number in range(HOMES)]):
            pass


def _kill_again_and_again(daemon: Daemon, dice: random.Random) -> None:
    daemon.has_run_before()
    sources: dict[str, str] = {}
    with WebServer() as web, MailServer(pause_s=0.5) as mail:
        for number in range(KILLS // HOMES):
            name = f"source{number}"
            web.answer(f"/{name}", feed(name), content_type="application/rss+xml")
            sources[name] = web.url(f"/{name}")
            daemon.configure(mail_port=mail.port, sources=sources, digest=DUE, memory=WITHOUT_EMBEDDER)
            with running(daemon):
                if number % 2:
                    daemon.wait_until_it_serves()
                    with _asking_for_a_digest(daemon):
                        time.sleep(dice.uniform(0, 2.5))
                        daemon.kill()
                else:
                    time.sleep(dice.uniform(0.2, 2.5))
                    daemon.kill()
        with running(daemon):
            daemon.wait_until_it_serves()
            daemon.wait_until(lambda: _is_placed(daemon, ITEMS * len(sources)), "every item is in a story")
            daemon.wait_until(lambda: _is_settled(daemon), "every digest is delivered or reported")
            assert daemon.stop() == 0

    _nothing_is_lost(daemon, sources)
    handed_over = Counter(mail.handed_over)
    taken = {received.message_id for received in mail.received}
    states = _states(daemon)
    assert set(handed_over.values()) == {1}
    assert handed_over.keys() <= states.keys()
    assert set(states.values()) <= {DeliveryState.SENT, DeliveryState.UNKNOWN}
    assert {message_id for message_id, state in states.items() if state is DeliveryState.SENT} <= taken


@contextmanager
def _asking_for_a_digest(daemon: Daemon) -> Iterator[None]:
    """Someone waits for a digest of the daemon meanwhile, who is told nothing when it dies."""

    def ask() -> None:
        with suppress(TelosError):
            client.digest.send(again=True)

    with Client(daemon.home) as client:
        assert client.is_daemon
        asking = Thread(target=ask)
        asking.start()
        yield
        asking.join()


def _nothing_is_lost(daemon: Daemon, sources: dict[str, str]) -> None:
    """Every item that was served is there once, with one version."""
    served = {(name, f"{name}-{number}") for name in sources for number in range(ITEMS)}
    kept = daemon.rows(
        "SELECT source.name, external_id, count(version.id) FROM item JOIN source ON source.id = source_id"
        " JOIN version ON item_id = item.id GROUP BY item.id"
    )
    assert {(name, external_id) for name, external_id, _ in kept} == served
    assert len(kept) == len(served)
    assert {versions for _, _, versions in kept} == {1}


def _states(daemon: Daemon) -> dict[str, DeliveryState]:
    """Where the delivery of each digest stands, by its Message-ID."""
    with closing(Database.open(daemon.home.database)) as database, database.read() as session:
        states = {}
        for digest in digests.latest(session, 1000):
            assert digest.id is not None
            delivery = outbox.of_digest(session, digest.id)
            assert delivery is not None
            states[message_id_of(record.load(session, digest.id), daemon.home.key)] = delivery.state
        return states
