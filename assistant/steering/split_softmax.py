"""Split-softmax: attention to the instructions raised after the softmax, with no training (arXiv 2402.10962).

A `Split` says which columns of what is read are instructions, and by which exponent; within `over` a model of transformers
attends through `attend`, registered under `NAME` as attention function and as mask function, since without the second
causality is silently lost. It knows columns and no text; `generation` makes one for a reply that asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import softplus
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import sdpa_mask

NAME = "telos_split_softmax"
_FOREIGN = ("s_aux", "position_bias")
"""What some families put into the softmax beside the keys; its two parts would not be what they are here."""

Partial = tuple[Tensor, Tensor]
"""Attention to some of the keys: outputs (batch, heads, queries, width) and log-sum-exp (batch, heads, queries), float32."""


@dataclass(frozen=True, slots=True)
class Focus:
    """One reply's: tokens `start` to `end`, `end` left out, are its instructions; `exponent` k in [0, 1] raises their
    share of attention pi to pi^k. 1 leaves attention as it is."""

    start: int
    end: int
    exponent: float = 1.0

    def shifted(self, columns: int) -> Focus:
        """With so many columns put in before the instructions."""
        return Focus(self.start + columns, self.end + columns, self.exponent)


class Split:
    """Sequences that are read side by side, a `Focus` for each, counted in columns: padding on the left is in them."""

    def __init__(self, focuses: Sequence[Focus], device: torch.device | str) -> None:
        self._starts = torch.tensor([focus.start for focus in focuses], device=device)
        self._ends = torch.tensor([focus.end for focus in focuses], device=device)
        self._exponents = torch.tensor([focus.exponent for focus in focuses], device=device)
        self._first = min(focus.start for focus in focuses)
        self._last = max(focus.end for focus in focuses)
        self._length = 0
        self._layers: list[Tensor] = []
        self._raised: dict[int, Tensor] = {}
        self._parts: dict[int, tuple[Tensor, Tensor, slice]] = {}
        self._masks: list[Tensor] = []

    @contextmanager
    def over(self, model: Any, length: int) -> Iterator[dict[str, Any]]:
        """A pass that ends at column `length`; what is given is to be passed to the model with the rest."""
        config = model.config
        configs = {id(one): one for one in (config, config.get_text_config())}.values()
        before = [one._attn_implementation for one in configs]
        self._length = length
        self._layers.clear()
        self._raised.clear()
        self._parts.clear()
        self._masks.clear()
        for one in configs:
            one._attn_implementation = NAME
        try:
            yield {"split": self}
        finally:
            for one, name in zip(configs, before, strict=True):
                one._attn_implementation = name

    def keep(self, places: Tensor) -> None:
        """Only the sequences at `places` go on."""
        self._starts, self._ends = self._starts[places], self._ends[places]
        self._exponents = self._exponents[places]

    @property
    def share(self) -> Tensor | None:
        """The attention that the last column of the last pass paid to the instructions, before it was raised: a mean over
        layers and heads, (sequences,); None where no layer went through here."""
        if not self._layers:
            return None
        return torch.stack([shares.float().exp().mean(1) for shares in self._layers]).mean(0)

    def note(self, log_shares: Tensor) -> None:
        """Keep the logarithms of a layer's shares of attention, (sequences, heads): of use only where they are asked for."""
        self._layers.append(log_shares)

    def exponents(self, queries: int) -> Tensor:
        """For the last so many columns, (sequences, 1, queries): columns within the instructions keep theirs."""
        if (known := self._raised.get(queries)) is None:
            columns = torch.arange(self._length - queries, self._length, device=self._ends.device)
            known = torch.where(columns >= self._ends[:, None], self._exponents[:, None], 1.0)[:, None]
            self._raised[queries] = known
        return known

    def parts(self, mask: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor, slice]:
        """The mask of a layer, bool (sequences, 1, queries, keys), in two: for the keys in the slice that is given back,
        which hold the instructions, and for all keys but those; each to be added to scores.

        Keys are the last columns there are: a sliding layer has let go of the first ones.
        """
        if (known := self._parts.get(id(mask))) is None:
            before = self._length - mask.shape[-1]
            columns = torch.arange(before, self._length, device=mask.device)
            inside = (columns >= self._starts[:, None]) & (columns < self._ends[:, None])
            held = slice(max(self._first - before, 0), max(self._last - before, 0))
            on_them = (mask & inside[:, None, None])[..., held]
            known = _added(on_them, dtype), _added(mask & ~inside[:, None, None], dtype), held
            self._parts[id(mask)] = known
            self._masks.append(mask)  # its number is its own as long as it lives
        return known


def apart(split: Split | None, model: Any, length: int) -> AbstractContextManager[dict[str, Any]]:
    """What is passed to the model in a pass that ends at column `length`: nothing without a split."""
    return nullcontext({}) if split is None else split.over(model, length)


def attend(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float | None = None,
    softcap: float | None = None,
    split: Split | None = None,
    **others: Any,
) -> tuple[Tensor, None]:
    """Attention of (batch, heads, queries, width) to keys and values of fewer heads, as transformers asks for it.

    Raises: ValueError where there is no split or no mask, or where more is in the softmax than keys.
    """
    if split is None or attention_mask is None or any(others.get(name) is not None for name in _FOREIGN):
        raise ValueError("this attention cannot be split")
    batch, heads, queries, width = query.shape
    scale = width**-0.5 if scaling is None else scaling
    is_packed = queries == 1 and heads != key.shape[1]
    if is_packed:  # the heads that share keys become queries beside each other, and each key is read once
        query = query.reshape(batch, key.shape[1], -1, width)
    on_them, on_rest, held = split.parts(attention_mask, query.dtype)
    rest = partial(query, key, value, on_rest, scale, softcap)
    if held.start >= held.stop:  # a sliding layer that no longer sees them
        split.note(query.new_full((batch, 1), -torch.inf))
        out = rest[0]
    else:
        them = partial(query, key[:, :, held], value[:, :, held], on_them, scale, softcap)
        out, log_shares = joined(them, rest, split.exponents(queries))
        split.note(log_shares.reshape(batch, heads, queries)[:, :, -1])
    out = out.to(query.dtype).reshape(batch, heads, queries, value.shape[-1])
    return out.transpose(1, 2).contiguous(), None


def joined(them: Partial, rest: Partial, exponents: Tensor) -> tuple[Tensor, Tensor]:
    """Both parts in one, and log pi of the first: log pi = -softplus(l_R - l_S), O' = pi^k O_S + (1 - pi^k) O_R."""
    (out_s, log_s), (out_r, log_r) = them, rest
    log_share = -softplus(log_r - log_s)
    raised = (log_share * torch.where(log_s > _NOTHING, exponents, 1.0))[..., None]
    return torch.addcmul(raised.exp() * out_s, torch.expm1(raised), out_r, value=-1), log_share


def partial(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor, scale: float, softcap: float | None = None
) -> Partial:
    """Attention to the keys that are given; a query that sees none of them has a log-sum-exp of `_NOTHING` or less.

    The CPU's kernel gives the log-sum-exp with its outputs. Elsewhere it is written out, and holds the scores of a part of
    the prompt at once.
    """
    if query.device.type == "cpu" and softcap is None and query.shape[-1] == value.shape[-1]:
        out, log_sum = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
            query, key, value, attn_mask=mask, scale=scale
        )
        return out.float(), log_sum
    groups = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    scores = (query @ key.transpose(2, 3)).float() * scale
    if softcap is not None:
        scores = torch.tanh(scores / softcap) * softcap
    scores = scores + mask.float()
    log_sum = scores.logsumexp(-1)
    return ((scores - log_sum[..., None]).exp().to(value.dtype) @ value).float(), log_sum


def _added(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """A mask as what is added to scores: finite, so that a query that sees nothing has numbers all the same."""
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill_(~mask, torch.finfo(dtype).min)


_NOTHING = -3e4
"""A log-sum-exp under which no key was seen: half of what masks add in the narrowest number format."""


def _mask(*arguments: Any, **options: Any) -> Tensor:
    """The library's mask, always written out: which columns are instructions has to be put into it."""
    mask: Tensor = sdpa_mask(*arguments, **options | {"allow_is_causal_skip": False})
    return mask


AttentionInterface.register(NAME, attend)
AttentionMaskInterface.register(NAME, _mask)
