"""Embeds what was said and replied in conversations, so that chat finds it by its meaning.

`assistant.ingest.indexing` calls it with what it works with; it knows nothing of items.
"""

from __future__ import annotations

from memory.embed import Embedder, NoEmbedder, pack
from memory.store import turn_vectors
from memory.store.connection import Database

PAGE = 64


def embed_turns(database: Database, embedder: Embedder) -> int:
    """Embed every side of a turn that has no vector of this embedder; how many. Without an embedder none, for now."""
    done = 0
    try:
        slug = embedder.slug
        while True:
            with database.read() as session:
                missing = turn_vectors.missing(session, slug, PAGE)
            if not missing:
                return done
            rows = pack(embedder.encode([text for _, text in missing]))
            with database.write() as session:
                turn_vectors.remove_others(session, slug)
                turn_vectors.put(session, slug, [(side, row) for (side, _), row in zip(missing, rows, strict=True)])
            done += len(missing)
    except NoEmbedder:
        return done
