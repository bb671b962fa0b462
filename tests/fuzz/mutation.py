"""Broken copies of good documents: pieces taken out, doubled, swapped, overwritten, and words of their language put in."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

MOST_CHANGES = 8
MOST_BYTES = 20_000


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """A seed with up to `MOST_CHANGES` changes, or any bytes at all."""
    if draw(st.integers(0, 15)) == 0:
        return draw(st.binary(max_size=400))
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, MOST_CHANGES))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 60)))
        match draw(st.sampled_from(["insert", "remove", "double", "overwrite", "join", "deepen"])):
            case "insert":
                data = data[:start] + draw(st.sampled_from(words)) + data[start:]
            case "remove":
                data = data[:start] + data[end:]
            case "double":
                data = data[:end] + data[start:end] * draw(st.integers(1, 50)) + data[end:]
            case "overwrite":
                data = data[:start] + draw(st.binary(max_size=12)) + data[end:]
            case "join":
                data = data[:start] + draw(st.sampled_from(seeds))[-200:] + data[end:]
            case "deepen":
                data = data[:start] + draw(st.sampled_from(words)) * draw(st.integers(2, 300)) + data[end:]
    return data[:MOST_BYTES]
