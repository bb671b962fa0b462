"""The sample feeds that ship with Telos are always this morning's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from assistant.demo.samples import dated, write_samples

NOW = datetime(2026, 3, 14, 8, 30, tzinfo=UTC)


def test_a_mark_becomes_the_instant_so_many_hours_ago_in_the_form_of_its_format() -> None:
    assert dated("<d>{{rfc822 5h}}</d> {{iso 26h}}", NOW) == (
        "<d>Sat, 14 Mar 2026 03:30:00 +0000</d> 2026-03-13T06:30:00+00:00"
    )


def test_every_sample_is_written_without_a_mark_left_and_says_that_it_is_a_sample(tmp_path: Path) -> None:
    samples = write_samples(tmp_path, NOW)
    assert len(samples) >= 4
    for path in samples.values():
        text = path.read_text(encoding="utf-8")
        assert "{{" not in text
        assert "sample" in text.lower()


def test_samples_hold_nothing_from_the_future(tmp_path: Path) -> None:
    later = {name: path.read_text() for name, path in write_samples(tmp_path, NOW + timedelta(days=1)).items()}
    now = {name: path.read_text() for name, path in write_samples(tmp_path, NOW).items()}
    assert all("2026-03-15" not in text and "15 Mar 2026" not in text for text in now.values())
    assert later != now
