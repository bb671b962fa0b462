"""What is asked once a prompt is read: the rows that steer its reply, from the state that it left the model in.

A `Chooser` is a loaded planner with what one request wants of it: the planner's own action, one that is given, or either
with noise for exploring. `Planners` keeps those that were loaded. It runs in the language model's worker, and knows
states and rows, no text.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from assistant.engine.contract import Floats, Place, Steer, Steered
from assistant.errors import BadRequest, Conflict
from assistant.steering import planner_file
from assistant.steering.planner import Planner, on_sphere
from assistant.workers.model_pipe import Appraisal

KEPT = 2
"""Planners that stay loaded: the one that serves, and one that it is compared with. One for an 8B model takes 400 MB."""


@dataclass(frozen=True, slots=True)
class Chooser:
    """One reply's planner. Its networks are float32, wherever the model is."""

    planner: Planner
    steer: Steer

    @property
    def place(self) -> Place:
        return self.steer.place or self.planner.shape.place

    @property
    def rows(self) -> int:
        return self.planner.shape.rows

    @property
    def width(self) -> int:
        """Of a row."""
        return self.planner.shape.row_width


@dataclass(frozen=True, slots=True)
class Chosen:
    """Rows of input embeddings, float32 of shape (rows, row_width) on the model's device, and how they came about."""

    rows: Tensor
    steered: Steered


def choose(choosers: Sequence[Chooser], states: Tensor) -> list[Chosen]:
    """What each of `choosers` chooses in its state, `states` being of shape (n, width).

    Those with one planner are asked together. Raises: BadRequest for a given action of another dimension.
    """
    chosen: dict[int, Chosen] = {}
    for planner in {id(one.planner): one.planner for one in choosers}.values():
        places = [place for place, one in enumerate(choosers) if one.planner is planner]
        own = states[torch.tensor(places, device=states.device)].float()
        chosen |= zip(places, _of_one(planner, [choosers[place].steer for place in places], own), strict=True)
    return [chosen[place] for place in range(len(choosers))]


def _of_one(planner: Planner, steers: Sequence[Steer], states: Tensor) -> list[Chosen]:
    with torch.no_grad():
        cloned = planner.cloned_act(states)
        actions = planner.act(states)
        for place, steer in enumerate(steers):
            actions[place] = _explored(actions[place], steer)
        values = planner.values(states, actions).amin(0)
        values_cloned = planner.values(states, cloned).amin(0)
        rows, apart = planner.embedded(actions), angles(actions, cloned)
    return [
        Chosen(
            rows[place],
            Steered(
                action=actions[place].cpu().numpy(),
                value=float(values[place]),
                value_cloned=float(values_cloned[place]),
                angle=float(apart[place]),
            ),
        )
        for place in range(len(steers))
    ]


def _explored(action: Tensor, steer: Steer) -> Tensor:
    """The action to take, (dimension,): the one that is given or the planner's own, with noise where there is any.

    Noise is normal with the standard deviation noise / sqrt(dimension) in each coordinate: a random direction, and a
    length whose mean square is noise squared whatever the dimension.
    """
    if steer.action is not None:
        if steer.action.shape != action.shape:
            raise BadRequest(
                f"The action has the shape {steer.action.shape}; this planner's actions are {tuple(action.shape)}.",
                "Give one of this planner's own dimension.",
            )
        action = torch.from_numpy(np.ascontiguousarray(steer.action, dtype=np.float32)).to(action)
    if steer.noise > 0:
        generator = torch.Generator()  # on the CPU, so that devices agree
        if steer.seed is None:
            generator.seed()
        else:
            generator.manual_seed(steer.seed % 2**63)
        drawn = torch.randn(len(action), generator=generator).to(action)
        action = action + steer.noise / len(action) ** 0.5 * drawn
    return on_sphere(action)


def angles(actions: Tensor, others: Tensor) -> Tensor:
    """How far unit vectors of shape (n, dimension) are apart: (n,), in radians.

    By the chord (Kahan): the inverse cosine of the product is blind to small angles in float32.
    """
    return 2 * torch.atan2((actions - others).norm(dim=-1), (actions + others).norm(dim=-1))


def appraised(planner: Planner, states: Floats, actions: Floats | None) -> Appraisal:
    """What `planner` thinks of `actions`, (n, dimension) and any length but 0, in `states`, (n, width).

    Raises: BadRequest for arrays of another shape.
    """
    shape = planner.shape
    if states.ndim != 2 or states.shape[1] != shape.width:
        raise BadRequest(
            f"The states have the shape {states.shape}; this planner reads states of {shape.width} numbers.",
            "Give states of the model that it was trained for.",
        )
    if actions is not None and actions.shape != (len(states), shape.dimension):
        raise BadRequest(
            f"The actions have the shape {actions.shape}; for {len(states)} states this planner takes "
            f"{(len(states), shape.dimension)}.",
            "Give one action of this planner's own dimension for each state.",
        )
    device = planner.up.weight.device
    with torch.no_grad():
        seen = torch.from_numpy(np.ascontiguousarray(states, dtype=np.float32)).to(device)
        chosen, cloned = planner.act(seen), planner.cloned_act(seen)
        given = chosen if actions is None else on_sphere(torch.from_numpy(np.array(actions, np.float32)).to(device))
        values, values_chosen, values_cloned = (
            planner.values(seen, those).amin(0).cpu().numpy() for those in (given, chosen, cloned)
        )
        return Appraisal(
            chosen=chosen.cpu().numpy(),
            cloned=cloned.cpu().numpy(),
            values=values,
            values_chosen=values_chosen,
            values_cloned=values_cloned,
            angles=angles(given, cloned).cpu().numpy(),
        )


class Planners:
    """Planners that were loaded for one model, by file; one that changed on the disk is loaded again.

    The model's states are `width` numbers, and so are its rows where `row_width` does not say otherwise.
    """

    def __init__(self, *, fingerprint: str, width: int, device: str, row_width: int = 0) -> None:
        self._fingerprint, self._width, self._device = fingerprint, width, device
        self._row_width = row_width or width
        self._kept: OrderedDict[tuple[Path, int, int], Planner] = OrderedDict()

    def get(self, path: Path) -> Planner:
        """Raises: Conflict where there is no planner for this model in the file."""
        try:
            found = path.stat()
        except OSError as err:
            raise Conflict(
                f"The planner {path.name} is not there.", "Run `telos steer status` to see those kept."
            ) from err
        key = (path, found.st_mtime_ns, found.st_size)
        planner = self._kept.pop(key, None) or self._loaded(path)
        self._kept[key] = planner
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return planner

    def clear(self) -> None:
        """Let go of all of them: they come back from the disk."""
        self._kept.clear()

    def _loaded(self, path: Path) -> Planner:
        planner = planner_file.load(path, fingerprint=self._fingerprint, device=self._device)
        if planner.shape.width != self._width:
            raise Conflict(
                f"The planner {path.name} reads states of {planner.shape.width} numbers, and the model's have {self._width}.",
                "Run `telos steer train` to make one for this model.",
            )
        if planner.shape.row_width != self._row_width:
            raise Conflict(
                f"The planner {path.name} makes rows of {planner.shape.row_width} numbers, and the model reads rows of "
                f"{self._row_width}.",
                "Run `telos steer train` to make one for this model.",
            )
        return planner
