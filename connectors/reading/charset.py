"""Bytes of a document to text, whatever its declarations claim. Knows no feed format; the document readers call it.

Declarations are often wrong, while bytes that form UTF-8 sequences are almost never anything else. So a byte order mark
decides, then UTF-8 where the bytes fit, then what the document declares, then the server's header, then windows-1252,
which is what servers send when they say nothing. `iso-8859-1` is read as windows-1252, as browsers do.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from email.message import Message

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE_OPENINGS = (
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_GUESS = "cp1252"
_DECLARATION = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_STRAY = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile("[^\x00-\x7f\udc80-\udcff]")


def decode(body: bytes, headers: Mapping[str, str]) -> str:
    """The text of `body`; never fails, and never gives up a document for a few bad bytes in it."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, errors="replace")
    for opening, encoding in _WIDE_OPENINGS:
        if body.startswith(opening):
            return body.decode(encoding, errors="replace")
    text = body.decode("utf-8", errors="surrogateescape")
    strays = len(_STRAY.findall(text))
    proper = len(_BEYOND_ASCII.findall(text))
    declared = [_known(name) for name in (_declared(body), _announced(headers))]
    if proper > strays:
        return _STRAY.sub(_read_stray, text)
    if not strays and not any(_is_seven_bit(encoding) for encoding in declared):
        return text
    for encoding in filter(None, declared):
        try:
            return body.decode(encoding)
        except UnicodeError:  # also of codecs that are no charsets, such as `undefined`
            continue
    return body.decode(_GUESS, errors="replace")


def _declared(body: bytes) -> str:
    match = _DECLARATION.match(body[:400])
    return match[1].decode("ascii") if match else ""


def _announced(headers: Mapping[str, str]) -> str:
    """The `charset` of the Content-Type header, empty if it gives none."""
    message = Message()
    message["Content-Type"] = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    charset = message.get_param("charset", "")
    return charset if isinstance(charset, str) else charset[2]


def _known(name: str) -> str:
    """Python's name of the encoding that a declared `name` really means, or empty. Wide ones show in the bytes."""
    try:
        found = codecs.lookup(name).name if name else ""
    except (LookupError, ValueError):
        return ""
    if found.startswith(("utf-16", "utf-32", "utf-7")) or not _is_text_encoding(found):
        return ""
    return _SUPERSETS.get(found, found)


def _is_text_encoding(name: str) -> bool:
    """Whether it turns bytes into text: Python also counts `base64`, `rot13` and the like as encodings."""
    try:
        return not name or isinstance(b"".decode(name), str)
    except (LookupError, UnicodeError):
        return False


def _is_seven_bit(encoding: str) -> bool:
    """Whether an encoding spells other scripts in ASCII bytes."""
    return encoding.startswith(("iso2022", "hz"))


def _read_stray(match: re.Match[str]) -> str:
    return bytes([ord(match[0]) - 0xDC00]).decode(_GUESS, errors="replace")
