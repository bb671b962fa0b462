"""Weights in fewer bits, by torchao: int8 anywhere, int4 on a GPU. The rest of the model stays as it is.

It knows modules of torch and no model; `loading` calls it. The head that gives the logits keeps its precision, and so do
the embeddings, which often are the same tensor.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import torch

from assistant.engine.contract import ModelFailed

INT4_GROUP = 64
"""Weights of a row that share a scale: 128 is usual, and 64 is closer at 3% more memory."""
_INSTALL = "Install it with: pip install 'telos-assistant[quantized]'. Or set quantize = \"\" under [model]."


def quantize_weights(model: Any, quantize: str, device: str) -> None:
    """Quantise the linear layers in place; each goes to `device` on its way, so that it never holds the whole twice.

    Raises: ModelFailed where the back-end is missing, or cannot do it on this device.
    """
    if not quantize:
        return
    if importlib.util.find_spec("torchao") is None:
        raise ModelFailed(f"quantize = {quantize!r} needs torchao, which is not installed.", _INSTALL)
    if quantize == "int4" and not device.startswith("cuda"):
        raise ModelFailed(
            f"torchao has no products of int4 weights for the device {device}.",
            'Set quantize = "int8" under [model], which works there, or run the model on an NVIDIA GPU.',
        )
    from torchao.quantization import quantize_  # lazy: an extra, and slow to import

    head = model.get_output_embeddings()
    moves = None if device == "cpu" else device
    quantize_(model, _recipe(quantize), lambda part, _: _is_quantized(part, head, quantize), device=moves)


def _recipe(quantize: str) -> Any:
    """A scale for each row of int8, for each group of int4, packed as the GPU's own kernel reads it."""
    from torchao.quantization import Int4WeightOnlyConfig, Int8WeightOnlyConfig  # lazy: an extra

    if quantize == "int8":
        return Int8WeightOnlyConfig(set_inductor_config=False)
    return Int4WeightOnlyConfig(
        group_size=INT4_GROUP, int4_packing_format="tile_packed_to_4d", set_inductor_config=False
    )


def _is_quantized(part: Any, head: Any, quantize: str) -> bool:
    is_layer = isinstance(part, torch.nn.Linear) and part is not head
    return is_layer and (quantize == "int8" or part.in_features % INT4_GROUP == 0)
