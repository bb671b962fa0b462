"""How near a GPU comes to its limit: the step compiled over the step eager, over what memory allows, and in batches.

The limit of a step is its weights, read once at the speed at which the GPU copies. The model is a Llama 3 of 8B
parameters with random weights, drawn on the GPU. `generate` asks; without a GPU it gets the reason.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median
from typing import Any

import torch

from assistant.generation.decoding import Decoder
from assistant.generation.order import Finished, Order
from benchmarks.random_models import LLAMA_1B, LLAMA_8B, Shape, random_model
from benchmarks.report import Unmeasured, say

KEYS = ("gpu_over_eager", "gpu_bandwidth_share", "gpu_batch_ratio")
WRITTEN, PROMPT = 128, 512
BATCH = 32
COPIED_BYTES = 2**31
ROOM = 1.3
"""Memory over that of the weights: for caches, and for what a pass makes."""


def on_gpu(*, seed: int, quick: bool) -> dict[str, Any]:
    """The GPU's keys, or why there are none."""
    shape = LLAMA_1B if quick else LLAMA_8B
    why = missing(shape)
    if why:
        return dict.fromkeys(KEYS, Unmeasured(why))
    model = random_model(shape, device="cuda", dtype=torch.bfloat16, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    prompts: list[list[int]] = torch.randint(3, shape.vocabulary, (BATCH, PROMPT), generator=generator).tolist()
    eager_s = median(step_s(decoder_of(model, compile=False), ids) for ids in prompts[:3])
    say(f"eager: {1 / eager_s:.1f} tokens a second")
    compiled = decoder_of(model, compile=True)
    start = time.perf_counter()
    compiled.probe()
    say(f"compiled in {time.perf_counter() - start:.0f} s")
    if not compiled.is_compiled:
        return dict.fromkeys(KEYS, Unmeasured("The step could not be compiled; the line above says why."))
    compiled_s = median(step_s(compiled, ids) for ids in prompts[:5])
    say(f"compiled: {1 / compiled_s:.1f} tokens a second")
    read = sum(one.nbytes for one in model.parameters()) - model.get_input_embeddings().weight.nbytes
    limit_s = read / copied_per_s()
    return {
        "gpu_over_eager": eager_s / compiled_s,
        "gpu_bandwidth_share": limit_s / compiled_s,
        "gpu_batch_ratio": batch_ratio(compiled, prompts),
        "gpu_tokens_per_s": 1 / compiled_s,
        "gpu_weights_gb": read / 1e9,
        "gpu_copied_gb_per_s": read / limit_s / 1e9,
    }


def missing(shape: Shape) -> str:
    """Why a model of that shape cannot be measured here; empty if it can."""
    if not torch.cuda.is_available():
        return "There is no GPU here."
    matrices = 2 * shape.vocabulary * shape.width
    each = 2 * shape.width**2 * (1 + shape.key_value_heads / shape.heads) + 3 * shape.width * shape.inner
    needed = 2 * (matrices + shape.layers * each) * ROOM
    free = torch.cuda.mem_get_info()[0]
    if free < needed:
        return f"The GPU has {free / 1e9:.0f} GB free; the model takes {needed / 1e9:.0f}."
    return ""


def decoder_of(model: Any, *, compile: bool) -> Decoder:
    return Decoder(model, device="cuda", sessions=1, cache_bytes=10**10, stop_ids=set(), compile=compile)


def step_s(decoder: Decoder, ids: Sequence[int]) -> float:
    """Seconds from one token to the next."""
    *_, end = decoder.stream(ids, Order(max_tokens=WRITTEN))
    assert isinstance(end, Finished)
    return (end.total_s - end.first_token_s) / (WRITTEN - 1)


def batch_ratio(decoder: Decoder, prompts: Sequence[Sequence[int]]) -> float:
    """Tokens a second of a batch over those of one reply, prompts included in both."""
    order = Order(max_tokens=WRITTEN)
    start = time.perf_counter()
    for ids in prompts[:4]:
        list(decoder.stream(ids, order))
    alone_s = (time.perf_counter() - start) / 4
    decoder.batch(prompts[:2], [Order(max_tokens=4)] * 2)  # the first passes are slow
    start = time.perf_counter()
    decoder.batch(prompts, [order] * len(prompts))
    return alone_s * len(prompts) / (time.perf_counter() - start)


def copied_per_s() -> float:
    """Bytes a second that a copy reads and writes together."""
    source = torch.empty(COPIED_BYTES, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    times: list[float] = []
    for _ in range(20):
        torch.cuda.synchronize()
        start = time.perf_counter()
        target.copy_(source)
        torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return 2 * COPIED_BYTES / min(times)
