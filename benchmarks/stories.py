"""Whether texts about one event become one story and others stay apart, on real texts.

Pairs: 300 labelled by hand (`story_pairs.csv`), half for choosing, half for reporting; both compared as placing does.
Duplicates: BBC holds exact ones; all its texts are placed with the words and vectors of the product. Follow-ups: the
pairs of real feeds in the reporting half, placed with all that their feeds brought. `choosing` is for choosing only.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from sqlmodel import Session

from assistant.stories.grouping import SAMPLE
from assistant.stories.placing import place
from assistant.stories.sameness import Relation, is_same_text, relation
from assistant.stories.telling import Rarity, Telling
from benchmarks.embedded import lead_vectors
from benchmarks.report import Unmeasured, arguments, report, say
from benchmarks.story_pairs import NOW, Pair, corpora, pairs
from memory.chunks import Span
from memory.embed import NoEmbedder, pack
from memory.identity import NewItem
from memory.models import Stage
from memory.store import chunks, items, sources, vectors
from memory.store.connection import Database

SLUG = "bench"
QUICK_DUPLICATES = 300


def main() -> None:
    args = arguments("stories")
    started = time.perf_counter()
    if args.data is None:
        keys = _unmeasured("No folder of real documents: give --data or TELOS_TEST_DATA.")
    else:
        try:
            keys = figures(args.data, args.seed, quick=args.quick)
        except NoEmbedder as failure:
            keys = _unmeasured(str(failure))
    report("stories", seed=args.seed, quick=args.quick, started=started, **keys)


def _unmeasured(why: str) -> dict[str, Any]:
    return {key: Unmeasured(why) for key in ("pair_f1", "duplicate_recall", "duplicate_precision", "followup_f1")}


def figures(folder: Path, seed: int, *, quick: bool) -> dict[str, Any]:
    """The keys of the report."""
    known = corpora(folder)
    labelled = pairs(known)
    random = Random(seed)
    rarity = {name: Rarity(random.sample(list(told.values()), min(SAMPLE, len(told)))) for name, told in known.items()}
    say("the labelled pairs")
    halves = {half: [pair for pair in labelled if pair.half == half] for half in ("reporting", "choosing")}
    scored = {half: _scored(chosen, rarity) for half, chosen in halves.items()}
    say("the follow-ups of real feeds")
    story_of = placed(list(known["feeds"].values()))
    followups = [pair for pair in halves["reporting"] if pair.corpus == "feeds"]
    joined = [story_of[pair.one.item_id] == story_of[pair.other.item_id] for pair in followups]
    say("the duplicates of BBC")
    bbc = list(known["bbc"].values())
    return {
        "pair_f1": scored["reporting"]["f1"],
        **_duplicates(bbc[:QUICK_DUPLICATES] if quick else bbc),
        "followup_f1": f1([pair.is_same for pair in followups], joined)["f1"],
        "pairs": len(halves["reporting"]),
        "positives": sum(pair.is_same for pair in halves["reporting"]),
        "reporting": scored["reporting"],
        "choosing": scored["choosing"],
        "followups": f1([pair.is_same for pair in followups], joined),
        "feed_stories": len(set(story_of.values())),
        "feed_items": len(story_of),
    }


def _scored(chosen: Sequence[Pair], rarity: dict[str, Rarity]) -> dict[str, Any]:
    def asked(among: Iterable[Pair]) -> dict[str, Any]:
        found = list(among)
        said = [relation(pair.one, pair.other, rarity[pair.corpus]) is not Relation.NONE for pair in found]
        return f1([pair.is_same for pair in found], said)

    by_corpus = {name: asked(pair for pair in chosen if pair.corpus == name)["f1"] for name in rarity}
    return {**asked(chosen), "by_corpus": by_corpus}


def f1(truth: Sequence[bool], said: Sequence[bool]) -> dict[str, Any]:
    """Precision, recall and their harmonic mean of what was said to be one."""
    right = sum(one and other for one, other in zip(truth, said, strict=True))
    precision, recall = right / max(sum(said), 1), right / max(sum(truth), 1)
    both = 2 * right / (sum(said) + sum(truth)) if sum(said) + sum(truth) else 0.0
    return {"f1": round(both, 4), "precision": round(precision, 4), "recall": round(recall, 4)}


def _duplicates(told: Sequence[Telling]) -> dict[str, float]:
    """Recall of the exact duplicates among the stories. Precision: of the pairs called one text, how many are the same
    but for marks, or copies that the agency edited: half of the sentences of the shorter one word for word."""
    story_of = placed(told)
    copies: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    members: defaultdict[int, list[Telling]] = defaultdict(list)
    for one in told:
        copies[one.title, one.text].append(one.item_id)
        members[story_of[one.item_id]].append(one)
    exact = [pair for group in copies.values() for pair in combinations(group, 2)]
    called = [pair for group in members.values() for pair in combinations(group, 2) if is_same_text(*pair)]
    return {
        "duplicate_recall": sum(story_of[one] == story_of[other] for one, other in exact) / max(len(exact), 1),
        "duplicate_precision": sum(_is_copy(*pair) for pair in called) / max(len(called), 1),
        "duplicates": len(exact),
        "called_one_text": len(called),
        "stories": len(set(story_of.values())),
        "texts": len(told),
    }


def _is_copy(one: Telling, other: Telling) -> bool:
    mine, others = ({line.strip() for line in telling.text.split(".") if line.strip()} for telling in (one, other))
    return len(mine & others) >= 0.5 * min(len(mine), len(others))


def placed(told: Sequence[Telling]) -> dict[int, int]:
    """The story of each telling, by its number, as the product places them with their vectors."""
    numbers = {f"{one.item_id}": one.item_id for one in told}
    with TemporaryDirectory() as folder:
        database = Database.open(Path(folder) / "telos.db")
        with database.write() as session:
            _keep(session, told)
        place(database, embedder_slug=SLUG, now=NOW)
        with database.read() as session:
            found = items.by_ids(session, range(1, len(told) + 1))
            stories = {numbers[item.external_id]: item.story_id or 0 for item in found}
        database.close()
    return stories


def _keep(session: Session, told: Sequence[Telling]) -> None:
    source = sources.ensure(session, "news", "feeds", NOW)
    new = [
        NewItem(
            external_id=f"{one.item_id}",
            kind=one.kind,
            title=one.title,
            text=one.text,
            url=one.url,
            canonical_url=one.url,
            links=tuple(one.links),
            published=one.published,
        )
        for one in told
    ]
    ids = items.save(session, source.id or 0, new, NOW).new_ids
    versions = items.current_versions(session, ids)
    spans = [(versions[one].id or 0, [Span(0, len(versions[one].text))]) for one in ids]
    chunk_ids = [found[0] for found in chunks.put(session, spans)]
    rows = pack(lead_vectors([(one.title, one.text) for one in told]))
    vectors.put(session, SLUG, list(zip(chunk_ids, rows, strict=True)))
    items.advance(session, [version.id or 0 for version in versions.values()], Stage.EMBEDDED)


if __name__ == "__main__":
    main()
