"""A service whose drafts are edited and whose profile is looked at, for the tests of what edits teach."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from assistant import drafts
from assistant.answers.drafts import Decided, DraftEdit, DraftView, NewDraft
from assistant.clock import FakeClock
from assistant.config.schema import ModelSettings, Settings, UserSettings
from assistant.engine.contract import Engine
from assistant.home import Home
from assistant.service import Service
from assistant.style.traits import reach
from memory.profile.context import Context
from tests.fakes import HeldIndex, WordEmbedder

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
POINTS = ["The ferry leaves at nine on Friday", "Please bring the tickets", "Parking is free until noon"]
BULLETS = (
    "Hi Ann,\n\n- The ferry leaves at nine on Friday.\n- Please bring the tickets.\n- Parking is free until noon.\n\n"
    "Cheers,\nAda"
)


def open_service(folder: Path, engine: Engine | None = None) -> Service:
    model = ModelSettings(engine="server", address="http://127.0.0.1:9/v1", name="fake") if engine else ModelSettings()
    return Service(
        Home.at(folder),
        settings=Settings(user=UserSettings(name="Ada Byron", email="ada@example.org"), model=model),
        clock=FakeClock(NOW),
        embedder=WordEmbedder(),
        make_index=HeldIndex,
        make_engine=(lambda _choice, _settings: engine) if engine else None,
    )


def drafted(service: Service, to: str = "Ann Lee <ann@example.org>", points: list[str] | None = None) -> DraftView:
    """A mail to Ann with three points."""
    return drafts.new(service, NewDraft(kind="mail", to=[to], subject="Ferry", points=points or POINTS))


def edited(service: Service, text: str = BULLETS, *, is_sure: bool = False) -> Decided:
    """A new draft, rewritten as `text`."""
    draft = drafted(service)
    return drafts.edit(service, draft.line.id, DraftEdit(version=1, text=text, is_sure=is_sure))


def values(service: Service, to: str = "ann@example.org", kind: str = "mail") -> dict[str, str]:
    """What drafts to a reader follow, by dimension."""
    held = service.profiles.current(service.embedder.slug)
    context = Context(kind=kind, recipient=to, domain=to.partition("@")[2])
    return {one.dimension: one.value for one in held.choose(context, reach)}
