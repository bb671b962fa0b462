"""Stage 1, self-cloning: actor and up-mapping learn rows behind which the frozen model says what it says without them.

Dialogue Action Tokens (arXiv 2406.11978). The state is read at the end of the prompt, before the reply and
without rows: read after the reply, as the public code does, it would give the answer away. Knows token ids, no text;
`train` and the benchmarks call it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import torch
from torch import Tensor, nn

from assistant.progress import Cancelled, Progress, unheard
from assistant.steering.planner import Planner, Shape, on_sphere
from assistant.steering.settings import TrainingSettings
from assistant.steering.state import Standard
from assistant.steering.training.checkpoint import (
    Checkpoint,
    into_module,
    into_optimizer,
    of_module,
    of_optimizer,
    work,
)
from assistant.steering.training.frozen import Frozen

LOGITS_AT_ONCE = 2**26
"""Numbers: a batch whose logits are more is read in parts."""

MEASURED = 512
"""So many replies say how cloning went."""


@dataclass(frozen=True, slots=True)
class Cloned:
    """A prompt up to where the reply begins, and the model's own reply, with the token that ended it. Neither is empty."""

    ids: Sequence[int]
    reply: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloning:
    """How it went: nats a token of the replies without rows, behind the first rows, and behind the last ones."""

    unsteered: float
    before: float
    after: float
    steps: int


def fresh(shape: Shape, *, seed: int = 0) -> Planner:
    """A planner that has learnt nothing. Each block of its up-mapping is orthogonal, so that a row is as long as meant."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        planner = Planner(shape)
        for block in planner.up.weight.data.split(shape.row_width):
            nn.init.orthogonal_(block)
    return planner


def states_of(
    frozen: Frozen,
    prompts: Sequence[Sequence[int]],
    *,
    batch: int = 16,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Tensor:
    """The states of prompts, float32 of shape (n, width) on the CPU, read in batches of like length.

    Raises: Cancelled.
    """
    states = torch.zeros((len(prompts), frozen.width))
    order = sorted(range(len(prompts)), key=lambda place: len(prompts[place]))
    for start in range(0, len(order), batch):
        if is_cancelled():
            raise Cancelled
        places = order[start : start + batch]
        states[places] = frozen.states([prompts[place] for place in places]).cpu()
    return states


def clone(
    frozen: Frozen,
    planner: Planner,
    examples: Sequence[Cloned],
    settings: TrainingSettings,
    *,
    on_progress: Progress = unheard,
    is_cancelled: Callable[[], bool] = lambda: False,
    checkpoint: Checkpoint | None = None,
) -> Cloning:
    """Train `planner` in place: its statistics, its actor and, unless it is kept, its up-mapping. `cloned` is then a copy.

    Raises: Cancelled within one batch of `is_cancelled`, with the checkpoint saved; ValueError without an example.
    """
    if not examples:
        raise ValueError("there is no reply to clone")
    run = _Run(frozen, planner, examples, settings)
    if checkpoint is not None and (saved := checkpoint.load()) is not None:
        run.restore(saved[0], saved[1])
        if saved[1]["digest"] != run.digest:  # prompts came or went since: what is learnt stays
            run.read_states(is_cancelled)
    else:
        on_progress(0, run.total, "reading prompts for cloning")
        run.read_states(is_cancelled)
        planner.standard.load_state_dict(Standard.of(run.states).state_dict())
        run.before = run.mean_loss(steered=True)
    work(run, run.total, "batches of self-cloning", checkpoint, on_progress, is_cancelled)
    planner.cloned.load_state_dict(planner.actor.state_dict())
    planner.requires_grad_(False)
    return Cloning(
        unsteered=run.mean_loss(steered=False), before=run.before, after=run.mean_loss(steered=True), steps=run.steps
    )


class _Run:
    """Cloning a batch at a time."""

    def __init__(
        self, frozen: Frozen, planner: Planner, examples: Sequence[Cloned], settings: TrainingSettings
    ) -> None:
        self.frozen, self.planner, self.examples, self.settings = frozen, planner, examples, settings
        self.steps, self.before = 0, 0.0
        self.states = torch.zeros((len(examples), frozen.width))
        self.noise = torch.Generator().manual_seed(settings.seed)
        keeps_up = settings.clone_up == "keep"
        planner.requires_grad_(False)
        planner.actor.requires_grad_(True)
        planner.up.requires_grad_(not keeps_up)
        self.trained = [*planner.actor.parameters(), *([] if keeps_up else planner.up.parameters())]
        self.optimizer = torch.optim.AdamW(self.trained, lr=settings.clone_rate, weight_decay=settings.clone_decay)
        self.an_epoch = math.ceil(len(examples) / settings.clone_batch)
        self.total = settings.clone_epochs * self.an_epoch
        self.batches: list[list[int]] = []
        self.digest = sha256(
            repr([(list(example.ids), list(example.reply)) for example in examples]).encode()
        ).hexdigest()

    def read_states(self, is_cancelled: Callable[[], bool]) -> None:
        """Raises: Cancelled."""
        prompts = [example.ids for example in self.examples]
        self.states = states_of(self.frozen, prompts, batch=self.settings.clone_batch, is_cancelled=is_cancelled)

    def step(self) -> None:
        """One batch of replies. The rate falls along a line to 0."""
        epoch, number = divmod(self.steps, self.an_epoch)
        if number == 0 or not self.batches:
            self.batches = self.drawn(epoch)
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.clone_rate * (1 - self.steps / self.total)
        self.optimizer.zero_grad(set_to_none=True)
        tokens = sum(len(self.examples[place].reply) for place in self.batches[number])
        for places in self.parts(self.batches[number]):
            (self.loss(places) / tokens).backward()
        nn.utils.clip_grad_norm_(self.trained, self.settings.clone_clip)
        self.optimizer.step()
        self.steps += 1

    def drawn(self, epoch: int) -> list[list[int]]:
        """All examples in batches of like length, so that little is padded; in another order each epoch."""
        chances = torch.Generator().manual_seed(self.settings.seed * 1_000_003 + epoch)
        shuffled = torch.randperm(len(self.examples), generator=chances).tolist()
        size = self.settings.clone_batch
        groups = [shuffled[start : start + 16 * size] for start in range(0, len(shuffled), 16 * size)]
        batches = [
            in_order[start : start + size]
            for in_order in (sorted(group, key=self._length) for group in groups)
            for start in range(0, len(in_order), size)
        ]
        return [batches[place] for place in torch.randperm(len(batches), generator=chances).tolist()]

    def parts(self, places: Sequence[int]) -> Iterator[Sequence[int]]:
        """A batch in parts whose logits are not too many."""
        vocabulary = int(self.frozen.model.config.get_text_config().vocab_size)
        longest = max(len(self.examples[place].reply) for place in places)
        size = max(1, LOGITS_AT_ONCE // (vocabulary * longest))
        for start in range(0, len(places), size):
            yield places[start : start + size]

    def loss(self, places: Sequence[int]) -> Tensor:
        """The loss of all tokens of some replies, summed, with gradients into the actor and the up-mapping."""
        actions = self.planner.act(self.states[list(places)].to(self.frozen.device))
        if self.settings.clone_noise:
            drawn = torch.randn(actions.shape, generator=self.noise).to(actions)
            actions = on_sphere(actions + self.settings.clone_noise / math.sqrt(actions.shape[1]) * drawn)
        rows = self.planner.embedded(actions)
        prompts, replies = self._of(places)
        place = self.planner.shape.place
        if self.settings.clone_target == "tokens":
            return self.frozen.losses(prompts, replies, rows, place)[0].sum()
        with torch.no_grad():
            wanted, there = self.frozen.logits(prompts, replies)
        found = self.frozen.logits(prompts, replies, rows, place)[0].log_softmax(-1)
        return -((wanted.softmax(-1) * found).sum(-1) * there).sum()

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def mean_loss(self, *, steered: bool) -> float:
        """Nats a token over some of the replies, behind the actor's rows or without any."""
        total, tokens = 0.0, 0
        for batch in self.drawn(0)[: math.ceil(MEASURED / self.settings.clone_batch)]:
            for places in self.parts(batch):
                rows = None
                if steered:
                    states = self.states[list(places)].to(self.frozen.device)
                    rows = self.planner.embedded(self.planner.act(states))
                losses, there = self.frozen.losses(*self._of(places), rows, self.planner.shape.place)
                total, tokens = total + float(losses.sum()), tokens + int(there.sum())
        return total / tokens

    def tensors(self) -> dict[str, Tensor]:
        """All that it takes to go on as if nothing had happened."""
        found = of_module("planner", self.planner) | of_optimizer("optimizer", self.optimizer)
        return found | {"states": self.states, "noise": self.noise.get_state()}

    def facts(self) -> dict[str, Any]:
        return {"steps": self.steps, "before": self.before, "digest": self.digest}

    def restore(self, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
        into_module("planner", self.planner, tensors)
        into_optimizer("optimizer", self.optimizer, tensors)
        self.noise.set_state(tensors["noise"])
        self.states, self.steps, self.before = tensors["states"], facts["steps"], facts["before"]
        self.batches = self.drawn(self.steps // self.an_epoch)

    def _length(self, place: int) -> int:
        return len(self.examples[place].ids) + len(self.examples[place].reply)

    def _of(self, places: Sequence[int]) -> tuple[list[Sequence[int]], list[Sequence[int]]]:
        chosen = [self.examples[place] for place in places]
        return [example.ids for example in chosen], [example.reply for example in chosen]
