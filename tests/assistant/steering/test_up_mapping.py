"""Rows from a model's own embeddings: as long as one of them, distinct, and along the directions in which they vary."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from assistant.steering.planner import Planner, Shape
from assistant.steering.up_mapping import by_pca, embeddings_of, mean_norm
from tests.assistant.at_work import model_of
from tests.tiny_models import KINDS, Kind

pytestmark = pytest.mark.integration  # it imports torch and makes models


def planner_for(embeddings: torch.Tensor, *, dimension: int, rows: int = 3, radius: float = 1.5) -> Planner:
    shape = Shape(
        fingerprint="any",
        width=embeddings.shape[1],
        norm=mean_norm(embeddings),
        dimension=dimension,
        rows=rows,
        hidden=8,
        radius=radius,
    )
    planner: Planner = Planner(shape).requires_grad_(False)
    return planner


def embeddings(vocabulary: int = 300, width: int = 24) -> torch.Tensor:
    """With a mean of their own, and variances that fall by direction."""
    drawn = torch.randn(vocabulary, width, generator=torch.Generator().manual_seed(1))
    return drawn * torch.linspace(3, 0.1, width) + 2


def actions(count: int, dimension: int) -> torch.Tensor:
    return functional.normalize(torch.randn(count, dimension, generator=torch.Generator().manual_seed(2)), dim=-1)


@pytest.mark.parametrize("dimension", [1, 8, 24])
def test_every_row_is_as_long_as_it_should_be_whatever_the_action(dimension: int) -> None:
    table = embeddings()
    planner = planner_for(table, dimension=dimension)
    by_pca(planner, table)
    lengths = planner.embedded(actions(50, dimension)).norm(dim=-1)
    assert lengths.shape == (50, 3)
    assert torch.allclose(lengths, torch.tensor(1.5 * mean_norm(table)), rtol=1e-4)


def test_the_rows_of_one_action_are_distinct() -> None:
    table = embeddings()
    planner = planner_for(table, dimension=8)
    by_pca(planner, table)
    rows = functional.normalize(planner.embedded(actions(50, 8)), dim=-1)
    alike = (rows @ rows.transpose(1, 2)).abs()
    assert all(float(alike[:, one, other].mean()) < 0.6 for one, other in ((0, 1), (0, 2), (1, 2)))


def test_the_directions_are_those_in_which_embeddings_vary_most() -> None:
    table = embeddings()
    planner = planner_for(table, dimension=4)
    by_pca(planner, table)
    kept = table - table.mean(0)
    for block in planner.up.weight.view(3, 24, 4):
        share = float((kept @ block).square().sum() / kept.square().sum())
        best = float(torch.linalg.svdvals(kept)[:4].square().sum() / kept.square().sum())
        assert share == pytest.approx(best, rel=1e-3)


def test_a_model_narrower_than_the_action_has_rows_as_long_on_average() -> None:
    table = embeddings(width=10)
    planner = planner_for(table, dimension=32)
    by_pca(planner, table)
    lengths = planner.embedded(actions(4000, 32)).norm(dim=-1)
    assert float(lengths.square().mean().sqrt()) == pytest.approx(1.5 * mean_norm(table), rel=0.02)


def test_fewer_tokens_than_directions_are_enough() -> None:
    table = embeddings(vocabulary=5)
    planner = planner_for(table, dimension=12)
    by_pca(planner, table)
    assert torch.allclose(
        planner.embedded(actions(9, 12)).norm(dim=-1), torch.tensor(1.5 * mean_norm(table)), rtol=1e-4
    )


def test_the_same_seed_maps_the_same_and_leaves_chance_as_it_was() -> None:
    table, maps = embeddings(), list[torch.Tensor]()
    before = torch.random.get_rng_state()
    for seed in (1, 1, 2):
        planner = planner_for(table, dimension=6)
        torch.random.set_rng_state(before)
        by_pca(planner, table, seed=seed)
        assert torch.equal(torch.random.get_rng_state(), before)
        maps.append(planner.up.weight.clone())
    assert torch.equal(maps[0], maps[1])
    assert not torch.allclose(maps[0], maps[2])


@pytest.mark.parametrize("kind", KINDS)
def test_embeddings_are_as_the_model_reads_them(kind: Kind) -> None:
    model = model_of(kind)
    table = embeddings_of(model)
    read = model.get_input_embeddings()(torch.tensor([5, 9])).detach()
    assert table.shape == (model.config.vocab_size, 64)
    assert torch.equal(table[[5, 9]], read.float())
    assert mean_norm(table) == pytest.approx(float(table.norm(dim=1).mean()))
