"""A home whose user marked something as private, with a canary in it; and the API as another program gets it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from pydantic import SecretStr

from assistant import drafts, facts, memories, privacy
from assistant.answers.drafts import DraftEdit, NewDraft
from assistant.answers.memory import Note, SetPrivate
from assistant.api.app import create_app
from assistant.config.schema import MailSettings, SourceSettings, UserSettings
from assistant.guests import Guests
from assistant.ingest.indexing import index_pending
from assistant.jobs.runner import Runner
from assistant.progress import unheard
from assistant.service import Service
from assistant.withheld import Withheld, withheld
from connectors.feeds import FeedOptions
from memory.identity import NewItem
from memory.store import items, sources
from tests.assistant.talking import Talker, talking

PRIVATE = "The biopsy of Tuesday came back from doctor Quennell with a shadow on the left side."
CANARY = "shadow on the left"
FACT = "The user owes Marabel forty thousand kronor since March."
OWES = "forty thousand kronor"
SECRET = "open-sesame-91x"
ANN = "Ann Lee <ann@example.org>"


class Home:
    """A service whose user marked an item and a fact as private; beside them an item that is nobody's secret."""

    def __init__(self, service: Service, engine: Talker) -> None:
        self.service, self.engine = service, engine
        mail = MailSettings(via="file", password=SecretStr(SECRET))
        user = UserSettings(name="Bob Ray", email="bob@example.com", timezone="UTC")
        source = SourceSettings(name="news", kind="feeds", options=FeedOptions(url="https://news.example/feed"))
        service.settings = service.settings.model_copy(update={"user": user, "mail": mail, "sources": (source,)})
        self.item = memories.add(service, Note(title="Biopsy Quennell", text=PRIVATE)).item_id
        self.open = memories.add(
            service, Note(title="Ferry", text="The biopsy ferry of doctor Quennell sails at nine.")
        ).item_id
        self.fact = facts.add(service, FACT).id
        self.index()

    def index(self) -> None:
        service = self.service
        index_pending(service.indexing(), unheard)

    def mark(self, **wish: Any) -> None:
        privacy.set_private(self.service, SetPrivate(items=[self.item], facts=[self.fact], **wish))

    def held(self) -> Withheld:
        with self.service.database.read() as session:
            return withheld(session, self.service.settings)

    def drafted(self, text: str) -> int:
        """A mail of these words, approved."""
        view = drafts.new(self.service, NewDraft(to=[ANN], points=["we meet at nine"]))
        edit = DraftEdit(version=1, text=text, is_sure=True)
        drafts.edit(self.service, view.line.id, edit)
        drafts.approve(self.service, view.line.id)
        return view.line.id

    def files(self) -> str:
        """All that went into the outbox's files."""
        return "\n".join(path.read_text() for path in self.service.home.outbox.rglob("*") if path.is_file())


@contextmanager
def private_home(folder: Path, engine: Talker | None = None) -> Iterator[Home]:
    """Nothing is marked yet: `Home.mark` does it."""
    engine = engine or Talker("So it is.")
    with talking(folder, engine, log_days=7) as service:
        yield Home(service, engine)


def publish(home: Home) -> Sequence[int]:
    service = home.service
    now = service.clock.now()
    told = {
        "The harbour": "The harbour of Portsmouth was closed on Monday for three days.",
        "Quennell speaks": f"{PRIVATE} The hospital told nobody else of it so far.",
    }
    with service.database.write() as session:
        source = sources.ensure(session, "news", "feeds", now)
        new = [NewItem(external_id=title, title=title, text=text, published=now) for title, text in told.items()]
        ids = items.save(session, source.id or 0, new, now).new_ids
    home.index()
    return ids


def edit(home: Home, title: str) -> None:
    """The source says something else under `title` now."""
    service, text = home.service, "Taken down by the editor, with regrets and apologies to all who read it."
    with service.database.write() as session:
        source = sources.ensure(session, "news", "feeds", service.clock.now())
        new = NewItem(external_id=title, title="Gone", text=text, published=service.clock.now())
        items.save(session, source.id or 0, [new], service.clock.now())
    home.index()


def guest(home: Home) -> TestClient:
    return TestClient(Guests(create_app(home.service, Runner(home.service)), home.held))
