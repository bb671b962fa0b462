"""A planner's state from an embedder, in place of the model's own: prompts in words, embedded, brought to the model's width.

It is the product's own embedder, in its worker process. `course` makes a planner of it, `trial` steers by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

AT_ONCE = 128


class Sight:
    """Rows of `width` numbers: an embedding's first ones, or all of them and zeros behind them, turned by a fixed rotation.

    The rotation is the same for every text, so that what is cut off is no part of the text's meaning in particular.
    """

    def __init__(self, embed: Callable[[Sequence[str]], NDArray[np.float32]], width: int) -> None:
        self._embed, self._width = embed, width
        self._known: dict[str, NDArray[np.float32]] = {}

    def rows(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(texts, width)."""
        new = sorted(set(texts) - self._known.keys(), key=len)
        for start in range(0, len(new), AT_ONCE):
            part = new[start : start + AT_ONCE]
            self._known |= dict(zip(part, self._narrowed(self._embed(part)), strict=True))
        return np.stack([self._known[text] for text in texts]).astype(np.float32)

    def states(self, texts: Sequence[str]) -> Tensor:
        """As a planner reads them."""
        return torch.from_numpy(self.rows(texts))

    def forget(self) -> None:
        """Let go of the texts seen."""
        self._known.clear()

    def _narrowed(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        turned, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((rows.shape[1], rows.shape[1])))
        found: NDArray[np.float32] = (rows @ turned)[:, : self._width].astype(np.float32)
        if found.shape[1] < self._width:
            found = np.pad(found, ((0, 0), (0, self._width - found.shape[1])))
        return found
