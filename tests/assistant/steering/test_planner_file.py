"""A planner comes back from the disk as it was, for its own model alone, and whole or not at all."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file

from assistant.errors import Conflict
from assistant.steering import planner_file
from assistant.steering.planner import Planner, Shape
from assistant.steering.state import Standard

pytestmark = pytest.mark.integration  # it imports torch

SHAPE = Shape(fingerprint="abcdef", width=12, norm=0.7, dimension=5, rows=3, hidden=8, radius=1.5, place="start")


def made(seed: int = 0) -> Planner:
    torch.manual_seed(seed)
    return Planner(SHAPE, Standard.of(torch.randn(20, 12)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "planners" / "0001.safetensors"
    planner_file.save(made(), path, {"number": "1", "trained_at": "2026-11-21"})
    return path


def test_a_planner_comes_back_as_it_was(path: Path) -> None:
    planner, states = planner_file.load(path, fingerprint="abcdef"), torch.randn(4, 12)
    first = made()
    assert planner.shape == SHAPE
    assert torch.equal(planner.act(states), first.act(states))
    assert torch.equal(planner.cloned_act(states), first.cloned_act(states))
    assert torch.equal(planner.values(states, first.act(states)), first.values(states, first.act(states)))
    assert torch.equal(planner.embedded(first.act(states)), first.embedded(first.act(states)))
    assert not any(weights.requires_grad for weights in planner.parameters())
    assert planner_file.about(path) == {"number": "1", "trained_at": "2026-11-21"}


def test_rows_of_another_width_than_states_come_back_so(tmp_path: Path) -> None:
    planner = Planner(replace(SHAPE, row_width=20))
    planner_file.save(planner, tmp_path / "p", {})
    back = planner_file.load(tmp_path / "p", fingerprint="abcdef")
    assert (back.shape.width, back.shape.row_width) == (12, 20)
    assert back.embedded(back.act(torch.randn(4, 12))).shape == (4, 3, 20)


def test_a_planner_from_before_rows_had_a_width_of_their_own_is_read(path: Path) -> None:
    with safe_open(path, framework="pt") as file:
        header, tensors = dict(file.metadata()), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    shape = json.loads(header["shape"])
    assert shape.pop("row_width") == 12
    save_file(tensors, path, metadata={**header, "version": "1", "shape": json.dumps(shape)})
    assert planner_file.load(path, fingerprint="abcdef").shape == SHAPE


def test_only_its_owner_reads_it_and_no_draft_is_left(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_another_models_planner_is_refused_and_one_for_any_model_is_not(path: Path) -> None:
    with pytest.raises(Conflict, match=r"0001.safetensors was trained for another model \(abcdef, not 123456\)"):
        planner_file.load(path, fingerprint="123456")
    assert planner_file.load(path, fingerprint=None).shape == SHAPE


def test_a_planner_that_cannot_be_written_leaves_the_one_before(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(tensors: Any, file: Path, **_: Any) -> None:
        file.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    before = path.read_bytes()
    monkeypatch.setattr(planner_file, "save_file", full)
    with pytest.raises(OSError, match="No space left"):
        planner_file.save(made(1), path, {})
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_that_was_changed_anywhere_is_refused(path: Path, data: st.DataObject) -> None:
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        changed = whole[:place]
    else:
        changed = whole[:place] + bytes([whole[place] ^ data.draw(st.integers(1, 255))]) + whole[place + 1 :]
    other = path.with_name("changed.safetensors")
    other.write_bytes(changed)
    try:
        planner = planner_file.load(other, fingerprint="abcdef")
    except Conflict:
        return
    # a byte of what its maker noted, of a number's spelling, or white space: the weights are the same
    assert all(torch.equal(weights, made().state_dict()[name]) for name, weights in planner.state_dict().items())


def header(**changed: str) -> dict[str, str]:
    tensors = made().state_dict()
    shape = {
        "fingerprint": "abcdef",
        "width": 12,
        "norm": 0.7,
        "dimension": 5,
        "rows": 3,
        "hidden": 8,
        "radius": 1.5,
        "place": "start",
    }
    usual = {"version": "1", "shape": json.dumps(shape), "digest": planner_file._digest(tensors), "about": "{}"}
    return usual | changed


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        pytest.param({"version": "9"}, "its layout is 9", id="a later layout"),
        pytest.param({"shape": "{}"}, "does not say what it was made for", id="no shape"),
        pytest.param({"shape": "[1]"}, "its header has no shape", id="a shape that is no object"),
        pytest.param({"shape": "{"}, "its header has no shape", id="a shape that is no JSON"),
        pytest.param({"digest": "0"}, "not those that were written", id="another digest"),
    ],
)
def test_a_header_that_does_not_fit_is_said(tmp_path: Path, changed: dict[str, str], why: str) -> None:
    path = tmp_path / "odd.safetensors"
    save_file(made().state_dict(), path, metadata=header(**changed))
    with pytest.raises(Conflict, match=why):
        planner_file.load(path, fingerprint="abcdef")


@pytest.mark.parametrize("case", ["missing", "extra", "wider", "not finite"])
def test_weights_that_are_not_those_of_the_header_are_refused(tmp_path: Path, case: str) -> None:
    tensors = {name: tensor.clone() for name, tensor in made().state_dict().items()}
    if case == "missing":
        del tensors["up.weight"]
    elif case == "extra":
        tensors["more"] = torch.zeros(1)
    elif case == "wider":
        tensors["up.weight"] = torch.zeros(36, 6)
    else:
        tensors["up.weight"][0, 0] = torch.nan
    path = tmp_path / "odd.safetensors"
    save_file(tensors, path, metadata=header(digest=planner_file._digest(tensors)))
    with pytest.raises(Conflict, match="cannot be used"):
        planner_file.load(path, fingerprint="abcdef")


def test_what_is_no_planner_is_refused(tmp_path: Path) -> None:
    plain, nowhere = tmp_path / "plain.safetensors", tmp_path / "nowhere.safetensors"
    save_file({"weights": torch.zeros(2)}, plain)
    for path in (plain, nowhere, tmp_path):
        with pytest.raises(Conflict, match="cannot be used"):
            planner_file.load(path, fingerprint="abcdef")
