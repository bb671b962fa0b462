"""Steering proved on human language with an exact reward: two sides of one frozen model split books, hats and balls.

`python -m benchmarks.negotiation [--quick] [--seed N] [--data PATH] [--pairs FILE] [--cache FOLDER] [--part validation]`.
A model of two million parameters and two readers are trained on human negotiations (Lewis et al. 2017), then frozen; the
arms differ in how one side speaks. All that is made is kept, and a run that was ended goes on.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

import torch

from assistant.generation.loading import load
from benchmarks.games.contest import Part
from benchmarks.games.course import Course, Plan
from benchmarks.games.kept import Kept, default_folder, digest
from benchmarks.games.learning import SETTINGS
from benchmarks.games.scratch_model import Lessons, Recipe, build, perplexity, save, token_of, tokenizer_for, train
from benchmarks.games.stage import is_as_saved, room_of, sight_of, weights_of
from benchmarks.games.trial import proved
from benchmarks.negotiation_contest import Negotiation
from benchmarks.negotiation_data import SELECTION, Dialogue, Pair, distinct, human_scores, pairs_in, parts, read
from benchmarks.negotiation_reader import Convolutional, Reader, Recurrent, exact, keep, loaded, trained
from benchmarks.negotiation_talk import DESCRIPTIONS, varied
from benchmarks.report import Unmeasured, report, say

READERS = {"first": (Recurrent, 11), "second": (Convolutional, 29)}
"""Which network, with which seed."""
TEMPERATURE = 0.7
"""Of both sides, chosen on contexts of validation: at 1 a model this small says much that its values do not bear out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is done: all of it, or what a smoke run does."""

    recipe: Recipe = field(default_factory=Recipe)
    reader_epochs: int = 14
    dialogues: int | None = None
    most_turns: int = 20
    longest: int = 40
    """Tokens of a reply."""
    plan: Plan = field(default_factory=Plan)


QUICK = Effort(
    recipe=Recipe(width=64, layers=2, heads=2, key_value_heads=1, inner=128, epochs=1),
    reader_epochs=1,
    dialogues=300,
    most_turns=4,
    longest=8,
    plan=Plan(
        plain_games=60,
        games=120,
        rounds=2,
        seeds=1,
        evaluated=80,
        heat=8,
        candidates=4,
        hidden=64,
        settings=replace(SETTINGS, steps=40, clone_epochs=1),
    ),
)


@dataclass(frozen=True, slots=True)
class Made:
    """What the games need, trained and frozen."""

    folder: Path
    readers: dict[str, Reader]
    key: str


def main() -> None:
    """Measure and report."""
    started, asked = time.perf_counter(), _arguments()
    if asked.data is None or not (asked.data / "negotiation" / "dialogues.txt").is_file():
        report(
            "negotiation",
            seed=asked.seed,
            quick=asked.quick,
            started=started,
            dat_gain=Unmeasured("there are no human negotiations: give their folder with --data or TELOS_TEST_DATA"),
        )
        return
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    path = asked.data / "negotiation" / "dialogues.txt"
    effort = QUICK if asked.quick else Effort()
    human = parts(read(path))
    if effort.dialogues is not None:
        human["train"] = human["train"][: effort.dialogues]
    kept = Kept(asked.cache)
    made = make(kept, human, effort, data=sha256(path.read_bytes()).hexdigest()[:12], seed=asked.seed)
    weights = weights_of(made.folder)
    plan = replace(effort.plan, part=asked.part)
    loaded_model = load(made.folder, device="cpu", dtype="float32")
    tables: dict[Part, Sequence[Pair]] = {part: distinct(human[part]) for part in get_args(Part)}
    if asked.pairs is not None:
        tables[asked.part] = pairs_in(asked.pairs)
        made = replace(made, key=digest(made.key, asked.pairs.read_text()))
    contest = Negotiation(tables, made.readers["first"], made.readers["second"], loaded_model.tokenizer)
    course = Course(
        contest,
        room_of(
            loaded_model.model,
            loaded_model.tokenizer,
            over=SELECTION,
            most_turns=effort.most_turns,
            longest=effort.longest,
            temperature=TEMPERATURE,
        ),
        kept,
        plan,
        made.key,
        loaded_model.fingerprint,
        loaded_model.tokenizer.convert_tokens_to_ids([token_of(name) for name in DESCRIPTIONS]),
        sight_of(loaded_model.model.config.hidden_size),
        asked.seed,
    )
    figures = proved(course)
    readings = {f"{name}_reader_exact": exact(reader, human["held_out"]) for name, reader in made.readers.items()}
    report(
        "negotiation",
        seed=asked.seed,
        quick=asked.quick,
        started=started,
        **figures,
        reader_exact=readings["first_reader_exact"],
        **readings,
        left_out=_left_out(human["held_out"]),
        human_score=_human(human["held_out"]),
        weights_untouched=weights == weights_of(made.folder) and is_as_saved(loaded_model.model, made.folder),
    )


def make(kept: Kept, human: dict[Part, list[Dialogue]], effort: Effort, *, data: str, seed: int) -> Made:
    """The language model and both readers, trained once."""
    known = [one for one in human["train"] if one.ending != "disconnect"]
    readers = {}
    for name, (network, apart) in READERS.items():
        key = digest(data, name, effort.reader_epochs, effort.dialogues, seed)
        path = kept.file(f"reader-{name}", key, ".safetensors", partial(_reader, network, known, effort, apart + seed))
        readers[name] = loaded(network, path)
        say(f"reader {name}: exact on validation {exact(readers[name], human['validation']):.3f}")
    recipe = replace(effort.recipe, seed=seed)
    key = digest(data, recipe, effort.dialogues)
    folder = kept.file("model", key, "", partial(_model, known, human["validation"], recipe))
    return Made(folder, readers, digest(key, data, effort.reader_epochs, TEMPERATURE))


def _reader(network: Any, known: Sequence[Dialogue], effort: Effort, seed: int, path: Path) -> None:
    def on_epoch(epoch: int, loss: float) -> None:
        say(f"reader: epoch {epoch + 1} of {effort.reader_epochs}, loss {loss:.3f}")

    keep(trained(network, known, seed=seed, epochs=effort.reader_epochs, on_epoch=on_epoch), path)


def _model(known: Sequence[Dialogue], validation: Sequence[Dialogue], recipe: Recipe, path: Path) -> None:
    tokenizer = tokenizer_for([varied(one, None) for one in known], DESCRIPTIONS, least=recipe.least)
    model, lessons = build(recipe, tokenizer), Lessons(tokenizer, recipe)

    def on_epoch(epoch: int, loss: float) -> None:
        say(f"model: epoch {epoch + 1} of {recipe.epochs}, loss {loss:.3f}")

    train(model, lessons, [partial(varied, one) for one in known], recipe, on_epoch=on_epoch)
    say(f"model: perplexity {perplexity(model, lessons, [varied(one, None) for one in validation]):.2f} on validation")
    save(model, tokenizer, path)


def _left_out(dialogues: Sequence[Dialogue]) -> dict[str, int]:
    """Talks that say nothing of a reader: their sides chose different splits, or one went away."""
    return {ending: sum(one.ending == ending for one in dialogues) for ending in ("disagree", "disconnect")}


def _human(dialogues: Sequence[Dialogue]) -> float:
    scores = [score for found in human_scores(dialogues).values() for score in found]
    return sum(scores) / len(scores)


class Arguments(argparse.Namespace):
    quick: bool
    seed: int
    data: Path | None
    pairs: Path | None
    cache: Path
    part: Part


def _arguments() -> Arguments:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.negotiation")
    parser.add_argument("--quick", action="store_true", help="a smoke run of a minute or less")
    parser.add_argument("--seed", type=int, default=0)
    folder = os.environ.get("TELOS_TEST_DATA")
    parser.add_argument("--data", type=Path, default=Path(folder) if folder else None, help="folder of real documents")
    parser.add_argument("--pairs", type=Path, default=None, help="other pairs of contexts: twelve numbers a line")
    parser.add_argument("--cache", type=Path, default=default_folder("negotiation"), help="where all is kept")
    parser.add_argument(
        "--part", choices=("held_out", "validation"), default="held_out", help="report on these contexts"
    )
    return parser.parse_args(namespace=Arguments())


if __name__ == "__main__":
    main()
