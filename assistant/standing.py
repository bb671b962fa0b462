"""Open goals meet what was read: a new item that matters to one is put on its card, and the digest says so.

A job calls `match_new` after indexing. Goals of conversations that the user marked as sensitive are left out: what they
are about belongs in no mail.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from assistant.answers.goals import Card
from assistant.service import Service
from assistant.sessions.standing import Aim, Match, News, aim_text, matches
from memory.embed import NoEmbedder, unpack
from memory.models import Goal
from memory.store import conversations, goals, items, settings, vectors
from memory.store.connection import Database

MATCHED_TO = "goals.matched_to"
"""The setting that names the last item held against the goals."""
AT_ONCE = 500
READ_CHARACTERS = 1500


def waits(session: Session) -> bool:
    """Whether there are goals, and items that were not yet held against them."""
    return bool(_wanted(session)) and items.last_indexed(session) > settings.get(session, MATCHED_TO, 0)


def match_new(service: Service) -> int:
    """Hold what was indexed since the last time against the open goals; how many matches were kept."""
    with service.database.read() as session:
        wanted = _wanted(session)
        after, until = settings.get(session, MATCHED_TO, 0), items.last_indexed(session)
    aims = _aims(service, wanted)
    kept = 0
    while after < until:
        news, after = _page(service, after, until)
        kept += _keep(service.database, matches(aims, news), after, service)
    return kept


def skip_to_now(session: Session) -> None:
    """A first goal is held against what comes from now on, not against everything that was ever read."""
    if not _wanted(session):
        settings.put(session, MATCHED_TO, items.last_indexed(session))


def _wanted(session: Session) -> list[Goal]:
    sensitive = conversations.sensitive_goals(session)
    return [goal for goal in goals.open_goals(session) if goal.id not in sensitive]


def _aims(service: Service, wanted: list[Goal]) -> list[Aim]:
    texts = [aim_text(Card.model_validate(goal.card)) for goal in wanted]
    try:
        rows: Sequence[NDArray[np.float32] | None] = list(service.embedder.encode(texts))
    except NoEmbedder:
        rows = [None] * len(texts)
    return [Aim(goal.id or 0, text, row) for goal, text, row in zip(wanted, texts, rows, strict=True)]


def _page(service: Service, after: int, until: int) -> tuple[list[News], int]:
    """The next items, and the id of the last of them."""
    with service.database.read() as session:
        page = [item for item in items.page(session, after, AT_ONCE) if (item.id or 0) <= until]
        ids = [item.id or 0 for item in page]
        versions = items.current_versions(session, ids)
        packed = vectors.lead_vectors(session, ids, service.vectors.slug)
    held = {item_id: unpack([data], len(data) // 4)[0] for item_id, data in packed.items()}
    news = [
        News(one, versions[one].title, versions[one].text[:READ_CHARACTERS], held.get(one))
        for one in ids
        if one in versions
    ]
    return news, ids[-1] if ids else until


def _keep(database: Database, found: list[Match], after: int, service: Service) -> int:
    """Put the matches on the goals' cards and move on, in one transaction."""
    now = service.clock.now()
    kept = 0
    with database.write() as session:
        for match in found:
            known = goals.get(session, match.goal_id) is not None and items.get(session, match.item_id) is not None
            if known and goals.add_item(
                session, match.goal_id, match.item_id, now, score=match.score, reason=match.reason
            ):
                kept += 1
        settings.put(session, MATCHED_TO, after)
    return kept
