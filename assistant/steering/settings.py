"""Every number that training a planner depends on, with the published value where one was published.

Dialogue Action Tokens (arXiv 2406.11978) for cloning and rates, TD3+BC (arXiv 2106.06860) for the algorithm. Plain data
without torch: the daemon makes one from the configuration, and the training worker, the gate and the benchmarks read it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSettings:
    """One run. Noises are shares of an action's length, which is 1."""

    seed: int = 0
    checkpoint_s: float = 30.0
    """Between two checkpoints."""

    # Stage 1: self-cloning.
    clone_rate: float = 1e-3
    """AdamW's; it falls to 0 along a line."""
    clone_decay: float = 0.01
    clone_epochs: int = 3
    clone_tokens: int = 128
    """The longest reply of the model's own that is cloned."""
    clone_batch: int = 16
    clone_clip: float = 1.0
    """The longest that a gradient may be."""
    clone_noise: float = 0.0
    """Added to actions while cloning, so that actions near the cloned one leave the model as it is, too."""
    clone_up: Literal["learn", "keep"] = "learn"
    """`keep` leaves the up-mapping as it came (from a PCA of the embeddings, say) and trains the actor alone."""
    clone_target: Literal["tokens", "distribution"] = "tokens"
    """What a reply's place is to match: its token, as published, or the unsteered model's distribution over all."""

    # Stage 2: TD3+BC.
    gamma: float = 0.99
    tau: float = 0.005
    target_noise: float = 0.2
    target_noise_clip: float = 0.5
    is_noise_per_coordinate: bool = False
    """Whether the noise above is each coordinate's; if not, it is divided by the root of their number."""
    policy_delay: int = 2
    critic_rate: float = 1e-5
    actor_rate: float = 1e-6
    batch: int = 1024
    alpha: float = 2.5
    steps: int = 20_000

    # The gate.
    held_out: float = 0.2
    """The share of sessions that training never sees."""
    judges: int = 40
    """Fitted Q-functions of each policy, each on a bootstrap sample of the held-out sessions."""
    judge_steps: int = 1_500
    judge_width: int = 64
    judge_states: int = 64
    """They see no more principal components of a state than these."""
    judge_rate: float = 1e-3
    judge_decay: float = 1e-2
    judge_batch: int = 256
    judge_tau: float = 0.02
    confidence: float = 0.95
    """Of the lower bound, one-sided."""
    most_perplexity: float = 1.1
    """Of steered replies over unsteered ones, both under the unsteered model."""
    gate_replies: int = 64
    gate_tokens: int = 64
    temperature: float = 1.0
    """Of replies that are cloned, and of those whose perplexity is compared."""

    # What is too little.
    least_transitions: int = 200
    least_episodes: int = 20
    """Sessions."""
    least_held_out: int = 5
    """Sessions set aside."""

    def as_facts(self) -> dict[str, Any]:
        """For a report, or to compare with those of a checkpoint."""
        return asdict(self)


PUBLISHED = TrainingSettings()
"""Dialogue Action Tokens, for planners of tens of millions of parameters."""
SMALL = replace(PUBLISHED, critic_rate=3e-4, actor_rate=3e-4, batch=256)
"""TD3+BC's own rates, for planners of a few hundred thousand parameters."""
