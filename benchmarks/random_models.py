"""Models with random weights in real architectures: as fast as trained ones, and made where there is no hub.

`generate` measures with them. Their tokenizer is trained on the project's own text, so that a word is one token or two,
as with a real one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast
from transformers.models.llama.configuration_llama import LlamaConfig

from assistant.generation.attention import pack
from assistant.generation.head import fold

ROOT = Path(__file__).resolve().parent.parent
_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What makes a Llama large or small."""

    vocabulary: int
    width: int
    inner: int
    layers: int
    heads: int
    key_value_heads: int
    context: int = 8192


SMALL = Shape(vocabulary=4096, width=320, inner=1728, layers=6, heads=5, key_value_heads=1)
"""14 million parameters: a smoke run."""
MEDIUM = Shape(vocabulary=16_384, width=896, inner=4864, layers=8, heads=14, key_value_heads=2)
"""150 million: the layers of Qwen2.5-0.5B, a third of them. On a CPU its weights, not Python, decide how fast it is."""
LLAMA_1B = Shape(vocabulary=128_256, width=2048, inner=8192, layers=16, heads=32, key_value_heads=8)
LLAMA_8B = Shape(vocabulary=128_256, width=4096, inner=14_336, layers=32, heads=32, key_value_heads=8)


def random_model(shape: Shape, *, device: str, dtype: torch.dtype, seed: int) -> Any:
    """Weights drawn where they are to be: nothing of the size of the model passes through the CPU's memory.

    On a CPU it attends as a model does that the product loads there.
    """
    configuration = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        intermediate_size=shape.inner,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.key_value_heads,
        max_position_embeddings=shape.context,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=None,
    )
    torch.manual_seed(seed)
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(configuration, dtype=dtype)
    if device == "cpu":
        pack(model)
        fold(model)
    return model.eval().requires_grad_(False)


@cache
def trained_tokenizer(vocabulary: int) -> Any:
    """Byte-level BPE with a chat template of the usual kind."""
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trained.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=min(vocabulary, 16_384),
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    trained.train_from_iterator(own_texts(), trainer)
    made: Any = PreTrainedTokenizerFast(tokenizer_object=trained)
    made.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    made.chat_template = _TEMPLATE
    return made


@cache
def own_texts() -> tuple[str, ...]:
    """What the project says of itself, in prose and code."""
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "assistant").rglob("*.py"))]
    return tuple(path.read_text(encoding="utf-8") for path in paths)
