"""The whole of training, a stage at a time: collect, clone, learn from rewards, and be judged.

Each stage goes on from what it finds in the order's folder, says how far it is, and stops within a step of being
cancelled. `served_training` runs it in a process of its own; it knows token ids and files, no database and no clock.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from assistant.errors import BadRequest
from assistant.progress import Progress
from assistant.steering import planner_file
from assistant.steering.gate import judging, verdict
from assistant.steering.lineage import lineage_of
from assistant.steering.planner import Planner, Shape
from assistant.steering.settings import TrainingSettings
from assistant.steering.training import td3_bc
from assistant.steering.training.checkpoint import Checkpoint
from assistant.steering.training.clone import Cloned, clone, fresh
from assistant.steering.training.own_replies import AT_ONCE, Author, KeptReplies
from assistant.steering.training.replay import Replay, Turn
from assistant.steering.up_mapping import by_pca, embeddings_of, mean_norm
from assistant.workers.training_pipe import CANDIDATE, CLONED, Collected, Judged, Made, Measured, TrainingOrder

_MB = 1024 * 1024
_LEARNING_ALONE = ("alpha", "gamma", "tau", "batch", "critic_rate", "actor_rate", "policy_delay", "steps", "seed")
_LEARNING = (*_LEARNING_ALONE, "target_noise", "target_noise_clip", "is_noise_per_coordinate", "held_out")


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One order under way. `fingerprint` is its model's."""

    order: TrainingOrder
    fingerprint: str
    on_progress: Progress
    is_cancelled: Callable[[], bool]

    @property
    def _settings(self) -> TrainingSettings:
        return self.order.settings

    def collect(self, author: Author, prompts: Sequence[Sequence[int]]) -> Collected:
        """Give each prompt that has none yet the model's own reply. Raises: Cancelled, with those written kept."""
        kept = self._kept
        missing = kept.missing(prompts)
        for start in range(0, len(missing), AT_ONCE):
            self.on_progress(start, len(missing), "prompts answered")
            replies = author.replies(
                missing[start : start + AT_ONCE],
                tokens=self._settings.clone_tokens,
                temperature=self._settings.temperature,
                seed=self._settings.seed,
                is_cancelled=self.is_cancelled,
            )
            kept.keep(replies)
        self.on_progress(len(missing), len(missing), "prompts answered")
        found = kept.of(prompts)
        return Collected(len(found), sum(len(one.reply) for one in found))

    def clone(self, author: Author, prompts: Sequence[Sequence[int]]) -> Made:
        """A planner that leaves the model as it is, trained on its own replies. Raises: Cancelled; BadRequest."""
        self.collect(author, prompts)
        examples: list[Cloned] = self._kept.of(prompts)
        if not examples:
            raise BadRequest(
                "There is nothing to clone the model's replies from.",
                "Hold a conversation with it first: its prompts are what it is cloned on.",
            )
        planner = self._fresh(author)
        facts = {"settings": self._settings.as_facts(), "shape": asdict(planner.shape)}
        checkpoint = self._checkpoint("cloning", facts, only="clone")
        went = clone(
            author.frozen,
            planner,
            examples,
            self._settings,
            on_progress=self.on_progress,
            is_cancelled=self.is_cancelled,
            checkpoint=checkpoint,
        )
        made = self._made(planner, CLONED, {"stage": "clone", "examples": len(examples), "cloning": asdict(went)})
        checkpoint.clear()
        return made

    def train(self, turns: Sequence[Turn], cloned: Path, *, device: str) -> Made:
        """A planner that learnt from turns, beginning as the one in `cloned`. Raises: Cancelled; BadRequest; Conflict."""
        planner = planner_file.load(cloned, fingerprint=self.fingerprint, device=device)
        lineage = lineage_of(planner)
        whole = Replay.of(turns, dimension=planner.shape.dimension, lineage=lineage)
        replay = whole.newest(self.order.memory_mb * _MB // 2)  # its halves, seen and held out, are copies
        _require_enough(replay, self._settings)
        seen, held = replay.split(self._settings.held_out)
        settings = {name: self._settings.as_facts()[name] for name in _LEARNING}
        checkpoint = self._checkpoint("learning", {"settings": settings, "lineage": lineage})
        learnt = td3_bc.train(
            planner,
            seen,
            self._settings,
            on_progress=self.on_progress,
            is_cancelled=self.is_cancelled,
            checkpoint=checkpoint,
        )
        facts = {
            "stage": "train",
            "transitions": len(seen),
            "sessions": seen.sessions,
            "held_out_transitions": len(held),
            "held_out_sessions": held.sessions,
            "left_out_transitions": len(whole) - len(replay),
            "learnt": asdict(learnt),
        }
        made = self._made(planner, CANDIDATE, facts)
        checkpoint.clear()
        return made

    def evaluate(
        self,
        candidate: Path,
        incumbent: Path | None,
        turns: Sequence[Turn],
        prompts: Sequence[Sequence[int]],
        reader: judging.Reader | Measured,
    ) -> Judged:
        """What the gate says, of replies that `reader` writes or that were seen before. Raises: Cancelled; BadRequest; Conflict for a file that is no planner of this model."""
        new = planner_file.load(candidate, fingerprint=self.fingerprint)
        old = None if incumbent is None else planner_file.load(incumbent, fingerprint=self.fingerprint)
        replay = Replay.of(turns, dimension=new.shape.dimension, lineage=lineage_of(new))
        _require_enough(replay, self._settings)
        found = judging.evidence(
            judging.Contest(candidate=new, incumbent=old),
            turns,
            prompts,
            reader,
            self._settings,
            on_progress=self.on_progress,
            is_cancelled=self.is_cancelled,
        )
        report = verdict.judge(found, self._settings)
        return Judged(report.is_passed, report.reasons, report.as_facts())

    @property
    def _kept(self) -> KeptReplies:
        return KeptReplies(self.order.folder / "replies.json", self.fingerprint)

    def _fresh(self, author: Author) -> Planner:
        embeddings = embeddings_of(author.frozen.model)
        shape = Shape(
            fingerprint=self.fingerprint,
            width=author.frozen.width,
            norm=mean_norm(embeddings),
            dimension=self.order.dimension,
            rows=self.order.rows,
            hidden=self.order.hidden,
            radius=self.order.radius,
            place=self.order.place,
        )
        planner = fresh(shape, seed=self._settings.seed)
        if self._settings.clone_up == "keep":
            by_pca(planner, embeddings, seed=self._settings.seed)
        return planner.to(author.frozen.device)  # type: ignore[no-any-return]

    def _checkpoint(self, name: str, facts: Mapping[str, Any], *, only: str = "") -> Checkpoint:
        """A checkpoint that counts for this model and these facts; of the settings, those that begin with `only`."""
        settings = {key: value for key, value in facts["settings"].items() if key.startswith(only) or key == "seed"}
        key = json.dumps({**facts, "settings": settings, "fingerprint": self.fingerprint}, sort_keys=True)
        path = self.order.folder / f"{name}.checkpoint"
        return Checkpoint(path, sha256(key.encode()).hexdigest(), every_s=self._settings.checkpoint_s)

    def _made(self, planner: Planner, name: str, facts: dict[str, Any]) -> Made:
        path, lineage = self.order.folder / name, lineage_of(planner)
        facts = {**facts, "lineage": lineage, "shape": asdict(planner.shape), "settings": self._settings.as_facts()}
        about = {
            "stage": str(facts["stage"]),
            "lineage": lineage,
            "made_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
        planner_file.save(planner, path, about)
        return Made(path, lineage, facts)


def _require_enough(replay: Replay, settings: TrainingSettings) -> None:
    """Raises: BadRequest, saying how much is missing."""
    _, held = replay.split(settings.held_out)
    counted = (
        (len(replay), settings.least_transitions, "turns"),
        (replay.sessions, settings.least_episodes, "conversations"),
        (held.sessions, settings.least_held_out, f"of those set aside for judging ({settings.held_out:.0%} are)"),
    )
    missing = [f"{least - count} more {what}: {count} of {least}" for count, least, what in counted if count < least]
    if missing:
        raise BadRequest(
            f"There is too little to learn from. Missing, of what led to an outcome that is known: {'; '.join(missing)}.",
            "Go on talking; `/done`, `/fail`, thumbs and goals that are closed say how it went.",
        )
