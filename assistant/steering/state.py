"""The state of a conversation as the planner sees it: a model's hidden state, standardised.

It is the last layer's state, after the final norm, of the prompt's last token, read without any prefix (Dialogue Action
Tokens, arXiv 2406.11978). The statistics belong to one planner and travel with it. Knows no conversation.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

LEAST_SPREAD = 1e-3
"""A coordinate that hardly ever moves is not blown up."""


class Standard(nn.Module):  # type: ignore[misc]  # torch is not read by the type checker
    """Shifts and scales each coordinate, so that over the states it was measured on it has mean 0 and variance 1."""

    mean: Tensor
    spread: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("spread", torch.ones(width))

    @classmethod
    def of(cls, states: Tensor) -> Standard:
        """Measured on `states` of shape (n, width), n at least 1."""
        standard = cls(states.shape[1])
        states = states.float()
        standard.mean.copy_(states.mean(0))
        standard.spread.copy_(states.std(0, correction=0).clamp(min=LEAST_SPREAD))
        return standard

    def forward(self, states: Tensor) -> Tensor:
        """States of shape (..., width), float32."""
        standardised: Tensor = (states.float() - self.mean) / self.spread
        return standardised
