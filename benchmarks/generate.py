"""How fast replies come: the first token with what was read before, and the tokens after it, alone and in batches.

`first_token_ratio`: 2,000 tokens read in the turn before and 64 new ones, over all of them read anew. The same through
`sessions/context.py` over 30 turns of a scripted conversation, with its volatile tail, is `first_token_ratio_context`:
each turn is read ahead after its reply, as the product does; turns that compacted the dialogue are in `compact_ratio`
instead. `first_token_ratio_not_ahead` is what it would be if nothing were read ahead. `decode_ratio`: our loop's tokens a
second over those of the barest loop there is, in pairs, which attends as ours does; `decode_ratio_library` over the same loop
with the library's own attention, `decode_ratio_library_2000` behind 2,000 tokens. On a machine with a GPU the same command
measures the step compiled, on an 8B architecture with random weights (`generate_gpu`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

import torch
from transformers import DynamicCache

from assistant.generation.attention import LIBRARY, NAME, pack
from assistant.generation.decoding import Decoder
from assistant.generation.loading import choose_dtype
from assistant.generation.order import Finished, Order
from benchmarks.generate_gpu import on_gpu
from benchmarks.random_models import MEDIUM, SMALL, random_model, trained_tokenizer
from benchmarks.report import Unmeasured, arguments, peak_rss_mb, report, say
from benchmarks.travel_talk import Measured, travel_talk

CACHED, NEW = 2000, 64
WRITTEN = 96
BATCH, BATCH_PROMPT, BATCH_REPLY = 8, 300, 64
TURNS, CONTEXT_TOKENS = 30, 8192
CACHE_BYTES = 4 * 10**9


def main() -> None:
    chosen = arguments("generate")
    started = time.perf_counter()
    shape, pairs = (SMALL, 3) if chosen.quick else (MEDIUM, 9)
    dtype = choose_dtype("auto", "cpu")
    model = random_model(shape, device="cpu", dtype=dtype, seed=chosen.seed)
    decoder = Decoder(model, device="cpu", sessions=4, cache_bytes=CACHE_BYTES, stop_ids=set())
    draw = prompts(shape.vocabulary, chosen.seed)
    say(f"a Llama of {sum(one.numel() for one in model.parameters()) / 1e6:.0f} M parameters in {dtype}")
    end_of(decoder, next(draw)[:NEW], Order(max_tokens=8))  # the first passes are slow
    first = [first_token(decoder, draw) for _ in range(pairs)]
    say(f"first tokens are measured: {median(first):.3f} of a full prefill")
    talk = through_context(decoder, trained_tokenizer(shape.vocabulary), 8 if chosen.quick else TURNS, chosen.seed)
    say("the conversation is through")
    decoded = [decode_pair(decoder, model, next(draw)[:128], is_ours_first=bool(n % 2)) for n in range(pairs)]
    library = over_library(decoder, model, draw, 128, pairs)
    library_behind = over_library(decoder, model, draw, CACHED, max(pairs // 3, 1))
    batched = [batch_ratio(decoder, draw) for _ in range(1 if chosen.quick else 5)]
    report(
        "generate",
        seed=chosen.seed,
        quick=chosen.quick,
        started=started,
        parameters=sum(one.numel() for one in model.parameters()),
        dtype=str(dtype).removeprefix("torch."),
        first_token_ratio=median(first),
        **talk,
        decode_ratio=median(bare_s / ours_s for ours_s, bare_s in decoded),
        decode_ratio_library=library,
        decode_ratio_library_2000=library_behind,
        decode_tokens_per_s=(WRITTEN - 1) / median(ours_s for ours_s, _ in decoded),
        batch_ratio=median(batched),
        **on_gpu(seed=chosen.seed, quick=chosen.quick),
        peak_rss_mb=peak_rss_mb(),
    )


def prompts(vocabulary: int, seed: int) -> Iterator[list[int]]:
    """Prompts of `CACHED` tokens each, without an end."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        yield torch.randint(3, vocabulary, (CACHED,), generator=generator).tolist()


def end_of(decoder: Decoder, ids: Sequence[int], order: Order) -> Finished:
    *_, end = decoder.stream(ids, order)
    assert isinstance(end, Finished)
    return end


def first_token(decoder: Decoder, draw: Iterator[list[int]]) -> float:
    """Seconds to the first token of a second turn, over those of the same prompt read whole."""
    read = next(draw)
    asked = [*read, *next(draw)[:NEW]]
    end_of(decoder, read, Order(max_tokens=0, session="first token"))
    cached = end_of(decoder, asked, Order(max_tokens=1, session="first token"))
    assert cached.reused == CACHED
    return cached.first_token_s / end_of(decoder, asked, Order(max_tokens=1)).first_token_s


def through_context(decoder: Decoder, tokenizer: Any, turns: int, seed: int) -> dict[str, Any]:
    """The first token of each turn of a conversation over the same prompt read whole, and what was reused of prompts."""
    plain: list[float] = []
    compacted: list[float] = []
    not_ahead: list[float] = []
    reused = asked = 0
    for turn in travel_talk(Measured(tokenizer, CONTEXT_TOKENS), turns, seed):
        kept = end_of(decoder, turn.ids, Order(max_tokens=8, session="talk"))
        if turn.told:
            end_of(decoder, turn.told, Order(max_tokens=0, session="talk"))
        without = end_of(decoder, turn.ids, Order(max_tokens=8, session="not ahead"))
        if turn.number == 1:
            continue
        whole = end_of(decoder, turn.ids, Order(max_tokens=1))
        (compacted if turn.compacted else plain).append(kept.first_token_s / whole.first_token_s)
        not_ahead += [] if turn.compacted else [without.first_token_s / whole.first_token_s]
        reused, asked = reused + kept.reused, asked + len(turn.ids)
        say(f"turn {turn.number}: {kept.reused} of {len(turn.ids)} tokens reused")
    return {
        "first_token_ratio_context": median(plain),
        "first_token_ratio_not_ahead": median(not_ahead),
        "compact_ratio": median(compacted) if compacted else Unmeasured("No turn compacted the dialogue."),
        "reused_share": reused / asked,
        "compactions": len(compacted),
        "prompt_tokens": asked / (turns - 1),
    }


def decode_pair(decoder: Decoder, model: Any, ids: Sequence[int], *, is_ours_first: bool) -> tuple[float, float]:
    """Seconds that our loop and the barest one take for the same tokens, the prompt left out."""

    def ours() -> float:
        end = end_of(decoder, ids, Order(max_tokens=WRITTEN))
        return end.total_s - end.first_token_s

    if is_ours_first:
        ours_s = ours()
        return ours_s, bare_loop(model, ids)
    bare_s = bare_loop(model, ids)
    return ours(), bare_s


def over_library(decoder: Decoder, model: Any, draw: Iterator[list[int]], behind: int, pairs: int) -> float:
    """Our loop's tokens a second behind so many over the barest loop's, which attends as transformers does by itself."""
    ratios: list[float] = []
    for number in range(pairs):
        ids = next(draw)[:behind]
        ends = end_of(decoder, ids, Order(max_tokens=WRITTEN)) if number % 2 else None
        pack(model, LIBRARY)
        bare_s = bare_loop(model, ids)
        pack(model, NAME)
        ends = ends or end_of(decoder, ids, Order(max_tokens=WRITTEN))
        ratios.append(bare_s / (ends.total_s - ends.first_token_s))
    return median(ratios)


def bare_loop(model: Any, ids: Sequence[int]) -> float:
    """Seconds for `WRITTEN` tokens by nothing but forward passes and the best token."""
    cache = DynamicCache(config=model.config)
    with torch.no_grad():
        asked = torch.tensor([list(ids)], device=model.device)
        logits = model(asked, past_key_values=cache, logits_to_keep=1).logits
        token = logits[:, -1].argmax(-1, keepdim=True)
        token.item()  # a GPU is done with the prompt
        start = time.perf_counter()
        for _ in range(WRITTEN - 1):
            token = model(token, past_key_values=cache).logits[:, -1].argmax(-1, keepdim=True)
            token.item()
    return time.perf_counter() - start


def batch_ratio(decoder: Decoder, draw: Iterator[list[int]]) -> float:
    """Seconds for some replies one after another, over those side by side."""
    asked, order = [next(draw)[: BATCH_PROMPT - 7 * n] for n in range(BATCH)], Order(max_tokens=BATCH_REPLY)
    start = time.perf_counter()
    for ids in asked:
        end_of(decoder, ids, order)
    alone_s = time.perf_counter() - start
    start = time.perf_counter()
    decoder.batch(asked, [order] * BATCH)
    return alone_s / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
