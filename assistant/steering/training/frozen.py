"""The frozen model as training reads it: the states prompts leave it in, and how likely it finds replies behind rows.

Gradients reach the rows and nothing of the model. Prompts are padded on the left, replies on the right; what is padded is
masked. Knows token ids, no text; `clone` trains through it, `naturalness` measures with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import DynamicCache

from assistant.engine.contract import Place

Ids = Sequence[int]


class Frozen:
    """A causal language model whose parameters stay as they are.

    Rows at `start` go behind `bos_id` where a prompt begins with it; without one, the configuration names it.
    """

    def __init__(self, model: Any, *, bos_id: int | None = None) -> None:
        self.model = model.requires_grad_(False).eval()
        self.embed = model.get_input_embeddings()
        text = model.config.get_text_config()
        self._bos_id = getattr(text, "bos_token_id", None) if bos_id is None else bos_id
        self.device = self.embed.weight.device

    @property
    def width(self) -> int:
        """Of a state, and of a row of input embeddings."""
        return int(self.embed.weight.shape[1])

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def states(self, prompts: Sequence[Ids]) -> Tensor:
        """The last layer's state, after the final norm, of each prompt's last token: float32, (n, width)."""
        return self._read(prompts, keep=False)[0]

    def losses(
        self, prompts: Sequence[Ids], replies: Sequence[Ids], rows: Tensor | None = None, place: Place = "end"
    ) -> tuple[Tensor, Tensor]:
        """Minus the log-probability of each reply's tokens, 0 where padded, and which are there: (n, longest) each.

        `rows`, (n, L, width), stand at `place`. No reply is empty.
        """
        logits, there = self.logits(prompts, replies, rows, place)
        goals = _right(replies, self.device)[0]
        found = functional.cross_entropy(logits.transpose(1, 2), goals, reduction="none")
        return found * there, there

    def logits(
        self, prompts: Sequence[Ids], replies: Sequence[Ids], rows: Tensor | None = None, place: Place = "end"
    ) -> tuple[Tensor, Tensor]:
        """What each token of a reply was to be, float32 of (n, longest, vocabulary), and which are there, (n, longest)."""
        ids, there = _right(replies, self.device)
        if rows is None or place == "start":
            found = self._whole(prompts, ids, rows)
        else:
            found = self._behind(prompts, ids, rows)
        return found.float(), there

    def _behind(self, prompts: Sequence[Ids], ids: Tensor, rows: Tensor) -> Tensor:
        """Rows at the end: what stands before them does not depend on them, and is read once and without gradients."""
        _, past, mask = self._read(prompts, keep=True)
        inputs = torch.cat([rows.to(self.embed.weight.dtype), self.embed(ids[:, :-1])], dim=1)
        added = torch.arange(inputs.shape[1], device=self.device)
        output = self.model(
            inputs_embeds=inputs,
            attention_mask=functional.pad(mask, (0, inputs.shape[1]), value=1),
            position_ids=mask.sum(1, keepdim=True) + added,
            past_key_values=past,
            use_cache=True,
            logits_to_keep=ids.shape[1],
        )
        logits: Tensor = output.logits
        return logits

    def _whole(self, prompts: Sequence[Ids], ids: Tensor, rows: Tensor | None) -> Tensor:
        """Rows at the start, or none: everything in one pass."""
        read, mask = _left(prompts, self.device)
        inputs = self.embed(read)
        if rows is not None:
            inputs, mask = self._put_in(inputs, mask, prompts, rows.to(inputs.dtype))
        inputs = torch.cat([inputs, self.embed(ids[:, :-1])], dim=1)
        mask = functional.pad(mask, (0, ids.shape[1] - 1), value=1)
        output = self.model(
            inputs_embeds=inputs,
            attention_mask=mask,
            position_ids=(mask.cumsum(1) - 1).clamp(min=0),
            use_cache=False,
            logits_to_keep=ids.shape[1],
        )
        logits: Tensor = output.logits
        return logits

    def _put_in(self, inputs: Tensor, mask: Tensor, prompts: Sequence[Ids], rows: Tensor) -> tuple[Tensor, Tensor]:
        """Each prompt's rows behind its BOS, or before its first token."""
        longest = inputs.shape[1]
        whole = []
        for embedded, ids, own in zip(inputs, prompts, rows, strict=True):
            place = longest - len(ids) + (1 if ids[0] == self._bos_id else 0)
            whole.append(torch.cat([embedded[:place], own, embedded[place:]]))
        ones = torch.ones((len(mask), rows.shape[1]), dtype=mask.dtype, device=mask.device)
        return torch.stack(whole), torch.cat([mask, ones], dim=1)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def _read(self, prompts: Sequence[Ids], *, keep: bool) -> tuple[Tensor, Any, Tensor]:
        """States (n, width), what was read, and which of it is no padding, (n, longest)."""
        ids, mask = _left(prompts, self.device)
        past = DynamicCache(config=self.model.config) if keep else None
        output = self.model.base_model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=(mask.cumsum(1) - 1).clamp(min=0),
            past_key_values=past,
            use_cache=keep,
        )
        return output.last_hidden_state[:, -1].float(), past, mask


def _left(prompts: Sequence[Ids], device: torch.device) -> tuple[Tensor, Tensor]:
    """Ids padded on the left, and which are no padding: (n, longest) each."""
    longest = max(len(ids) for ids in prompts)
    padded = torch.tensor([[0] * (longest - len(ids)) + list(ids) for ids in prompts], device=device)
    lengths = torch.tensor([len(ids) for ids in prompts], device=device)
    return padded, (torch.arange(longest, device=device) >= longest - lengths[:, None]).long()


def _right(replies: Sequence[Ids], device: torch.device) -> tuple[Tensor, Tensor]:
    """Ids padded on the right, and which are no padding: (n, longest) each."""
    longest = max(len(ids) for ids in replies)
    padded = torch.tensor([list(ids) + [0] * (longest - len(ids)) for ids in replies], device=device)
    lengths = torch.tensor([len(ids) for ids in replies], device=device)
    return padded, (torch.arange(longest, device=device) < lengths[:, None]).float()
