"""A draft's context, from what it is to say: who reads it, what it is about, in which language, and its meaning.

Which preferences hold is decided by it alone (`memory.profile`), and it is kept with the draft, so that a lesson from an
edit days later is learned where the draft was written. Called by the verbs of drafts.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from textwrap import wrap
from typing import Any

import numpy as np

from assistant.drafting.material import Material
from assistant.drafting.recipients import Recipient
from memory.embed import Embedder, NoEmbedder, pack_one, unpack_one
from memory.models import Draft
from memory.profile.context import Context, Vector

MOST_CHARACTERS = 4500
"""Of what a text is about."""
PART_CHARACTERS = 1400
"""Embedders read little more at once: a longer text's meaning is that of its parts."""

log = logging.getLogger(__name__)


def context_of(
    material: Material, recipients: Sequence[Recipient], sources: Iterable[str], embedder: Embedder | None
) -> Context:
    """Where `material` is written. `sources` are those of its items; without an embedder that answers, no vector."""
    first = recipients[0] if recipients else Recipient()
    named = list(dict.fromkeys(sources))
    context = Context(
        kind=material.kind,
        recipient=first.key,
        domain=first.domain,
        source=named[0] if len(named) == 1 else "",
        language=material.language,
        text=_about(material),
    )
    return embedded(context, embedder)


def embedded(context: Context, embedder: Embedder | None) -> Context:
    """`context` with its meaning, where there is an embedder that knows its language and answers."""
    if embedder is None or not context.text:
        return context
    try:
        if not embedder.knows_language(context.language):
            return context
        return replace(context, vector=_meaning(context.text, embedder), embedder=embedder.slug)
    except NoEmbedder as failure:
        log.info("A draft's context goes without its meaning: %s", failure.sentence)
        return context


def row(context: Context) -> dict[str, Any]:
    """What `Draft.context` keeps: all but the vector, which has a column."""
    return {
        "kind": context.kind,
        "recipient": context.recipient,
        "domain": context.domain,
        "source": context.source,
        "language": context.language,
        "text": context.text,
    }


def packed(context: Context) -> bytes | None:
    return None if context.vector is None else pack_one(context.vector)


def of_draft(draft: Draft) -> Context:
    """The context that a draft was written in."""
    vector = None if draft.vector is None else unpack_one(draft.vector)
    kept = {name: str(value) for name, value in draft.context.items()} or {"kind": draft.kind.value}
    return Context(**kept, vector=vector, embedder=draft.embedder if vector is not None else "")


def _meaning(text: str, embedder: Embedder) -> Vector:
    """The mean over the parts of a text, by their lengths. Raises: NoEmbedder."""
    parts = wrap(text, PART_CHARACTERS)
    mean = np.average(embedder.encode(parts), axis=0, weights=[len(part) for part in parts])
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), dtype=np.float32)


def _about(material: Material) -> str:
    each = MOST_CHARACTERS // max(len(material.passages), 1)
    parts = [
        material.subject,
        material.about,
        *(statement.text for statement in material.statements),
        *(f"{one.title} {one.text[:each]}" for one in material.passages),
        material.incoming[:MOST_CHARACTERS],
        material.written[:MOST_CHARACTERS],
    ]
    return " ".join(" ".join(dict.fromkeys(part for part in parts if part)).split())[:MOST_CHARACTERS]
