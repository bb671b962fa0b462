"""Many replies of one small model side by side, each with rows of its own in front of it or none, and chances of its own.

The same chances give the same reply, so that arms of a benchmark are compared on common random numbers. States are read
without any prefix, as `assistant.generation` reads them. It knows tokens only; `play` holds the conversations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from transformers import DynamicCache

Place = Literal["start", "end"]
Choose = Callable[[Tensor, Sequence[int]], Tensor | None]
"""(states (n, width), which of the prompts) -> rows (n, L, width), or None for all of them unsteered."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """How tokens are drawn: temperatures (prompts,), and chances in [0, 1) of shape (prompts, longest reply)."""

    temperatures: np.ndarray
    chances: np.ndarray


class Voice:
    """A frozen model. `rows` replies are written at once."""

    def __init__(self, model: Any, *, stop: int, rows: int = 256) -> None:
        self.model, self._stop, self._rows = model, stop, rows
        self.embedding = model.get_input_embeddings()

    def write(
        self,
        prompts: Sequence[Sequence[int]],
        drawing: Drawing,
        *,
        steered: Sequence[bool],
        choose: Choose,
        place: Place,
    ) -> list[list[int]]:
        """The reply to each prompt, without its stop token. `choose` is asked for those that are `steered`."""
        replies: list[list[int]] = [[] for _ in prompts]
        order = sorted(range(len(prompts)), key=lambda one: len(prompts[one]))
        for start in range(0, len(order), self._rows):
            places = order[start : start + self._rows]
            for one, reply in zip(places, self._written(places, prompts, drawing, steered, choose, place), strict=True):
                replies[one] = reply
        return replies

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def _written(
        self,
        places: Sequence[int],
        prompts: Sequence[Sequence[int]],
        drawing: Drawing,
        steered: Sequence[bool],
        choose: Choose,
        place: Place,
    ) -> list[list[int]]:
        longest = max(len(prompts[one]) for one in places)
        ids = torch.tensor([[self._stop] * (longest - len(prompts[one])) + list(prompts[one]) for one in places])
        mask = torch.tensor([[0] * (longest - len(prompts[one])) + [1] * len(prompts[one]) for one in places])
        past = DynamicCache(config=self.model.config)
        logits, states = self._fed(self.embedding(ids), mask, past)
        which = [n for n, one in enumerate(places) if steered[one]]
        rows = choose(states[which], [places[n] for n in which]) if which else None
        if rows is not None:
            logits, mask = self._prefixed(ids, mask, past, logits, which, rows, place)
        return self._decoded(places, drawing, logits, mask, past)

    def _prefixed(
        self,
        ids: Tensor,
        mask: Tensor,
        past: DynamicCache,
        logits: Tensor,
        which: list[int],
        rows: Tensor,
        place: Place,
    ) -> tuple[Tensor, Tensor]:
        """The logits and mask once the rows were read; for rows at the start, the whole prompts are read again."""
        length = rows.shape[1]
        spread = torch.zeros(len(ids), length, rows.shape[2])
        spread[which] = rows.to(spread)
        seen = torch.zeros(len(ids), length, dtype=mask.dtype)
        seen[which] = 1
        if place == "end":
            mask = torch.cat([mask, seen], dim=1)
            after, _ = self._fed(spread, mask, past)
            logits[which] = after[which]
            return logits, mask
        # BOS stands at the end of the padding: rows go in behind it, each prompt at its own place
        embeddings, starts = self.embedding(ids), (mask == 0).sum(1)
        whole, whole_mask = [], []
        for n, begin in enumerate(starts.tolist()):
            whole.append(torch.cat([embeddings[n, : begin + 1], spread[n], embeddings[n, begin + 1 :]]))
            whole_mask.append(torch.cat([mask[n, : begin + 1], seen[n], mask[n, begin + 1 :]]))
        mask = torch.stack(whole_mask)
        fresh = DynamicCache(config=self.model.config)
        logits, _ = self._fed(torch.stack(whole), mask, fresh)
        past.layers = fresh.layers
        return logits, mask

    def _decoded(
        self, places: Sequence[int], drawing: Drawing, logits: Tensor, mask: Tensor, past: DynamicCache
    ) -> list[list[int]]:
        replies: list[list[int]] = [[] for _ in places]
        temperatures = torch.from_numpy(drawing.temperatures[list(places)]).float()
        chances = torch.from_numpy(drawing.chances[list(places)])
        open_rows = list(range(len(places)))
        for step in range(chances.shape[1]):
            tokens = drawn(logits, temperatures[open_rows], chances[open_rows, step]).tolist()
            kept = [n for n, token in enumerate(tokens) if token != self._stop]
            for n in kept:
                replies[open_rows[n]].append(tokens[n])
            if not kept or step == chances.shape[1] - 1:
                break
            if len(kept) < len(open_rows):
                chosen = torch.tensor(kept)
                mask = mask[chosen]
                past.batch_select_indices(chosen)
                open_rows = [open_rows[n] for n in kept]
            mask = torch.cat([mask, torch.ones(len(kept), 1, dtype=mask.dtype)], dim=1)
            logits, _ = self._fed(self.embedding(torch.tensor([[tokens[n]] for n in kept])), mask, past)
        return replies

    def _fed(self, embeddings: Tensor, mask: Tensor, past: DynamicCache) -> tuple[Tensor, Tensor]:
        """Logits (n, vocabulary) and states (n, width), both float32, after the last of `embeddings`."""
        positions = (mask.cumsum(1) - 1).clamp(min=0)[:, -embeddings.shape[1] :]
        found = self.model.base_model(
            inputs_embeds=embeddings.to(self.embedding.weight.dtype),
            attention_mask=mask,
            position_ids=positions,
            past_key_values=past,
            use_cache=True,
        ).last_hidden_state[:, -1]
        return self.model.lm_head(found).float(), found.float()


def drawn(logits: Tensor, temperatures: Tensor, chances: Tensor) -> Tensor:
    """A token for each row: at a temperature of 0 the likeliest, else the one its chance falls on."""
    greedy = logits.argmax(-1)
    warm = temperatures.clamp(min=1e-4)[:, None]
    summed = (logits / warm).softmax(-1).double().cumsum(-1)
    sampled = torch.searchsorted(summed, chances[:, None] * summed[:, -1:], right=True)[:, 0]
    return torch.where(temperatures > 0, sampled.clamp(max=logits.shape[1] - 1), greedy)


@dataclass(frozen=True, slots=True)
class Read:
    """A whole conversation read at once, without prefixes: the state before each reply, the one behind it, both
    (replies, width), and the sum of the log-probabilities of each reply with its stop token, and its tokens."""

    before: np.ndarray
    behind: np.ndarray
    log_probability: np.ndarray
    tokens: np.ndarray


@torch.no_grad()  # type: ignore[untyped-decorator]
def read_back(model: Any, rows: Sequence[tuple[list[int], list[tuple[int, int]]]], batch: int = 128) -> list[Read]:
    """Read conversations again. A row is its tokens, and where each reply of the side in question stands: [from, to),
    its stop token included. The token before `from` is the prompt's last."""
    found: list[Read | None] = [None] * len(rows)
    order = sorted(range(len(rows)), key=lambda one: len(rows[one][0]))
    for start in range(0, len(order), batch):
        places = order[start : start + batch]
        longest = max(len(rows[one][0]) for one in places)
        ids = torch.tensor([rows[one][0] + [0] * (longest - len(rows[one][0])) for one in places])
        states = model.base_model(input_ids=ids).last_hidden_state
        for n, one in enumerate(places):
            found[one] = _read(model, rows[one][1], ids[n], states[n])
    return [one for one in found if one is not None]


def _read(model: Any, spans: Sequence[tuple[int, int]], ids: Tensor, states: Tensor) -> Read:
    width = states.shape[-1]
    before, behind = np.zeros((len(spans), width), np.float32), np.zeros((len(spans), width), np.float32)
    chance, tokens = np.zeros(len(spans)), np.zeros(len(spans), np.int64)
    for place, (begin, end) in enumerate(spans):
        before[place] = states[begin - 1].float().numpy()
        behind[place] = states[end - 1].float().numpy()
        said = model.lm_head(states[begin - 1 : end - 1]).float().log_softmax(-1)
        chance[place] = float(said[torch.arange(end - begin), ids[begin:end]].sum())
        tokens[place] = end - begin
    return Read(before, behind, chance, tokens)
