"""The model's own replies to prompts, with or without a planner, ending included: what is cloned, and what is compared.

A reply is drawn with a seed of its prompt's own, so that the same prompt gets the same one again. `KeptReplies` holds
them on disk by a hash of the prompt, which is not kept. Knows token ids, no text; `train` and `judging` ask.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import torch

from assistant.engine.contract import Sampling, Steer
from assistant.generation.decoding import Decoder
from assistant.generation.order import Order
from assistant.progress import Cancelled
from assistant.steering.choosing import Chooser
from assistant.steering.planner import Planner
from assistant.steering.training.clone import Cloned
from assistant.steering.training.frozen import Frozen

AT_ONCE = 16
"""Prompts between two looks at whether it is cancelled, and two savings."""
_NO_FILE = Path()
"""A planner that is at hand needs none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """A model that writes, and the tokens of which any one ends a reply."""

    decoder: Decoder
    frozen: Frozen
    stop_ids: Set[int]

    def replies(
        self,
        prompts: Sequence[Sequence[int]],
        *,
        tokens: int,
        temperature: float,
        seed: int,
        planner: Planner | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> list[Cloned]:
        """A reply to each, of at most so many tokens and one that ends it. Without a token of its own, it is only ended.

        Raises: Cancelled.
        """
        steer = None if planner is None else Chooser(planner, Steer(planner=_NO_FILE))
        orders = [
            Order(max_tokens=tokens, sampling=Sampling(temperature=temperature, seed=_seed(ids, seed)), steer=steer)
            for ids in prompts
        ]
        written = [reply.tokens for reply in self.decoder.batch(prompts, orders, is_cancelled=is_cancelled)]
        if is_cancelled():
            raise Cancelled
        return self._ended(prompts, written, tokens)

    def _ended(self, prompts: Sequence[Sequence[int]], written: list[list[int]], tokens: int) -> list[Cloned]:
        """Each reply with the likeliest token that ends it, if it was not cut short."""
        ended = [place for place, reply in enumerate(written) if len(reply) < tokens] if self.stop_ids else []
        stops = torch.tensor(sorted(self.stop_ids), device=self.frozen.device)
        for start in range(0, len(ended), AT_ONCE):
            places = ended[start : start + AT_ONCE]
            whole = [[*prompts[place], *written[place]] for place in places]
            with torch.no_grad():
                logits = self.frozen.logits(whole, [[0]] * len(whole))[0][:, 0]  # (n, vocabulary)
            for place, stop in zip(places, stops[logits[:, stops].argmax(1)].tolist(), strict=True):
                written[place] = [*written[place], stop]
        return [Cloned(ids, reply) for ids, reply in zip(prompts, written, strict=True) if reply]


class KeptReplies:
    """Replies by the hash of their prompt, in the file at `path`. A broken file counts as none."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        self._path, self._fingerprint = path, fingerprint
        self._kept: dict[str, list[int]] = {}
        try:
            found = json.loads(path.read_text(encoding="ascii"))
            if found["fingerprint"] == fingerprint:
                self._kept = found["replies"]
        except (OSError, ValueError, KeyError, TypeError):
            self._kept = {}

    def of(self, prompts: Sequence[Sequence[int]]) -> list[Cloned]:
        """The prompts that have a reply, with it."""
        return [Cloned(ids, self._kept[name]) for ids in prompts if (name := _name(ids)) in self._kept]

    def missing(self, prompts: Sequence[Sequence[int]]) -> list[Sequence[int]]:
        return [ids for ids in prompts if _name(ids) not in self._kept]

    def keep(self, examples: Sequence[Cloned]) -> None:
        """Write them to the disk, whole or not at all."""
        self._kept |= {_name(example.ids): list(example.reply) for example in examples}
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._path.with_suffix(".draft")
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        draft.write_text(json.dumps({"fingerprint": self._fingerprint, "replies": self._kept}), encoding="ascii")
        draft.replace(self._path)


def _name(ids: Sequence[int]) -> str:
    return sha256(repr(list(ids)).encode()).hexdigest()[:32]


def _seed(ids: Sequence[int], seed: int) -> int:
    return int(sha256(f"{seed} {list(ids)!r}".encode()).hexdigest()[:15], 16)
