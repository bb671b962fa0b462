"""One pass through the model: tokens or rows in, logits out, and the states of what was read kept in a `Past`.

Everything that the loop passes to the model is passed here: attention mask and positions always. Knows no session and
no sampling; `decoding` calls it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from assistant.engine.contract import Prefix
from assistant.generation.cache import ROW, Past
from assistant.steering.split_softmax import apart


class Forward:
    """A causal model on its device. Gradients are off in every pass; a `torch.inference_mode` would spoil static caches."""

    def __init__(self, model: Any, device: torch.device | str) -> None:
        self.model, self.device = model, torch.device(device)
        self._embed = model.get_input_embeddings()

    @property
    def width(self) -> int:
        """How wide a row of input embeddings is."""
        return int(self._embed.weight.shape[1])

    def feed(self, past: Past, ids: Sequence[int], rows: Tensor | None = None) -> Tensor:
        """Read tokens, then rows of shape (L, width), if any: logits of shape (vocabulary,) after the last of them."""
        start, added = len(past.tokens), [*ids, *([ROW] * (0 if rows is None else len(rows)))]
        inputs: dict[str, Tensor] = {}
        if rows is None:
            inputs["input_ids"] = self._row_of(ids)
        else:
            known = self.embedded(ids)
            inputs["inputs_embeds"] = torch.cat([known, rows.to(known)])[None]
        end = start + len(added)
        past.is_whole = False
        with torch.no_grad(), apart(past.split, self.model, end) as split:
            output = self.model(
                **inputs,
                **split,
                attention_mask=torch.ones((1, end), dtype=torch.long, device=self.device),
                position_ids=torch.arange(start, end, device=self.device)[None],
                past_key_values=past.states,
                use_cache=True,
                logits_to_keep=1,
            )
        past.tokens += added
        past.is_whole = True
        logits: Tensor = output.logits[0, -1]
        return logits

    def embedded(self, ids: Sequence[int]) -> Tensor:
        """The rows that tokens are read as, (tokens, width)."""
        with torch.no_grad():
            rows: Tensor = self._embed(self._row_of(ids))[0]
        return rows

    def rows_of(self, prefix: Prefix) -> Tensor:
        """A prefix's rows on the device, float32 of shape (L, width)."""
        return torch.from_numpy(np.ascontiguousarray(prefix.rows, dtype=np.float32)).to(self.device)

    def wait(self) -> None:
        """Until the device has done what it was given, so that a clock read next tells the truth."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def _row_of(self, ids: Sequence[int]) -> Tensor:
        return torch.tensor([list(ids)], dtype=torch.long, device=self.device)

    @contextmanager
    def watched(self, states: list[Tensor]) -> Iterator[None]:
        """Within it, each pass leaves its last layer's states after the final norm in `states`: (1, tokens, width).

        They are those that the pass makes in any case; nothing is computed for it.
        """
        hook = self.model.base_model.register_forward_hook(
            lambda _module, _inputs, output: states.append(output.last_hidden_state)
        )
        try:
            yield
        finally:
            hook.remove()
