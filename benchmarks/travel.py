"""Steering proved on planning a journey, with an exact score and no data but its own: what a user can reproduce.

`python -m benchmarks.travel [--quick] [--seed N] [--cache FOLDER] [--part validation]`. A small model is trained from
scratch on scripted talks of assistants of mixed temper, then frozen; the arms differ in how it speaks as the assistant.
All that is made is kept, and a run that was ended goes on.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from assistant.generation.loading import load
from benchmarks.games.contest import Part
from benchmarks.games.course import Course, Plan
from benchmarks.games.kept import Kept, default_folder, digest
from benchmarks.games.learning import SETTINGS
from benchmarks.games.scratch_model import Lessons, Recipe, build, perplexity, save, token_of, tokenizer_for, train
from benchmarks.games.stage import is_as_saved, room_of, sight_of, weights_of
from benchmarks.games.trial import proved
from benchmarks.report import Unmeasured, report, say
from benchmarks.travel_contest import Travel
from benchmarks.travel_dialogues import AWAY, DESCRIPTIONS, YES, lesson, vocabulary
from benchmarks.travel_drills import drill
from benchmarks.travel_world import PATIENCE

TEMPERATURE = 1.0
"""Of both sides: the average assistant as it learnt it."""
MOST_TURNS = 2 * max(PATIENCE.values()) + 1
"""The opening, and as much as the most patient hears and answers."""
LONGEST = 24
"""Tokens of a reply: three wishes summed up and a journey, in a warm tone, are 21."""
DRILLS = 0.4
"""The share of drills in what the model learns from: talks alone had not taught it in time to look anything up."""
LEARNING = replace(SETTINGS, clone_epochs=6, steps=1_500, alpha=1.0, tau=0.02, critic_rate=1e-3)
"""Talks are short and the buffer is small. At TD3+BC's own tau of .005 the targets had hardly moved in so few steps, and
what a question is worth two turns later had not come back to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is done: all of it, or what a smoke run does."""

    recipe: Recipe = field(
        default_factory=lambda: Recipe(
            width=64,
            layers=2,
            heads=4,
            key_value_heads=4,
            inner=160,
            context=128,
            epochs=6,
            batch=16,
            rate=3e-3,
            least=1,
            described=0.5,
            at_start=0.15,
            dropout=0.0,
        )
    )
    conversations: int = 8_000
    """In each epoch, and others in each: `DRILLS` of them drills, of the rest half as the
    assistant reads them and half as the traveller does."""
    plan: Plan = field(
        default_factory=lambda: Plan(
            plain_games=400,
            games=1_500,
            rounds=1,
            hidden=128,
            seeds=3,
            evaluated=1_000,
            heat=32,
            settings=LEARNING,
        )
    )


QUICK = Effort(
    recipe=Recipe(width=32, layers=1, heads=2, key_value_heads=1, inner=64, context=128, epochs=1, least=1),
    conversations=320,
    plan=Plan(
        plain_games=24,
        games=48,
        rounds=1,
        seeds=1,
        evaluated=32,
        heat=4,
        candidates=4,
        hidden=32,
        settings=replace(LEARNING, steps=40, clone_epochs=1),
    ),
)


def main() -> None:
    """Measure and report."""
    started, asked = time.perf_counter(), _arguments()
    torch.set_num_threads(1)  # the model is so small that threads would mostly wait for one another
    effort, kept = QUICK if asked.quick else Effort(), Kept(asked.cache)
    recipe = replace(effort.recipe, seed=asked.seed)
    key = digest(recipe, effort.conversations, _some_lessons())
    folder = kept.file("model", key, "", partial(_model, recipe, effort.conversations))
    weights, loaded = weights_of(folder), load(folder, device="cpu", dtype="float32")
    contest, plan = Travel(loaded.tokenizer), replace(effort.plan, part=asked.part)
    room = room_of(
        loaded.model,
        loaded.tokenizer,
        closing=(YES, AWAY),
        most_turns=MOST_TURNS,
        longest=LONGEST,
        temperature=TEMPERATURE,
    )
    course = Course(
        contest,
        room,
        kept,
        plan,
        digest(key, TEMPERATURE, MOST_TURNS, LONGEST),
        loaded.fingerprint,
        loaded.tokenizer.convert_tokens_to_ids([token_of(name) for name in DESCRIPTIONS]),
        None if asked.quick else sight_of(loaded.model.config.hidden_size),
        asked.seed,
    )
    figures = proved(course)
    if asked.quick:
        figures["dat_embedder"] = Unmeasured("a smoke run starts no embedder")
    report(
        "travel",
        seed=asked.seed,
        quick=asked.quick,
        started=started,
        **figures,
        weights_untouched=weights == weights_of(folder) and is_as_saved(loaded.model, folder),
        processor_s=time.process_time(),
    )


def _some_lessons() -> list[str]:
    """What a change of the world or its dialogues changes."""
    chances = (np.random.default_rng(seed) for seed in range(100))
    return [repr((lesson(number % 2 == 0, chance), drill(chance))) for number, chance in enumerate(chances)]


def _model(recipe: Recipe, conversations: int, path: Path) -> None:
    tokenizer = tokenizer_for(vocabulary(), DESCRIPTIONS, least=1)
    model, lessons = build(recipe, tokenizer), Lessons(tokenizer, recipe)
    say(f"model: {sum(one.numel() for one in model.parameters()) / 1e6:.2f} M parameters, {len(tokenizer)} words")

    def on_epoch(epoch: int, loss: float) -> None:
        say(f"model: epoch {epoch + 1} of {recipe.epochs}, loss {loss:.3f}")

    made = [partial(lesson, number % 2 == 0) for number in range(round(conversations * (1 - DRILLS)))]
    train(model, lessons, [*made, *[drill] * (conversations - len(made))], recipe, on_epoch=on_epoch, is_halved=False)
    chance = np.random.default_rng(recipe.seed + 1)
    say(f"model: perplexity {perplexity(model, lessons, [one(chance) for one in made[:200]]):.2f} on new talks")
    save(model, tokenizer, path)


class Arguments(argparse.Namespace):
    quick: bool
    seed: int
    cache: Path
    part: Part


def _arguments() -> Arguments:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.travel")
    parser.add_argument("--quick", action="store_true", help="a smoke run of a minute or less")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=Path, default=None, help="not needed: all words are the script's own")
    parser.add_argument("--cache", type=Path, default=default_folder("travel"), help="where all is kept")
    parser.add_argument(
        "--part", choices=("held_out", "validation"), default="held_out", help="report on these scenarios"
    )
    return parser.parse_args(namespace=Arguments())


if __name__ == "__main__":
    main()
