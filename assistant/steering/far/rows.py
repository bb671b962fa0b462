"""Prompts as rows of embeddings, as their process makes them: a model's own tokenizer and table, with a planner's rows put in.

The table is memory-mapped: of a model of any size, the pages of the rows that are asked for are read and nothing else. Its
server's form is vLLM's: the base64 of a tensor as torch saves it. One is only ever written here, never read.
`workers.rows` speaks with it over a pipe.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor

from assistant.engine.contract import Floats, Message, Place, Prefix, Steer, Steered
from assistant.errors import BadRequest, Conflict
from assistant.generation.embedding_files import EmbeddingFiles
from assistant.generation.loading import tokenizer_of
from assistant.generation.template import Prompts
from assistant.steering import planner_file
from assistant.steering.choosing import Chooser, Planners, appraised, choose
from assistant.steering.lineage import lineage_of
from assistant.steering.planner import Shape
from assistant.steering.state import Standard
from assistant.steering.training.clone import fresh
from assistant.steering.up_mapping import by_pca
from assistant.workers.model_pipe import Appraisal
from assistant.workers.rows_pipe import Beginning, Embedded, Fitted, Trial

TRIALS = ("Name three cities in Italy.", "How does a heat pump work?", "Write a line of verse about the sea.")
MEASURED = 16_384
"""Rows whose mean length is measured, evenly over the table, and which principal directions are found of."""

HARDLY = 0.01
"""Of what an untrained actor makes of its state, in one that is to do the same in every state: training is to go on from it."""


class PromptRows:
    """One model's tokenizer and table, and the planners that were loaded for it."""

    def __init__(self, files: EmbeddingFiles) -> None:
        """Raises: ModelFailed where there is no tokenizer that can be used."""
        self._files = files
        tokenizer = tokenizer_of(files.folder, files.vocabulary)
        self._bos_id = tokenizer.bos_token_id
        self._prompts = Prompts(tokenizer)
        self._planners: dict[Fitted, Planners] = {}
        with safe_open(files.shard, framework="pt") as file:
            self._table: Tensor = file.get_tensor(files.tensor)  # mapped: nothing is copied

    def trials(self, scale: float) -> list[Trial]:
        found = [self._prompts.ids([Message("user", text)]) for text in TRIALS]
        return [Trial(tuple(ids), saved(self._rows(ids, scale))) for ids in found]

    def embedded(
        self, messages: Sequence[Message], fitted: Fitted, behind: Prefix | Steer | None, state: Floats | None
    ) -> Embedded:
        ids = self._prompts.ids(messages)
        rows, steered, notice = self._rows(ids, fitted.scale), None, ""
        try:
            added, place, steered = self._added(behind, fitted, state)
        except Conflict as err:
            added, place, notice = None, "end", f"The reply is not steered: {err.sentence}"
        if added is not None:
            split = len(ids) if place == "end" else int(bool(ids) and ids[0] == self._bos_id)
            rows = torch.cat([rows[:split], added.to(rows.dtype), rows[split:]])
        return Embedded(
            payload=saved(rows),
            tokens=len(rows),
            stop_ids=tuple(sorted(self._prompts.stop_ids)),
            stop_strings=self._prompts.stop_strings,
            steered=steered,
            notice=notice,
        )

    def appraise(self, planner: Path, fitted: Fitted, states: Floats, actions: Floats | None) -> Appraisal:
        return appraised(self._of(fitted).get(planner), states, actions)

    def begin(self, path: Path, fitted: Fitted, wanted: Beginning, states: Floats, action: Floats | None) -> str:
        step = -(-len(self._table) // MEASURED)
        measured = self._table[::step].float() * fitted.scale
        shape = Shape(
            fingerprint=fitted.fingerprint,
            width=fitted.width,
            row_width=self._files.width,
            norm=float(measured.norm(dim=1).mean()),
            dimension=wanted.dimension,
            rows=wanted.rows,
            hidden=wanted.hidden,
            radius=wanted.radius,
            place=wanted.place,
        )
        planner = fresh(shape, seed=wanted.seed)
        by_pca(planner, measured, seed=wanted.seed)
        planner.standard.load_state_dict(Standard.of(torch.from_numpy(np.array(states, np.float32))).state_dict())
        if action is not None:
            last = planner.actor[-1]
            with torch.no_grad():
                last.weight.mul_(HARDLY)
                last.bias.copy_(torch.from_numpy(np.array(action, np.float32)))
        planner.cloned.load_state_dict(planner.actor.state_dict())
        lineage = lineage_of(planner)
        planner_file.save(planner, path, {"stage": "begin", "lineage": lineage})
        return lineage

    def tokens(self, messages: Sequence[Message], reply: str) -> tuple[list[int], list[int]]:
        return self._prompts.ids(messages), self._prompts.encode(reply)

    def _added(
        self, behind: Prefix | Steer | None, fitted: Fitted, state: Floats | None
    ) -> tuple[Tensor | None, Place, Steered | None]:
        """The rows to put in, (L, row width), and where. Raises: Conflict for a planner that cannot be used; BadRequest."""
        if isinstance(behind, Prefix):
            if behind.rows.ndim != 2 or behind.rows.shape[1] != self._files.width:
                raise BadRequest(
                    f"The rows of a prefix have the shape {behind.rows.shape}; the model reads rows of {self._files.width}.",
                    "Make them for this model.",
                )
            return torch.from_numpy(np.ascontiguousarray(behind.rows, np.float32)), behind.place, None
        if behind is None or state is None:
            return None, "end", None
        chooser = Chooser(self._of(fitted).get(behind.planner), behind)
        chosen = choose([chooser], torch.from_numpy(np.array(state, np.float32))[None])[0]
        return chosen.rows, chooser.place, chosen.steered

    def _of(self, fitted: Fitted) -> Planners:
        if fitted not in self._planners:
            self._planners[fitted] = Planners(
                fingerprint=fitted.fingerprint, width=fitted.width, row_width=self._files.width, device="cpu"
            )
        return self._planners[fitted]

    def _rows(self, ids: Sequence[int], scale: float) -> Tensor:
        """The rows of tokens in the table's own format, (tokens, row width)."""
        rows: Tensor = self._table[torch.tensor(list(ids))]
        return rows if scale == 1 else (rows.float() * scale).to(rows.dtype)


def saved(rows: Tensor) -> str:
    """A tensor of shape (tokens, row width) as a server takes it, with its own numbers and no storage beyond them."""
    file = io.BytesIO()
    plain: Any = rows.detach().clone().contiguous()
    torch.save(plain, file)
    return base64.b64encode(file.getvalue()).decode("ascii")
