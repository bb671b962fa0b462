"""Bodies out of their `Content-Encoding`, piece by piece, so that a bomb is noticed before it goes off.

httpx decodes each piece whole, and 64 kB of brotli can become gigabytes; here no step makes more than `PIECE` bytes.
Called by `connectors.transport.guarded_http` with the raw pieces of a body.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator

import brotli
import httpx

PIECE = 64 * 1024
ACCEPTED = "gzip, deflate, br"
"""What requests offer in `Accept-Encoding`: all that `decoded` knows."""

_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_GZIP_START = b"\x1f"


class BodyTooLarge(httpx.TransportError):
    """The decoded body is larger than the limit; the rest of it was not read."""


def decoded(pieces: Iterable[bytes], encoding: str, max_bytes: int) -> bytes:
    """The whole body.

    An encoding that is none ("utf-8" is seen in the wild) leaves the body as it is. Raises: BodyTooLarge;
    httpx.DecodingError for a body that is damaged, cut short or encoded twice.
    """
    names = [name for name in encoding.lower().replace(" ", "").split(",") if name in _DECODERS]
    if len(names) > 1:
        raise httpx.DecodingError(f"the body is encoded {len(names)} times")
    body = bytearray()
    try:
        for piece in _DECODERS[names[0]](pieces) if names else pieces:
            body += piece
            if len(body) > max_bytes:
                raise BodyTooLarge(f"the body is larger than {max_bytes} bytes")
    except (zlib.error, brotli.error) as err:
        raise httpx.DecodingError("the body is damaged") from err
    return bytes(body)


def _inflate(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """gzip or zlib. Several gzip members may follow each other; what else follows is padding."""
    decoder = zlib.decompressobj(_GZIP_OR_ZLIB)
    has_begun = False
    for piece in pieces:
        rest = piece
        while rest:
            if decoder.eof:
                if not rest.startswith(_GZIP_START):
                    break
                decoder = zlib.decompressobj(_GZIP_OR_ZLIB)
            has_begun = True
            yield decoder.decompress(rest, PIECE)
            rest = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
    if has_begun and not decoder.eof:
        yield from _rest_of(decoder)


def _rest_of(decoder: zlib._Decompress) -> Iterator[bytes]:
    while piece := decoder.decompress(decoder.unconsumed_tail, PIECE):
        yield piece
    if not decoder.eof:
        raise httpx.DecodingError("the body is cut short")


def _deflate(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """zlib as the standard says, or a bare deflate stream as some servers send."""
    stream = iter(pieces)
    head = b""
    while len(head) < 2 and (piece := next(stream, b"")):
        head += piece
    is_zlib = len(head) >= 2 and head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0
    decoder = zlib.decompressobj(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
    rest = head
    while rest and not decoder.eof:
        yield decoder.decompress(rest, PIECE)
        rest = decoder.unconsumed_tail or next(stream, b"")
    if head and not decoder.eof:
        yield from _rest_of(decoder)


def _unbrotli(pieces: Iterable[bytes]) -> Iterator[bytes]:
    decoder = brotli.Decompressor()
    has_begun = False
    for piece in pieces:
        if not piece or decoder.is_finished():
            continue
        has_begun = True
        yield decoder.process(piece, output_buffer_limit=PIECE)
        while not decoder.can_accept_more_data():
            yield decoder.process(b"", output_buffer_limit=PIECE)
    if has_begun and not decoder.is_finished():
        raise httpx.DecodingError("the body is cut short")


_DECODERS: dict[str, Callable[[Iterable[bytes]], Iterator[bytes]]] = {
    "gzip": _inflate,
    "x-gzip": _inflate,
    "deflate": _deflate,
    "br": _unbrotli,
}
