"""What a planner chooses in a state, how it explores, and what is kept loaded."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from assistant.engine.contract import Floats, Steer
from assistant.errors import BadRequest, Conflict
from assistant.steering import choosing, planner_file
from assistant.steering.choosing import Chooser, Chosen, Planners, angles, appraised, choose
from assistant.steering.planner import Planner, Shape, on_sphere

pytestmark = pytest.mark.integration  # it imports torch

WIDTH, DIMENSION = 12, 6
STATE = torch.randn(1, WIDTH, generator=torch.Generator().manual_seed(3))


def made(seed: int = 0, width: int = WIDTH) -> Planner:
    torch.manual_seed(seed)
    shape = Shape(fingerprint="abc", width=width, norm=0.5, dimension=DIMENSION, hidden=16)
    planner: Planner = Planner(shape).requires_grad_(False)
    return planner


def chosen(planner: Planner, **steer: object) -> Chosen:
    (one,) = choose([Chooser(planner, Steer(planner=Path("p"), **steer))], STATE)  # type: ignore[arg-type]
    return one


def unit(*numbers: float) -> Floats:
    return np.array(numbers, dtype=np.float32)


def test_the_planners_own_action_comes_with_what_it_expects_of_it() -> None:
    planner = made()
    steered = chosen(planner).steered
    action, cloned = planner.act(STATE), planner.cloned_act(STATE)
    assert np.allclose(steered.action, action[0].numpy(), atol=1e-6)
    assert steered.value == pytest.approx(float(planner.values(STATE, action).min()), abs=1e-6)
    assert steered.value_cloned == pytest.approx(float(planner.values(STATE, cloned).min()), abs=1e-6)
    assert steered.angle == pytest.approx(float(torch.arccos((action * cloned).sum())), abs=1e-4)


def test_the_cloned_behaviour_itself_is_no_angle_away() -> None:
    planner = made()
    steered = chosen(planner, action=planner.cloned_act(STATE)[0].numpy()).steered
    assert steered.angle <= 1e-5
    assert steered.value == pytest.approx(steered.value_cloned, abs=1e-6)


@pytest.mark.parametrize(("other", "angle"), [((1.0, 0.0), 0.0), ((0.0, 1.0), np.pi / 2), ((-1.0, 0.0), np.pi)])
def test_angles_are_right_also_at_their_ends(other: tuple[float, float], angle: float) -> None:
    assert float(angles(torch.tensor([[1.0, 0.0]]), torch.tensor([other]))) == pytest.approx(angle, abs=1e-6)


def test_a_given_action_is_taken_at_length_one() -> None:
    planner, given = made(), unit(0, 3, 0, 4, 0, 0)
    one = chosen(planner, action=given)
    assert np.allclose(one.steered.action, given / 5)
    assert torch.allclose(one.rows, planner.embedded(torch.from_numpy(given / 5)[None])[0], atol=1e-6)


def test_noise_is_as_large_as_asked_for_and_its_seed_makes_it_the_same_again() -> None:
    planner, given = made(), unit(1, 0, 0, 0, 0, 0)
    drawn = [chosen(planner, action=given, noise=0.3, seed=seed).steered.action for seed in range(400)]
    assert all(abs(float(np.linalg.norm(action)) - 1) <= 1e-5 for action in drawn)
    across = np.array([np.square(action[1:] / action[0]).sum() for action in drawn])
    assert across.mean() == pytest.approx(0.3**2 * 5 / 6, rel=0.25)
    assert np.array_equal(drawn[7], chosen(planner, action=given, noise=0.3, seed=7).steered.action)
    assert not np.array_equal(drawn[7], drawn[8])
    unseeded = [chosen(planner, action=given, noise=0.3).steered.action for _ in range(2)]
    assert not np.array_equal(unseeded[0], unseeded[1])


def test_an_action_of_another_dimension_is_refused() -> None:
    with pytest.raises(BadRequest, match=r"The action has the shape \(2,\)"):
        chosen(made(), action=unit(1, 0))


def test_half_precision_states_are_read_in_float32() -> None:
    planner = made()
    (one,) = choose([Chooser(planner, Steer(planner=Path("p")))], STATE.bfloat16())
    assert one.rows.dtype == torch.float32
    assert np.allclose(one.steered.action, planner.act(STATE.bfloat16().float())[0].numpy(), atol=1e-6)


# Appraising


def test_actions_are_appraised_in_their_states_and_the_planners_own_without_any() -> None:
    planner = made()
    states = torch.randn(5, WIDTH)
    given = on_sphere(torch.randn(5, DIMENSION))
    found = appraised(planner, states.numpy(), given.numpy())
    assert np.allclose(found.values, planner.values(states, given).amin(0).numpy(), atol=1e-6)
    assert np.allclose(found.angles, angles(given, planner.cloned_act(states)).numpy(), atol=1e-6)
    own = appraised(planner, states.numpy(), None)
    assert np.allclose(own.chosen, planner.act(states).numpy(), atol=1e-6)
    assert np.array_equal(own.values, own.values_chosen)
    assert np.array_equal(own.values_cloned, found.values_cloned)


@pytest.mark.parametrize(
    ("states", "actions"),
    [((WIDTH,), None), ((2, WIDTH + 1), None), ((2, WIDTH), (1, DIMENSION)), ((2, WIDTH), (2, DIMENSION + 1))],
)
def test_arrays_of_another_shape_are_refused(states: tuple[int, ...], actions: tuple[int, ...] | None) -> None:
    given = None if actions is None else np.ones(actions, dtype=np.float32)
    with pytest.raises(BadRequest):
        appraised(made(), np.ones(states, dtype=np.float32), given)


# What is kept loaded


def test_a_planner_is_loaded_once_until_its_file_changes(tmp_path: Path) -> None:
    planners, path = Planners(fingerprint="abc", width=WIDTH, device="cpu"), tmp_path / "1.safetensors"
    planner_file.save(made(1), path, {})
    first = planners.get(path)
    assert planners.get(path) is first
    planner_file.save(made(2), path, {})
    os.utime(path, ns=(1, 1))
    second = planners.get(path)
    assert second is not first
    assert torch.equal(second.up.weight, made(2).up.weight)
    planners.clear()
    assert planners.get(path) is not second


def test_only_the_last_few_stay_loaded(tmp_path: Path) -> None:
    planners = Planners(fingerprint="abc", width=WIDTH, device="cpu")
    paths = [tmp_path / f"{number}.safetensors" for number in range(choosing.KEPT + 1)]
    loaded: list[Planner] = []
    for path in paths:
        planner_file.save(made(), path, {})
        loaded.append(planners.get(path))
    assert planners.get(paths[-1]) is loaded[-1]
    assert planners.get(paths[0]) is not loaded[0]


def test_what_cannot_steer_this_model_is_refused_with_a_sentence(tmp_path: Path) -> None:
    planners, path = Planners(fingerprint="abc", width=WIDTH, device="cpu"), tmp_path / "1.safetensors"
    with pytest.raises(Conflict, match=r"The planner 1.safetensors is not there"):
        planners.get(path)
    planner_file.save(made(width=WIDTH + 1), path, {})
    with pytest.raises(Conflict, match="reads states of 13 numbers, and the model's have 12"):
        planners.get(path)
