"""Bodies come out of their encoding whole, or not at all, and never larger than allowed."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from functools import partial

import brotli
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.transport.decoding import PIECE, BodyTooLarge, decoded

MEBIBYTE = 1024 * 1024


def bare_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


ENCODERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZIP", gzip.compress),
    "zlib": ("deflate", zlib.compress),
    "bare deflate": ("deflate", bare_deflate),
    "brotli": ("br", partial(brotli.compress, quality=1)),
    "none": ("", bytes),
    "an encoding that is none": ("utf-8", bytes),
}
COMPRESSED = {name: pair for name, pair in ENCODERS.items() if pair[1] is not bytes}


def in_pieces(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@pytest.mark.parametrize(("encoding", "encode"), ENCODERS.values(), ids=ENCODERS)
@given(text=st.binary(max_size=2000), repeats=st.integers(1, 400), size=st.integers(1, 3000))
def test_a_body_comes_out_as_it_went_in(
    encoding: str, encode: Callable[[bytes], bytes], text: bytes, repeats: int, size: int
) -> None:
    data = text * repeats
    assert decoded(in_pieces(encode(data), size), encoding, 2000 * 400) == data


@pytest.mark.parametrize(("encoding", "encode"), COMPRESSED.values(), ids=COMPRESSED)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_body_cut_short_is_refused(encoding: str, encode: Callable[[bytes], bytes], share: float) -> None:
    whole = encode(b"".join(str(number).encode() for number in range(50_000)))
    with pytest.raises(httpx.DecodingError, match="cut short"):
        decoded(in_pieces(whole[: int(len(whole) * share)], 1000), encoding, MEBIBYTE)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_a_body_that_is_not_what_its_header_says_is_refused(encoding: str) -> None:
    with pytest.raises(httpx.DecodingError):
        decoded([b"<rss version='2.0'><channel></channel></rss>"], encoding, MEBIBYTE)


@pytest.mark.parametrize(("encoding", "encode"), COMPRESSED.values(), ids=COMPRESSED)
def test_a_bomb_is_noticed_at_the_limit_and_costs_no_more_memory(
    encoding: str, encode: Callable[[bytes], bytes]
) -> None:
    bomb = encode(bytes(50 * MEBIBYTE))
    assert len(bomb) < MEBIBYTE
    tracemalloc.start()
    try:
        with pytest.raises(BodyTooLarge):
            decoded(in_pieces(bomb, PIECE), encoding, MEBIBYTE)
        assert tracemalloc.get_traced_memory()[1] < 5 * MEBIBYTE
    finally:
        tracemalloc.stop()


def test_a_body_that_never_ends_is_left_at_the_limit() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield bytes(PIECE)

    with pytest.raises(BodyTooLarge):
        decoded(endless(), "", MEBIBYTE)


def test_a_body_of_exactly_the_limit_passes() -> None:
    assert len(decoded([bytes(MEBIBYTE)], "", MEBIBYTE)) == MEBIBYTE


def test_several_gzip_members_are_one_body_and_padding_is_none_of_it() -> None:
    assert decoded([gzip.compress(b"one "), gzip.compress(b"two") + bytes(10)], "gzip", 100) == b"one two"


def test_a_body_encoded_twice_is_refused() -> None:
    with pytest.raises(httpx.DecodingError, match="2 times"):
        decoded([gzip.compress(gzip.compress(b"text"))], "gzip, gzip", 100)
