"""Attention on a CPU: what the library computes, asked of torch in the forms that are fast there where heads share keys.

One query without a mask the library hands over with `enable_gqa`, which sends torch's CPU the long way (bfloat16, 14 heads on
2, 2,000 keys: 2.4 ms a layer for .17); several queries behind a mask it gives copies of the keys for each head.
`loading` puts it in the place of sdpa. Attention and mask function share one name: without the second, causality would be
lost in silence.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

NAME = "telos_packed"
LIBRARY = "sdpa"
FEW = 8
"""Up to so many queries are packed: two behind 2,000 keys take .26 ms a layer for .58, sixteen as long as without."""
_ITS_OWN = ("position_bias", "cache", "softcap", "output_attentions")
"""What is left to the library to do, or to refuse."""


def attend(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float | None = None,
    **others: Any,
) -> tuple[Tensor, None]:
    """Attention of (batch, heads, queries, width) to keys and values of fewer heads, as transformers asks for it."""
    batch, heads, queries, width = query.shape
    shared, is_few = key.shape[1], queries <= FEW
    is_ours = heads != shared and (queries == 1 if attention_mask is None else attention_mask.shape[1] == 1)
    if not is_ours or any(others.get(name) is not None for name in _ITS_OWN):
        found: tuple[Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, **others
        )
        return found
    if is_few:  # the heads that share keys become queries beside each other, and each key is read once
        query = query.reshape(batch, shared, heads // shared * queries, width)
        attention_mask = None if attention_mask is None else attention_mask.repeat(1, 1, heads // shared, 1)
    out = scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=attention_mask,
        dropout_p=others.get("dropout", 0.0),
        scale=scaling,
        enable_gqa=not is_few,
    )
    return out.reshape(batch, heads, queries, value.shape[-1]).transpose(1, 2).contiguous(), None


def pack(model: Any, name: str = NAME) -> None:
    """Have a model attend by `name` where it attends by this or by the library's sdpa; what else it has stays."""
    for config in {id(one): one for one in (model.config, model.config.get_text_config())}.values():
        if config._attn_implementation in (LIBRARY, NAME):
            config._attn_implementation = name


AttentionInterface.register(NAME, attend)
AttentionMaskInterface.register(NAME, sdpa_mask)
