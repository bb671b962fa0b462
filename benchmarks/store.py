"""How fast items are kept: rows, one version, one chunk and full text in batches of 500, without embedding and Chroma.

The way is that of the service: `save` in one transaction, then chunks and full text in another. Texts are synthetic:
about 130 words drawn from 30,000 with the frequencies of natural language.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

from benchmarks.report import arguments, peak_rss_mb, percentile, report, say
from memory import lexical
from memory.chunks import split
from memory.models import Stage
from memory.store import chunks, items, sources
from memory.store.connection import Database
from memory.store.items import NewItem

BATCH = 500
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    started = time.perf_counter()
    given = arguments("store")
    batches = 10 if given.quick else 100
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(Path(folder) / "telos.db")
        with database.write() as session:
            source_id = sources.ensure(session, "benchmark", "feeds", NOW).id or 0
        seconds, again = [], 0.0
        for number, batch in enumerate(_batches(random.Random(given.seed), batches), start=1):
            seconds.append(_timed(database, source_id, batch))
            if number % 10 == 0:
                say(f"{number * BATCH} items, {BATCH / seconds[-1]:.0f} items/s")
        again = _timed(database, source_id, batch)
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
        database.close()
    report(
        "store",
        seed=given.seed,
        quick=given.quick,
        started=started,
        items_per_s=batches * BATCH / sum(seconds),
        items_per_s_slowest_batch=BATCH / max(seconds),
        batch_ms_p50=1000 * percentile(seconds, 0.5),
        items_per_s_unchanged=BATCH / again,
        n=batches * BATCH,
        bytes_per_item=size // (batches * BATCH),
        peak_rss_mb=peak_rss_mb(),
    )


def _timed(database: Database, source_id: int, batch: list[NewItem]) -> float:
    begun = time.perf_counter()
    with database.write() as session:
        items.save(session, source_id, batch, NOW)
    with database.write() as session:
        versions = [(v.id, v.title, v.text) for v in items.in_stage(session, Stage.STORED, BATCH) if v.id is not None]
        chunks.put(session, [(version_id, split(title, text)) for version_id, title, text in versions])
        lexical.put(session, [version_id for version_id, _, _ in versions])
        items.advance(session, [version_id for version_id, _, _ in versions], Stage.CHUNKED)
    return time.perf_counter() - begun


def _batches(rng: random.Random, count: int) -> Iterator[list[NewItem]]:
    words = ["".join(rng.choices("etaoinshrdlucm", k=rng.randint(2, 8))) for _ in range(30_000)]
    weights = list(accumulate(1 / rank for rank in range(1, len(words) + 1)))
    for number in range(count):
        batch = []
        for place in range(BATCH):
            text = " ".join(rng.choices(words, cum_weights=weights, k=130))
            url = f"https://example.org/{number}/{place}"
            batch.append(
                NewItem(
                    external_id=url,
                    title=" ".join(rng.choices(words, cum_weights=weights, k=9)),
                    text=text,
                    html=f"<p>{text}</p>",
                    url=url,
                    canonical_url=url,
                    authors=("A. Author", "B. Author"),
                    topics=("one", "two"),
                    links=(url,),
                    language="en",
                    published=NOW - timedelta(minutes=number * BATCH + place),
                )
            )
        yield batch


if __name__ == "__main__":
    main()
