"""Tiny models at work, loaded once a process, and what transformers itself makes of the same prompts."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM

from assistant.engine.contract import Floats
from assistant.generation.decoding import Decoder
from assistant.generation.order import Finished, Order, Token, never
from tests.tiny_models import Kind, tiny_model

torch.set_num_threads(1)
WITHOUT_BOUND = 10**9


@cache
def model_of(kind: Kind) -> Any:
    """In float32, as its folder says."""
    with tempfile.TemporaryDirectory() as folder:
        return AutoModelForCausalLM.from_pretrained(tiny_model(kind, Path(folder)), dtype=torch.float32).eval()


def decoder_of(kind: Kind, **options: Any) -> Decoder:
    """Two sessions, no bound on memory and no stop token, unless `options` say otherwise."""
    usual: dict[str, Any] = {"sessions": 2, "cache_bytes": WITHOUT_BOUND, "stop_ids": set()}
    return Decoder(model_of(kind), device="cpu", **usual | options)


def prompt(seed: int, length: int) -> list[int]:
    """Tokens that are no special ones, as a prompt of that length."""
    drawn: list[int] = torch.randint(8, 400, (length,), generator=torch.Generator().manual_seed(seed)).tolist()
    return drawn


def written(decoder: Decoder, ids: Sequence[int], **order: Any) -> tuple[list[int], Finished]:
    return gathered(decoder.stream(ids, Order(**{"max_tokens": 12} | order), is_cancelled=never))


def together(
    decoder: Decoder, prompts: Sequence[Sequence[int]], orders: Sequence[Order], **how: Any
) -> list[list[int]]:
    """The tokens of the replies of a batch."""
    return [reply.tokens for reply in decoder.batch(prompts, orders, **how)]


def gathered(stream: Iterator[Token | Finished]) -> tuple[list[int], Finished]:
    *tokens, end = stream
    assert isinstance(end, Finished)
    return [token.id for token in tokens if isinstance(token, Token)], end


def by_generate(kind: Kind, ids: Sequence[int], tokens: int = 12, **options: Any) -> list[int]:
    """What `model.generate` writes after a prompt, greedily."""
    asked = torch.tensor([list(ids)])
    wanted = {"max_new_tokens": tokens, "do_sample": False, "eos_token_id": None, "pad_token_id": 0}
    found = model_of(kind).generate(asked, attention_mask=torch.ones_like(asked), **wanted | options)
    replies: list[int] = found[0, len(ids) :].tolist()
    return replies


def by_rows(kind: Kind, before: Sequence[int], rows: Floats, after: Sequence[int], tokens: int = 12) -> list[int]:
    """What is written greedily after tokens, rows and tokens: all of it read again for each token, without any cache."""
    model = model_of(kind)
    embed = model.get_input_embeddings()
    drawn: list[int] = []
    with torch.no_grad():
        for _ in range(tokens):
            whole = [embed(ids_of(before)), torch.from_numpy(rows), embed(ids_of([*after, *drawn]))]
            read = model(inputs_embeds=torch.cat(whole)[None], use_cache=False)
            drawn.append(int(read.logits[0, -1].argmax()))
    return drawn


def logits_of(kind: Kind, ids: Sequence[int]) -> Tensor:
    """After the last token, read whole and without any cache: (vocabulary,)."""
    with torch.no_grad():
        logits: Tensor = model_of(kind)(input_ids=ids_of(ids)[None], use_cache=False).logits[0, -1]
    return logits


def state_of(kind: Kind, ids: Sequence[int]) -> Tensor:
    """The last layer's state of the last token, after the final norm, by transformers' own account: (width,)."""
    with torch.no_grad():
        read = model_of(kind)(input_ids=ids_of(ids)[None], use_cache=False, output_hidden_states=True)
    state: Tensor = read.hidden_states[-1][0, -1]
    return state


def ids_of(ids: Sequence[int]) -> Tensor:
    return torch.tensor(list(ids), dtype=torch.long)
