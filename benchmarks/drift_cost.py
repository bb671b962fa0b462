"""What a method does to text that it is not for: the perplexity of fixed replies under it.

The replies of dialogues are read one by one behind what was said before them, told as the method tells it, with guidance and
split-softmax where it has them. Knows no probe; `drift` divides by the perplexity without a method.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor

from assistant.engine.contract import Message
from assistant.generation.loading import Loaded
from assistant.generation.template import Prompts
from assistant.steering.drift.methods import Method
from assistant.steering.split_softmax import Focus, Split, apart


class Cost:
    """A loaded model with its way from messages to ids."""

    def __init__(self, loaded: Loaded) -> None:
        self._model, self._device = loaded.model, loaded.device
        self._prompts = Prompts(loaded.tokenizer, loaded.stop_ids)

    def perplexity(self, dialogues: Sequence[Sequence[Message]], method: Method) -> float:
        """exp of the mean nats a token over all replies; each dialogue begins with its instruction."""
        total, tokens = 0.0, 0
        for dialogue in dialogues:
            instruction, said = dialogue[0].text, [message.text for message in dialogue[1:]]
            for place in range(1, len(said), 2):
                told = method.told(instruction, said[:place])
                reply = self._prompts.encode(said[place])
                total += self._nats(told, reply, method)
                tokens += len(reply)
        return math.exp(total / tokens)

    def _nats(self, told: Sequence[Message], reply: Sequence[int], method: Method) -> float:
        span = self._prompts.instructed(told) if method.exponent != 1 else None
        split = None if span is None else Split([Focus(*span, method.exponent)], self._device)
        known = self._read(self._prompts.ids(told), reply, split)
        if method.guidance != 1:
            bare = self._read(self._prompts.ids([one for one in told if one != told[0]]), reply, None)
            known = (bare + method.guidance * (known - bare)).log_softmax(-1)
        wanted = torch.tensor(list(reply), device=self._device)
        return -float(known.gather(1, wanted[:, None]).sum())

    def _read(self, prompt: Sequence[int], reply: Sequence[int], split: Split | None) -> Tensor:
        """Log-probabilities, (tokens of the reply, vocabulary)."""
        ids = torch.tensor([[*prompt, *reply]], device=self._device)
        passing: AbstractContextManager[dict[str, Any]] = apart(split, self._model, ids.shape[1])
        with torch.no_grad(), passing as more:
            logits: Tensor = self._model(
                input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False, **more
            ).logits
        return logits[0, len(prompt) - 1 : -1].float().log_softmax(-1)
