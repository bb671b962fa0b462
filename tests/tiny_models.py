"""Causal language models small enough to be made in a test: every family's architecture, random weights, a real tokenizer.

They are saved as a hub's folder is (safetensors, configuration, tokenizer, chat template), so that what reads them is the
code that reads real ones. Templates are our own, one for each trait that templates of the field have.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AutoModelForCausalLM,
    GemmaTokenizer,
    LlamaTokenizer,
    PreTrainedTokenizerFast,
    Qwen2Tokenizer,
)
from transformers.models.gemma.configuration_gemma import GemmaConfig
from transformers.models.gemma2.configuration_gemma2 import Gemma2Config
from transformers.models.gemma3.configuration_gemma3 import Gemma3TextConfig
from transformers.models.llama.configuration_llama import LlamaConfig
from transformers.models.mistral.configuration_mistral import MistralConfig
from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX
from transformers.models.qwen3.configuration_qwen3 import Qwen3Config
from transformers.utils import logging as transformers_logging

Kind = Literal["llama", "qwen3", "mistral", "gemma", "gemma2", "gemma3"]
Training = Literal["byte_bpe", "sentencepiece"]
Template = Literal[
    "plain", "no_system", "alternating", "bos", "thinking_stripped", "opens_thinking", "gemma", "instructed", "none"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
TEMPLATES: tuple[Template, ...] = get_args(Template)

SLIDING_WINDOW = 24
"""Tokens that a sliding layer sees: few, so that a short prompt goes beyond it."""
OWN_TOKENIZER: dict[Kind, Training] = {
    "llama": "byte_bpe",
    "qwen3": "byte_bpe",
    "mistral": "sentencepiece",
    "gemma": "sentencepiece",
    "gemma2": "sentencepiece",
    "gemma3": "sentencepiece",
}

_LOOP = "{% for message in messages %}"
_TURN = "{{ '<|open|>' + message['role'] + '\\n' + message['content'] + '<|close|>\\n' }}"
_OPENING = "{% if add_generation_prompt %}{{ '<|open|>assistant\\n' }}"
_END = "{% endif %}"
_PLAIN = _LOOP + _TURN + "{% endfor %}" + _OPENING + _END
_NO_SYSTEM = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" + _PLAIN
)
_ALTERNATING = (
    "{% set rest = messages[1:] if messages[0]['role'] == 'system' else messages %}{% for message in rest %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% endfor %}"
    + _PLAIN
)
_THINKING = (
    _LOOP
    + "{% if message['role'] == 'assistant' %}{% set said = message['content'].split('</think>')[-1].lstrip('\\n') %}"
    "{{ '<|open|>assistant\\n' + said + '<|close|>\\n' }}{% else %}" + _TURN + "{% endif %}{% endfor %}" + _OPENING
)
_MODEL_ROLE = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate') }}{% endif %}"
    "{% set role = 'model' if message['role'] == 'assistant' else message['role'] %}"
    "{{ '<|open|>' + role + '\\n' + (message['content'] | trim) + '<|close|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|open|>model\\n' }}{% endif %}"
)
_INSTRUCTED = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{% set system = messages[0]['content'] + '\\n\\n' %}"
    "{% set rest = messages[1:] %}{% else %}{% set system = '' %}{% set rest = messages %}{% endif %}"
    "{% for message in rest %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('After the optional system message, conversation roles must alternate') }}{% endif %}"
    "{% if message['role'] == 'user' %}{{ '[INST] ' + (system if loop.last else '') + message['content'] + ' [/INST]' }}"
    "{% else %}{{ ' ' + message['content'] + eos_token }}{% endif %}{% endfor %}"
)
_TEXTS: dict[Template, str] = {
    "plain": _PLAIN,
    "no_system": _NO_SYSTEM,
    "alternating": _ALTERNATING,
    "bos": "{{ bos_token }}" + _PLAIN,
    "thinking_stripped": _THINKING
    + "{% if enable_thinking is defined and not enable_thinking %}{{ '<think>\\n\\n</think>\\n\\n' }}{% endif %}"
    + _END,
    "opens_thinking": _THINKING + "{{ '<think>\\n' }}" + _END,
    "gemma": _MODEL_ROLE,
    "instructed": _INSTRUCTED,
}


def tiny_model(
    kind: Kind,
    folder: Path,
    *,
    tokenizer: Training | None = None,
    template: Template = "plain",
    layers: int = 4,
    context: int = 4096,
    seed: int = 0,
    hidden: int = 64,
) -> Path:
    """A model of `kind` saved in `folder`, which is given back. `tokenizer` is the family's own where none is named.

    Mistral's layers all slide, Gemma 2's every other one and Gemma 3's all but the last.
    """
    tokens = tiny_tokenizer(tokenizer or OWN_TOKENIZER[kind], template=template, kind=kind)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        configuration = _configuration(kind, tokens, layers=layers, context=context, hidden=hidden)
        model = AutoModelForCausalLM.from_config(configuration, dtype=torch.float32)
    stops = [tokens.convert_tokens_to_ids(_marks(tokens)[1]), tokens.eos_token_id]
    model.generation_config.eos_token_id = sorted(set(stops))
    model.generation_config.pad_token_id = tokens.pad_token_id
    model.generation_config.bos_token_id = tokens.bos_token_id
    transformers_logging.disable_progress_bar()
    model.save_pretrained(folder)
    tokens.save_pretrained(folder)
    return folder


def tiny_tokenizer(training: Training, *, template: Template = "plain", kind: Kind | None = None) -> Any:
    """A tokenizer of the class that the family has, trained on a page of text, with a chat template of our own."""
    made = _byte_level(kind) if training == "byte_bpe" else _sentencepiece(kind)
    if template != "none":
        opening, closing = _marks(made)
        made.chat_template = _TEXTS[template].replace("<|open|>", opening).replace("<|close|>", closing)
    made.padding_side = "left"
    made.model_max_length = 10**6
    return made


def _marks(tokenizer: Any) -> tuple[str, str]:
    """The tokens that open and close a turn."""
    known = tokenizer.get_vocab()
    return ("<|im_start|>", "<|im_end|>") if "<|im_end|>" in known else ("<start_of_turn>", "<end_of_turn>")


def _byte_level(kind: Kind | None) -> Any:
    """Qwen's class without BOS, or Llama 3's way: a plain fast tokenizer whose post-processor puts BOS in front."""
    vocabulary, merges = _byte_pairs()
    specials = ["<|im_start|>", "<|im_end|>"]
    if kind in (None, "qwen3"):
        qwen: Any = Qwen2Tokenizer(vocab=dict(vocabulary), merges=list(merges))
        qwen.add_special_tokens({"additional_special_tokens": specials, "eos_token": "<|im_end|>"})
        qwen.add_tokens(["<think>", "</think>"])
        return qwen
    backend = Tokenizer(models.BPE(vocab=dict(vocabulary), merges=list(merges)))
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PRETOKENIZE_REGEX), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(["<|endoftext|>", "<|begin_of_text|>", *specials])
    backend.add_tokens(["<think>", "</think>"])
    backend.post_processor = _begins_with("<|begin_of_text|>", backend.token_to_id("<|begin_of_text|>"))
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        bos_token="<|begin_of_text|>",
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=specials,
    )


def _sentencepiece(kind: Kind | None) -> Any:
    """Gemma's class, or Llama 2's, which Mistral shares: pieces with ▁ for a space, and bytes for what has no piece."""
    specials = ["<start_of_turn>", "<end_of_turn>"]
    made: Any
    if kind in ("gemma", "gemma2", "gemma3"):
        vocabulary, merges = _pieces(("<pad>", "<eos>", "<bos>", "<unk>", "<mask>", *specials))
        made = GemmaTokenizer(vocab=dict(vocabulary), merges=list(merges))
    else:
        vocabulary, merges = _pieces(("<unk>", "<s>", "</s>", *specials, "[INST]", "[/INST]"))
        made = LlamaTokenizer(vocab=dict(vocabulary), merges=list(merges), pad_token="<unk>")
        specials += ["[INST]", "[/INST]"]
    made.add_special_tokens({"additional_special_tokens": specials})
    made.add_tokens(["<think>", "</think>"])
    made.backend_tokenizer.post_processor = _begins_with(made.bos_token, made.bos_token_id)
    return made


def _begins_with(token: str, token_id: Any) -> Any:
    """What puts BOS before a text that is encoded on its own."""
    return processors.TemplateProcessing(
        single=f"{token} $A", pair=f"{token} $A {token} $B", special_tokens=[(token, token_id)]
    )


@cache
def _byte_pairs(size: int = 420) -> tuple[tuple[tuple[str, int], ...], tuple[tuple[str, str], ...]]:
    """A vocabulary with its merges, over bytes written as letters."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    return _trained(tokenizer, trainer)


@cache
def _pieces(
    specials: tuple[str, ...], size: int = 420
) -> tuple[tuple[tuple[str, int], ...], tuple[tuple[str, str], ...]]:
    """A vocabulary with its merges, over characters, and the 256 bytes."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[*specials, *(f"<0x{byte:02X}>" for byte in range(256))],
        show_progress=False,
    )
    return _trained(tokenizer, trainer)


def _trained(tokenizer: Any, trainer: Any) -> tuple[tuple[tuple[str, int], ...], tuple[tuple[str, str], ...]]:
    tokenizer.train_from_iterator(_TEXT, trainer)
    learnt = json.loads(tokenizer.to_str())["model"]
    return tuple(learnt["vocab"].items()), tuple((left, right) for left, right in learnt["merges"])


def _configuration(kind: Kind, tokens: Any, *, layers: int, context: int, hidden: int) -> Any:
    """Two key-value heads for four query heads. Logits lie far enough apart for greedy choices to be stable."""
    shape: dict[str, Any] = {
        "vocab_size": len(tokens),
        "hidden_size": hidden,
        "intermediate_size": 2 * hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": hidden // 4,
        "max_position_embeddings": context,
        "initializer_range": 0.1,
        "bos_token_id": tokens.bos_token_id,
        "eos_token_id": tokens.eos_token_id,
        "pad_token_id": tokens.pad_token_id,
    }
    sliding = ["sliding_attention"] * layers
    if kind == "llama":
        return LlamaConfig(**shape, tie_word_embeddings=False)
    if kind == "qwen3":
        return Qwen3Config(**shape, tie_word_embeddings=False)
    if kind == "mistral":
        return MistralConfig(**shape, sliding_window=SLIDING_WINDOW)
    if kind == "gemma":
        return GemmaConfig(**shape, tie_word_embeddings=False)  # tied random ones repeat the last token for ever
    own = {"sliding_window": SLIDING_WINDOW, "query_pre_attn_scalar": hidden // 4, "tie_word_embeddings": False}
    if kind == "gemma2":
        return Gemma2Config(**shape, **own)
    return Gemma3TextConfig(**shape, **own, layer_types=[*sliding[:-1], "full_attention"])


_TEXT: Sequence[str] = (
    "The assistant answers in whole sentences, asks one question at a time and says what it does not know.",
    "A trip of five days through Europe with a moderate budget: trains, two cities, and a museum on Sunday.",
    "What is new in the papers today? The digest has ten entries, each with its source and a date.",
    "def add(left: int, right: int) -> int: return left + right",
    '{"name": "Ada", "interests": ["tidal energy", "dialogue planning"], "days": 5, "budget": 1200.50, "sure": true}',
    "Grüße aus Zürich; déjà vu à Besançon; mañana en España.",
    "system user assistant model: the goal, its criteria and its constraints; the plan, the price and the place.",
)
