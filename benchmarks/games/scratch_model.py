"""A small language model from scratch: words as tokens, a chat template, a few million weights, saved as a hub folder.

What it is trained on are conversations, and it has seen prefixes: before some replies, a few descriptive tokens stand in
the place where a planner's rows will go, at the end or behind BOS. Before most there are none, so that unsteered it is the
plain likelihood model. It knows no game; each game gives its words, conversations and descriptions.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from torch.nn import functional
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.models.llama.configuration_llama import LlamaConfig

BEGIN, END, UNKNOWN = "<|begin|>", "<|end|>", "<|unknown|>"
ROLES = {"system": "<|system|>", "user": "<|user|>", "assistant": "<|assistant|>"}
IGNORED = -100
EACH = 0.7
"""The share of replies that have a prefix, in a conversation with prefixes at the end."""
_TEMPLATE = (
    "{{ '<|begin|>' }}{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Conversation:
    """Messages in turn. `described` names, by the place of a reply, the descriptions that are true of it."""

    messages: tuple[tuple[Role, str], ...]
    described: dict[int, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How large the model is, and how it learns. `described` of the conversations have prefixes before some replies."""

    width: int = 192
    layers: int = 4
    heads: int = 6
    key_value_heads: int = 2
    inner: int = 512
    context: int = 512
    epochs: int = 8
    batch: int = 32
    rate: float = 2e-3
    least: int = 5
    described: float = 0.5
    at_start: float = 0.15
    """The share of conversations with a prefix behind BOS."""
    dropout: float = 0.1
    rows: int = 2
    seed: int = 0


def tokenizer_for(conversations: Iterable[Conversation], descriptions: Sequence[str], *, least: int) -> Any:
    """Each word said `least` times is a token; so is each description, which no text can spell."""
    seen = Counter(word for one in conversations for _, said in one.messages for word in said.split())
    special = [UNKNOWN, BEGIN, END, *ROLES.values(), *(token_of(name) for name in descriptions)]
    words = special + sorted(word for word, times in seen.items() if times >= least)
    made = Tokenizer(models.WordLevel({word: place for place, word in enumerate(words)}, unk_token=UNKNOWN))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    fast: Any = PreTrainedTokenizerFast(
        tokenizer_object=made, unk_token=UNKNOWN, bos_token=BEGIN, eos_token=END, pad_token=END
    )
    fast.add_special_tokens({"additional_special_tokens": special[3:]})
    fast.chat_template = _TEMPLATE
    return fast


def token_of(description: str) -> str:
    """The token that stands for a description."""
    return f"<|{description}|>"


def build(recipe: Recipe, tokenizer: Any) -> Any:
    """The model before it learnt anything."""
    torch.manual_seed(recipe.seed)
    configuration = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=recipe.width,
        intermediate_size=recipe.inner,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        num_key_value_heads=recipe.key_value_heads,
        max_position_embeddings=recipe.context,
        rope_theta=10_000.0,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model: Any = LlamaForCausalLM(configuration)
    for layer in model.model.layers:
        for part in (layer.self_attn.o_proj, layer.mlp.down_proj):
            part.register_forward_hook(partial(_dropped, recipe.dropout))
    return model


def _dropped(share: float, module: Any, _inputs: Any, output: torch.Tensor) -> torch.Tensor:
    """Llama has no dropout of its own, and these conversations are few."""
    return functional.dropout(output, share, module.training)


class Lessons:
    """Conversations as rows of tokens, with a prefix in some: drawn anew each time."""

    def __init__(self, tokenizer: Any, recipe: Recipe) -> None:
        self._tokenizer, self._recipe = tokenizer, recipe
        self._marks = {role: tokenizer.convert_tokens_to_ids(mark) for role, mark in ROLES.items()}

    def row(self, conversation: Conversation, chance: np.random.Generator | None) -> tuple[list[int], list[int]]:
        """(tokens, labels), labels shifted by nobody. Without `chance`, no prefix.

        Prefixes at the end stand before some of the replies that can be described. Behind one at the start the
        conversation goes on to the end of the reply it describes, as in use, and only that reply is learnt.
        """
        place, tokens = self._at_start(conversation, chance)
        is_described = chance is not None and place is None and chance.random() < self._recipe.described
        ids: list[int] = [self._tokenizer.bos_token_id, *tokens]
        labels = [IGNORED] * len(ids)
        for number, (role, said) in enumerate(conversation.messages):
            added = [self._marks[role]]
            if is_described and chance is not None and number in conversation.described and chance.random() < EACH:
                added += self._drawn(conversation.described[number], chance)
            words = [*self._tokenizer.encode(said, add_special_tokens=False), self._tokenizer.eos_token_id]
            is_learnt = role == "assistant" and place in (None, number)  # the other side's words are its own lesson
            labels += [IGNORED] * len(added) + (words if is_learnt else [IGNORED] * len(words))
            ids += [*added, *words]
            if number == place:
                break
        return ids[: self._recipe.context], labels[: self._recipe.context]

    def _at_start(self, conversation: Conversation, chance: np.random.Generator | None) -> tuple[int | None, list[int]]:
        """The reply that a prefix behind BOS describes, and its tokens, if there is to be one."""
        if chance is None or chance.random() >= self._recipe.at_start:
            return None, []
        places = [place for place, names in conversation.described.items() if names]
        if not places:
            return None, []
        place = int(chance.choice(places))
        return place, self._drawn(conversation.described[place], chance)

    def _drawn(self, names: Sequence[str], chance: np.random.Generator) -> list[int]:
        """The tokens of some of the descriptions, in any order."""
        chosen = chance.permutation(len(names))[: self._recipe.rows]
        return [self._tokenizer.convert_tokens_to_ids(token_of(names[one])) for one in chosen]


def train(
    model: Any,
    lessons: Lessons,
    made: Sequence[Callable[[np.random.Generator], Conversation]],
    recipe: Recipe,
    *,
    on_epoch: Callable[[int, float], None],
    is_halved: bool = True,
) -> None:
    """AdamW with one cycle of the rate, in bfloat16 where the processor has it and `is_halved`: a model of a few hundred
    thousand parameters is trained faster without. Each conversation is made anew in each epoch, and may differ then."""
    from assistant.workers.embedder import has_fast_bfloat16

    chance = np.random.default_rng(recipe.seed)
    is_bf16 = is_halved and has_fast_bfloat16()
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.rate, weight_decay=0.05, betas=(0.9, 0.98))
    steps = recipe.epochs * (len(made) // recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.rate, total_steps=steps + 1, pct_start=0.08)
    for epoch in range(recipe.epochs):
        model.train()
        lost, rows = 0.0, [lessons.row(make(chance), chance) for make in made]
        groups = _alike(rows, recipe.batch, chance)
        for places in groups:
            with torch.autocast("cpu", torch.bfloat16, enabled=is_bf16):
                loss = loss_of(model, [rows[place] for place in places], lessons_pad(model))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            lost += float(loss.detach())
        on_epoch(epoch, lost / len(groups))
    model.eval()


def lessons_pad(model: Any) -> int:
    """The token that fills rows up."""
    return int(model.config.pad_token_id)


def loss_of(model: Any, rows: Sequence[tuple[list[int], list[int]]], pad: int) -> torch.Tensor:
    """The mean cross-entropy of the labels; rows are padded on the right, where causality hides it."""
    longest = max(len(ids) for ids, _ in rows)
    ids = torch.tensor([row + [pad] * (longest - len(row)) for row, _ in rows])
    labels = torch.tensor([row + [IGNORED] * (longest - len(row)) for _, row in rows])
    logits = model(input_ids=ids).logits[:, :-1]
    return functional.cross_entropy(logits.flatten(0, 1).float(), labels[:, 1:].flatten(), ignore_index=IGNORED)


def perplexity(model: Any, lessons: Lessons, conversations: Sequence[Conversation], batch: int = 64) -> float:
    """Of replies, without prefixes."""
    total, tokens = 0.0, 0
    model.eval()
    with torch.no_grad():
        for start in range(0, len(conversations), batch):
            rows = [lessons.row(one, None) for one in conversations[start : start + batch]]
            count = sum(label != IGNORED for _, labels in rows for label in labels)
            total += float(loss_of(model, rows, lessons_pad(model))) * count
            tokens += count
    return math.exp(total / tokens)


def save(model: Any, tokenizer: Any, folder: Path) -> None:
    """As a hub folder: what the `local` engine loads."""
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)


def _alike(rows: Sequence[Any], size: int, chance: np.random.Generator) -> list[np.ndarray]:
    """Rows of like length together, in an order of chance."""
    length = np.array([len(ids) for ids, _ in rows])
    order = np.argsort(length + chance.uniform(0, 10, len(length)))
    whole = [order[start : start + size] for start in range(0, len(order) - size + 1, size)]
    return [whole[place] for place in chance.permutation(len(whole))]
