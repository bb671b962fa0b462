"""PDFs to `Note`s, by pypdf. Runs in the reader process, whose time and memory are limited.

A long document is read for a part of that time, page by page, so that what was read by then is kept and said to be a part.
`connectors.files.watching` hands in the bytes.
"""

from __future__ import annotations

import re
import time
import zlib
from io import BytesIO
from typing import Any

from connectors.base import Misconfigured
from connectors.files.notes import MOST_LINKS, Note
from connectors.reading.links import found_in
from connectors.reading.markup import line, tidy

LONGEST = 1_000_000
"""Characters that are read of a document; memory keeps no more of a text."""
_NO_TITLE = re.compile(
    r"(?i)^(untitled.*|unbenannt.*|document\d*|microsoft (word|powerpoint) - .*|powerpoint presentation|slide \d+"
    r"|.*\.(docx?|pdf|tex|dvi|pptx?|indd|odt|rtf)|\W*)$"
)
_DIVIDED = re.compile(r"(?<=[^\W\d_])[-\u2010\u00ad]\n(?=[^\W\d_])")
_WITHIN_A_SENTENCE = re.compile(r"(?<=[^\n.!?:;])\n(?=[^\W\d_A-Z])")


def of_pdf(body: bytes, seconds: float) -> Note:
    """What a PDF says, of a long one what can be read in `seconds`.

    Raises: Misconfigured, with what is wrong with it in the words that follow its name.
    """
    import pypdf  # weight, and never in the daemon itself
    from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError

    broken = (
        PyPdfError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, AssertionError, RecursionError,
        NotImplementedError, EOFError, OSError, zlib.error,
    )  # fmt: skip
    try:
        document = pypdf.PdfReader(BytesIO(body))
        if document.is_encrypted and not document.decrypt(""):
            raise Misconfigured("it is locked with a password. Save a copy without one.")
        about = _about(document)
        pages, is_whole = _pages(document, time.monotonic() + seconds, broken)
        count = len(document.pages)
    except (DependencyError, FileNotDecryptedError) as err:
        raise Misconfigured("it is encrypted in a way that cannot be read. Save a copy without encryption.") from err
    except broken as err:
        raise Misconfigured("it is broken or not complete, and cannot be read as a PDF.") from err
    text = _flowing("\n\n".join(filter(None, map(str.strip, pages))))[:LONGEST]
    if not text:
        raise Misconfigured("it holds no text. If it was scanned, run a text recognition (OCR) over it.")
    left_out = "" if is_whole else f"only its first {len(pages)} of {count} pages were read; the rest took too long."
    return Note(
        title=_title(about.get("title", "")),
        text=text,
        authors=tuple(filter(None, (line(name) for name in re.split(r";|,| and ", about.get("author", ""))))),
        topics=tuple(filter(None, (line(word) for word in re.split(r"[;,]", about.get("keywords", "")))))[:10],
        links=found_in(text)[:MOST_LINKS],
        left_out=left_out,
    )


def _about(document: Any) -> dict[str, str]:
    """What the document says of itself; it may be anything, and nothing of it is needed."""
    found: dict[str, str] = {}
    for name in ("title", "author", "keywords"):
        try:
            value = getattr(document.metadata, name, "") or ""
        except (ValueError, TypeError, AttributeError, LookupError):
            continue
        found[name] = value[:1000] if isinstance(value, str) else ""
    return found


def _pages(document: Any, until: float, broken: tuple[type[Exception], ...]) -> tuple[list[str], bool]:
    """The texts of the pages, and whether these are all. A page that is broken is an empty one."""
    pages: list[str] = []
    size = 0
    for page in document.pages:
        if time.monotonic() > until or size > LONGEST:
            return pages, False
        try:
            pages.append(page.extract_text())
        except broken:
            pages.append("")
        size += len(pages[-1])
    return pages, True


def _title(written: str) -> str:
    title = line(written)
    return "" if _NO_TITLE.match(title) else title


def _flowing(text: str) -> str:
    """The text without the breaks that only a page's width asked for."""
    return _WITHIN_A_SENTENCE.sub(" ", _DIVIDED.sub("", tidy(text)))
