"""What every game sets up before it is played: the room of a frozen model, an embedder's sight, and proof that the model
stayed as it was.

Knows no game and no arm; each game's own script calls it.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from assistant.config.schema import MemorySettings
from assistant.workers.embedder import WorkerEmbedder
from benchmarks.games.play import Room, Rules
from benchmarks.games.sight import Sight
from benchmarks.games.voice import Voice
from memory.embed import NoEmbedder


def room_of(
    model: Any,
    tokenizer: Any,
    *,
    over: str | None = None,
    closing: Sequence[str] = (),
    most_turns: int,
    longest: int,
    temperature: float,
) -> Room:
    """A room for both sides of a model. A reply that is the one word `over`, or holds a word of `closing`, ends a talk."""
    rules = Rules(
        ends=None if over is None else tokenizer.convert_tokens_to_ids(over),
        stop=tokenizer.eos_token_id,
        begin=tokenizer.bos_token_id,
        most_turns=most_turns,
        longest=longest,
        temperature=temperature,
        closing=frozenset(tokenizer.convert_tokens_to_ids(list(closing))),
    )
    return Room(Voice(model, stop=tokenizer.eos_token_id), tokenizer, rules)


def sight_of(width: int) -> Sight | None:
    """The product's embedder, or None where its model is not on this machine."""
    embedder = WorkerEmbedder(MemorySettings())
    try:
        embedder.encode(["a word"])
    except NoEmbedder:
        return None
    return Sight(lambda texts: embedder.encode(list(texts)), width)


def weights_of(folder: Path) -> str:
    """A hash of the file of a model."""
    return sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def is_as_saved(model: Any, folder: Path) -> bool:
    """Whether the weights that play are those of the file."""
    held = model.state_dict()
    saved = load_file(folder / "model.safetensors")
    return all(bool(torch.equal(held[name].cpu(), tensor)) for name, tensor in saved.items())
