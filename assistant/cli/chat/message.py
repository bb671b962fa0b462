"""A message that comes through a pipe or on the command line, checked before it is sent.

It knows bytes and the standard input, nothing of conversations; `telos chat` and `telos ask` read with it.
"""

from __future__ import annotations

import codecs
import sys

from assistant.errors import BadRequest

MOST_BYTES = 4 * 1024 * 1024
"""Read from a pipe at most; the service has a bound of its own, which is lower and says so."""


def piped_message() -> str:
    """The whole standard input as one message.

    Raises: BadRequest where it is empty, endless, or not written in UTF-8.
    """
    return decoded(sys.stdin.buffer.read(MOST_BYTES + 1))


def decoded(content: bytes) -> str:
    """Bytes from outside as a message.

    Raises: BadRequest with the place of the first byte that is wrong.
    """
    if len(content) > MOST_BYTES:
        raise BadRequest(
            f"More than {MOST_BYTES // 1024 // 1024} MB came through the pipe.", "Attach a file: --attach FILE"
        )
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise BadRequest("The text in the pipe is written in UTF-16.", "Convert it: iconv -f UTF-16 -t UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise BadRequest(
            f"The text in the pipe is not written in UTF-8: byte {err.start} is 0x{content[err.start]:02x}.",
            "Convert it first, from Latin-1 for instance: iconv -f ISO-8859-1 -t UTF-8",
        ) from err
    if not text.strip():
        raise BadRequest("There is no message in the pipe.", 'Example: echo "And by train?" | telos chat --last')
    return text.rstrip("\r\n")
