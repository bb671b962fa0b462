"""Every live reply asks for its prompt's state: that must cost no reply, where memory runs out in the middle of one."""

from __future__ import annotations

from pathlib import Path

from assistant.engine.contract import Sampling
from tests.assistant.test_served import Shorted, asked, made, whole
from tests.tiny_models import tiny_model


def test_a_reply_that_was_begun_goes_on_without_the_state_that_was_wanted(tmp_path: Path) -> None:
    model = made(tiny_model("qwen3", tmp_path / "tiny", layers=2))
    expected, _ = whole(model.stream(asked(sampling=Sampling())))
    running = model._model
    running.decoder = Shorted(running.decoder, 1, after=3)  # type: ignore[assignment]
    *pieces, last = model.stream(asked(sampling=Sampling(), wants_hidden=True))
    assert "".join(piece.text for piece in [*pieces, last]) == expected
    assert last.usage is not None
    assert last.hidden is None


def test_a_reply_that_was_not_begun_still_brings_its_state(tmp_path: Path) -> None:
    model = made(tiny_model("qwen3", tmp_path / "tiny", layers=2))
    running = model._model
    running.decoder = Shorted(running.decoder, 1)  # type: ignore[assignment]
    *_, last = model.stream(asked(sampling=Sampling(), wants_hidden=True))
    assert last.hidden is not None
