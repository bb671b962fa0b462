"""The step from one token to the next, compiled over a cache of fixed size and replayed as a CUDA graph.

A reply's states are copied into that static cache, the step runs there, and what it added is copied back: sessions keep
their own caches, which can be cut. Prompts are read eagerly. A sliding layer gets a full static one, since its mask
hides what left the window. `decoding` calls it, always from one thread: a graph belongs to the one that recorded it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache, DummyLayer, DynamicLayer, DynamicSlidingWindowLayer, StaticLayer
from transformers.masking_utils import create_masks_for_generate

from assistant.generation.cache import Past
from assistant.generation.forward import Forward

LENGTH = 4096
"""Tokens that the static cache holds: every step reads all of it. Longer conversations go on eagerly."""
WARM_UP = 4
"""Steps until CUDA graphs replay: they run, record, and only then repeat."""
NOT_COMPILED = (RuntimeError, TypeError, ValueError, AttributeError, AssertionError, ImportError, OSError)
"""What a compiler raises that lacks a driver, a C compiler or Triton, or does not get on with a model."""

Step = Callable[[int], Tensor]
"""From a token to the logits after it, of shape (vocabulary,)."""


def warmed(forward: Forward, config: Any, length: int = LENGTH) -> tuple[CompiledSteps | None, str]:
    """The compiled step, ready to run; or, if it cannot be had, a sentence that says why."""
    longest = getattr(config.get_text_config(), "max_position_embeddings", None) or length
    try:
        past = Past(config)
        forward.feed(past, [1])
        steps = CompiledSteps(forward, past, min(length, longest))
        with steps.over(past) as step:
            for _ in range(WARM_UP):
                step(1)
    except NOT_COMPILED as err:
        why = " ".join(str(err).split())[:300] or type(err).__name__
        return None, f"Replies are written without a compiled step, more slowly: {why}"
    return steps, ""


class CompiledSteps:
    """A static cache of `length` tokens, and the model's forward pass compiled over it."""

    def __init__(
        self, forward: Forward, example: Past, length: int, *, compile: Callable[..., Any] | None = None
    ) -> None:
        """`example`: a past of the model that has read something, from which layers take their shapes.

        `compile` turns the forward pass into a faster one; `torch.compile` with CUDA graphs, unless it is named.

        Raises: TypeError for layers that are no plain keys and values.
        """
        self.length = length
        self._model, self._device = forward.model, forward.device
        self._states = Cache(layers=[static_layer(layer, length) for layer in example.states.layers])
        self._masks = getattr(self._model, "create_masks_for_generate", create_masks_for_generate)
        compile = compile or (lambda call: torch.compile(call, mode="reduce-overhead", dynamic=False))
        self._call = compile(self._model.__call__)

    @contextmanager
    def over(self, past: Past) -> Iterator[Step]:
        """Steps that go on where `past` ends; it has read their tokens afterwards."""
        read: list[int] = []
        start = len(past.tokens)
        self._load(past)

        def step(token: int) -> Tensor:
            past.is_whole = False
            logits = self._step(token, start + len(read))
            read.append(token)
            past.is_whole = True
            return logits

        try:
            yield step
        finally:
            if past.is_whole:
                self._unload(past, start, read)

    def _load(self, past: Past) -> None:
        end = len(past.tokens)
        with torch.no_grad():
            for static, layer in self._layers(past):
                held = layer.keys.shape[-2]  # a sliding layer holds the last ones only
                static.keys[:, :, end - held : end].copy_(layer.keys)
                static.values[:, :, end - held : end].copy_(layer.values)
                static.cumulative_length.fill_(end)

    def _unload(self, past: Past, start: int, read: list[int]) -> None:
        past.is_whole = False
        end = start + len(read)
        for static, layer in self._layers(past):
            layer.update(static.keys[:, :, start:end], static.values[:, :, start:end])
        past.tokens += read
        past.is_whole = True

    def _step(self, token: int, place: int) -> Tensor:
        """Every tensor that goes in has the same shape each time, so that one graph serves all steps."""
        ids = torch.tensor([[token]], device=self._device)
        positions = torch.tensor([[place]], device=self._device)
        masks = self._masks(
            config=self._model.config,
            inputs_embeds=torch.empty((1, 1, 0), dtype=self._model.dtype, device=self._device),
            attention_mask=torch.ones((1, place + 1), dtype=torch.long, device=self._device),
            past_key_values=self._states,
            position_ids=positions,
        )
        torch.compiler.cudagraph_mark_step_begin()
        with torch.no_grad():
            output = self._call(
                input_ids=ids,
                attention_mask=masks,
                position_ids=positions,
                past_key_values=self._states,
                use_cache=True,
                logits_to_keep=1,
            )
        logits: Tensor = output.logits[0, -1].clone()  # the next replay writes over it
        return logits

    def _layers(self, past: Past) -> Iterator[tuple[Any, Any]]:
        """Each static layer with the one that it serves; layers that borrow another's states have none."""
        pairs = zip(self._states.layers, past.states.layers, strict=True)
        return ((static, layer) for static, layer in pairs if isinstance(static, StaticLayer))


def static_layer(layer: Any, length: int) -> Any:
    """A layer of fixed size for one that grows and has read something.

    Raises: TypeError where it is more than keys and values.
    """
    if layer.keys is None:  # it borrows another's
        return DummyLayer()
    if type(layer) not in (DynamicLayer, DynamicSlidingWindowLayer):
        raise TypeError(f"{type(layer).__name__} has no static form here.")
    static = StaticLayer(max_cache_len=length)
    static.lazy_initialization(layer.keys, layer.values)
    return static
