"""Every part of Telos, built in reading order from a home, and held together.

Whoever holds the lock of the data folder builds one `Service`: the daemon for as long as it runs, a command for as long
as it lasts. The jobs and the API's routers take from it the parts they hand to the domain's functions. Nothing heavy is
loaded here: the indexes open, and the embedder's process starts, when they are first asked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from threading import Event, Lock

from assistant.backup import restoring
from assistant.clock import Clock, SystemClock
from assistant.config.load import files_of, load
from assistant.config.schema import MemorySettings, ModelSettings, Settings
from assistant.delivery import dispatch
from assistant.engine.choice import Choice, Engines
from assistant.engine.contract import Engine, Task
from assistant.engine.making import make_engine as make_engine_of
from assistant.errors import BadConfiguration, Unavailable
from assistant.home import Home
from assistant.ingest.indexing import Indexing
from assistant.ledger.book import Ledger
from assistant.ledger.metered import Errand, metered
from assistant.progress import Cancelled, Progress
from assistant.sessions.ahead import Ahead
from assistant.sessions.floor import Floor
from assistant.steering.helm import Helm, man
from assistant.steering.shelf import Shelf
from assistant.stories.worker import StoryWorker
from assistant.workers.embedder import WorkerEmbedder
from assistant.workers.index import WorkerIndex
from assistant.workers.training import TrainingWorker, forget
from assistant.workers.training_pipe import TrainingOrder
from connectors.registry import connectors
from connectors.transport import NetworkPolicy, WaysOut
from memory.embed import Embedder, NoEmbedder
from memory.errors import MemoryFailure
from memory.index import Index
from memory.profile.profile import Profile, Profiles
from memory.store import settings as facts
from memory.store import sources
from memory.store import vectors as vector_rows
from memory.store.connection import Database
from memory.vectors import Vectors

SERVING = "embedder.serving"
"""The fact that names the embedder whose vectors are searched: `{"embedder": ..., "revision": ...}`."""

log = logging.getLogger(__name__)


class Service:
    """The parts. `stopping` is set when the service is about to end: long work looks at it between steps.

    `settings` is replaced whole when the file changes; a part that follows from it is replaced with it. The embedder is
    the exception: another one takes effect at `telos memory reindex`, and `serving` is the one until then.
    """

    def __init__(
        self,
        home: Home,
        *,
        serves: bool = False,
        clock: Clock | None = None,
        settings: Settings | None = None,
        embedder: Embedder | None = None,
        make_index: Callable[[Path, str], Index] | None = None,
        decides_apart: bool = True,
        make_engine: Callable[[Choice, ModelSettings], Engine] | None = None,
        make_trainer: Callable[[TrainingOrder], TrainingWorker] = TrainingWorker,
    ) -> None:
        home.prepare()
        self.home = home
        self.serves = serves
        self.clock = clock or SystemClock()
        self.started_at = self.clock.now()
        self.stopping = Event()
        self.listens_on = ""
        """The address of TCP where the API is served beside its socket; the daemon sets it."""
        self.configuration_problem: BadConfiguration | None = None
        """Why the file, as it is now, is not taken; the settings before it go on."""
        seen = _stamps([home.config_file])
        self.settings = load(home.config_file) if settings is None else settings
        self._stamps = _stamps(files_of(home.config_file, self.settings)) | seen
        self._open = ExitStack()
        self._turn = Lock()
        with ExitStack() as opened:
            self.database = _database(home, is_waited_for=not serves)
            opened.callback(self.database.close)
            self.profiles = Profiles(self.database)
            dispatch.begin(self.database, self.started_at)
            self._retire_sources()
            self.ways_out = WaysOut(_policy(self.settings))
            opened.callback(self.ways_out.close)
            self.serving = self._serving()
            self.embedder = embedder or self._own_embedder(opened)
            self._make_index = make_index or self._own_index
            self.vectors = self.vectors_of(self.embedder)
            opened.callback(self.vectors.close)
            self.stories = StoryWorker(home.database, idle_s=self.settings.memory.idle_minutes * 60)
            opened.callback(self.stories.close)
            self._decide = self.stories.next_groups if decides_apart else None
            self.ledger = Ledger(self.database, self.clock, lambda: self.settings)
            opened.callback(self.ledger.close)
            self.shelf = Shelf(home.steering / "planners")
            self.floor = Floor()
            self.training = Lock()
            """Held while a training process runs."""
            self.unwritten: list[Callable[[], None]] = []
            """What became of mails while nothing could be kept: `assistant.delivery.dispatch` writes it down later."""
            self.forgotten = 0
            """How often what training keeps was removed: what was begun before is not to go on."""
            self.ahead = Ahead()
            opened.callback(self.ahead.wait)
            self.make_trainer = make_trainer
            self._make_engine = make_engine or partial(make_engine_of, embedder=lambda: self.embedder)
            self.engines = Engines(self.settings.model, self._make_engine)
            opened.callback(lambda: self.engines.close())
            self._open = opened.pop_all()

    def reload(self) -> bool:
        """Take in a changed configuration, whole or not at all; whether there was a change. Files of secrets belong to it.

        A mistake is said once, and kept as `configuration_problem` until it is corrected, wherever it is.
        """
        with self._turn:
            stamps = _stamps(files_of(self.home.config_file, self.settings))
            if stamps == self._stamps and self.configuration_problem is None:
                return False
            self._stamps = stamps
            try:
                settings = load(self.home.config_file)
            except BadConfiguration as err:
                if str(err) != str(self.configuration_problem):
                    log.error("%s The settings before this change go on. %s", err.sentence, err.remedy)
                self.configuration_problem = err
                return False
            self.configuration_problem = None
            self._stamps = _stamps(files_of(self.home.config_file, settings)) | stamps
            if settings.network != self.settings.network:
                self.ways_out = WaysOut(_policy(settings))
                self._open.callback(self.ways_out.close)  # the one before may be in use; it closes at the end, too
            if settings.model != self.settings.model:
                self.engines = self.engines.renewed(settings.model)
            if settings.api.tcp != self.settings.api.tcp:
                log.warning("api.tcp was changed; the service takes it up when it is started anew")
            before, self.settings = self.settings, settings
            self._retire_sources()
            self._hurry_sources(before)
            log.info("The configuration was read again: %d sources", len(settings.sources))
            return True

    def engine_for(
        self, task: Task, purpose: str, *, turn_id: int | None = None, item_ids: Sequence[int] = ()
    ) -> Engine:
        """The engine of a task, held to its ceilings and written down in the log as `purpose`."""
        engine = self.engines.of(task)
        return metered(engine, self.ledger, Errand(task, purpose, turn_id, tuple(item_ids)))

    def helm(self, *, is_sensitive: bool) -> Helm:
        """Who steers the next reply of a conversation.

        Raises: ModelFailed where the model cannot be had.
        """
        with self.database.read() as session:
            engine = self.engines.of("chat")
            return man(session, self.settings.steering, self.shelf, engine, is_sensitive=is_sensitive)

    def forget_training(self) -> None:
        """Remove what training keeps of conversations, once its process is gone: something in them was deleted."""
        self.forgotten += 1
        with self.floor.kept_free(), self.training:
            forget(self.home.steering / "training")

    def profile(self) -> Profile:
        """What the user prefers, as of now, compared by the meanings of the embedder that serves, where there is one."""
        try:
            return self.profiles.current(self.embedder.slug)
        except NoEmbedder:
            return self.profiles.current("")

    def heeding(self, progress: Progress) -> Progress:
        """`progress`, but a report ends the work when the service is about to end."""

        def report(done: int, total: int | None, what: str) -> None:
            if self.stopping.is_set():
                raise Cancelled
            progress(done, total, what)

        return report

    def vectors_of(self, embedder: Embedder) -> Vectors:
        """The indexes of an embedder's vectors, of the one that serves or of the one that is to."""
        return Vectors(self.home.index, embedder, self._make_index)

    def indexing(self) -> Indexing:
        """What indexing works with."""
        return Indexing(self.database, self.embedder, self.vectors, self.clock, self._decide)

    def serve_embedder(self, chosen: MemorySettings, embedder: Embedder, vectors: Vectors) -> None:
        """Let another embedder serve, now and from now on; the vectors of the one before go. Its index is complete."""
        with self.database.write() as session:
            facts.put(session, SERVING, {"embedder": chosen.embedder, "revision": chosen.revision})
        before = self.vectors
        self.serving, self.embedder, self.vectors = chosen, embedder, vectors
        self._open.callback(vectors.close)
        if isinstance(embedder, WorkerEmbedder):
            self._open.callback(embedder.close)
        with self.database.write() as session:
            vector_rows.remove(session, before.slug)
        before.discard()

    def prove_database(self) -> None:
        """Return once the database has answered."""
        with self.database.read() as session:
            facts.get(session, "proof")

    def end_children(self) -> None:
        """Kill the processes that parse, embed, index and compare, so that whoever waits for one of them waits no longer."""
        self.ways_out.close()
        self.engines.close()
        if (index := self.vectors.index_in_use) is not None:
            index.close()
        self.stories.close()
        if isinstance(self.embedder, WorkerEmbedder):
            self.embedder.end()

    def close(self) -> None:
        """End the child processes and let go of the files. Work still under way fails."""
        self.stopping.set()
        self._open.close()

    def _retire_sources(self) -> None:
        """Mark the sources that the configuration does not name any more. Their items stay."""
        wanted = {source.name for source in self.settings.sources}
        with self.database.read() as session:
            gone = [row.name for row in sources.live(session) if row.name not in wanted and row.kind in connectors()]
        if gone:  # or a command that only reads would wait for whoever writes
            with self.database.write() as session:
                for name in gone:
                    sources.mark_removed(session, name, self.clock.now())

    def _hurry_sources(self, before: Settings) -> None:
        """Have the sources polled at once that read otherwise than before: who corrects one wants to see it work."""
        with self.database.write() as session:
            for source in self.settings.sources:
                if source != before.source(source.name):
                    sources.poll_soon(session, source.name)

    def _serving(self) -> MemorySettings:
        """The embedder whose vectors are searched: the configured one in a new home, and then that of the last reindex."""
        wanted = self.settings.memory
        with self.database.read() as session:
            served = facts.get(session, SERVING)
        if served is not None:
            return wanted.model_copy(update=served)
        with self.database.write() as session:
            facts.put(session, SERVING, {"embedder": wanted.embedder, "revision": wanted.revision})
        return wanted

    def _own_embedder(self, opened: ExitStack) -> WorkerEmbedder:
        embedder = WorkerEmbedder(self.serving)
        opened.callback(embedder.close)
        return embedder

    def _own_index(self, folder: Path, name: str) -> Index:
        return WorkerIndex(folder, name, idle_s=self.settings.memory.idle_minutes * 60)


def _database(home: Home, *, is_waited_for: bool) -> Database:
    """Opened and migrated, after a restore that was cut short was finished. The caller holds the lock."""
    restoring.finish(home)
    try:
        return Database.open(home.database, backups=home.backups, is_waited_for=is_waited_for)
    except MemoryFailure as err:
        raise Unavailable(err.sentence, err.remedy) from err


def _policy(settings: Settings) -> NetworkPolicy:
    return NetworkPolicy(allow_private=settings.network.allow_private, hosts=settings.network.hosts)


def _stamps(files: Iterable[Path]) -> dict[Path, tuple[int, ...]]:
    """What changes when one of the files does."""
    return {file: _stamp(file) for file in files}


def _stamp(file: Path) -> tuple[int, ...]:
    try:
        status = file.stat()
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino
