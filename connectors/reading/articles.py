"""The full text of an article, out of the page that carries it.

The page is fetched under the policy and read by trafilatura in the reader process, which sees bytes that we fetched and
fetches nothing itself. It knows no source; `assistant.ingest.polling` asks for it where a source has `full_text = true`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from connectors.failures import Misconfigured
from connectors.reading.charset import decode
from connectors.reading.markup import line, tidy
from connectors.transport import WaysOut
from connectors.transport.masking import mask_url

_PAGES = ("", "text/html", "application/xhtml+xml", "text/plain")
_META_CHARSET = re.compile(rb"""<meta\b[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_LANGUAGE = re.compile(r"""<html\b[^>]{0,500}?\blang\s*=\s*["']?([A-Za-z]{2})\b""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Article:
    """Plain text, paragraphs apart by a newline. What the page does not tell is empty or None."""

    title: str
    text: str
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    language: str = ""


def article_text(ways_out: WaysOut, url: str) -> Article:
    """Fetch the page at `url` and take the article out of it.

    Raises: NeedsLogin, TryLater, Misconfigured; the last also for a page without an article, or no page at all.
    """
    fetched = ways_out.fetch(url, headers={"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1"})
    kind = fetched.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in _PAGES:
        raise Misconfigured(f"{mask_url(url)} is no page with an article but {kind}.")
    article = ways_out.read(extract, fetched.body, dict(fetched.headers), fetched.url)
    if article is None:
        raise Misconfigured(f"{mask_url(url)} holds no article that can be read.")
    return article


def extract(page: bytes, headers: Mapping[str, str], url: str) -> Article | None:
    """The article of a page, None where there is none. Runs in the reader process."""
    import trafilatura  # weight, and never in the daemon itself
    from lxml.etree import LxmlError

    html = decode(page, _with_charset(page, headers))
    if headers.get("content-type", "").startswith("text/plain"):
        return Article(title="", text=tidy(html)) if html.strip() else None
    try:
        found: Any = trafilatura.bare_extraction(html, url=url, with_metadata=True, include_comments=False)
    except (LxmlError, ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return None  # a page so broken that the library stumbles over it
    if not found or not (text := tidy(found.text or "")):
        return None
    title = line(found.title or "")
    return Article(
        title=title,
        text=text.removeprefix(f"{title}\n") if title else text,
        authors=tuple(filter(None, (line(name) for name in (found.author or "").split(";")))),
        published=_midnight(found.date),
        language=_language(html),
    )


def _with_charset(page: bytes, headers: Mapping[str, str]) -> dict[str, str]:
    """The headers, with the charset that the page declares where the server names none."""
    announced = headers.get("content-type", "")
    declared = _META_CHARSET.search(page[:4096])
    if declared and "charset" not in announced.lower():
        announced = f"{announced or 'text/html'}; charset={declared[1].decode('ascii')}"
    return {"content-type": announced}


def _midnight(day: str | None) -> datetime | None:
    """Pages tell the day, not the hour."""
    try:
        return datetime.combine(date.fromisoformat(day or ""), datetime.min.time(), tzinfo=UTC)
    except ValueError:
        return None


def _language(html: str) -> str:
    declared = _LANGUAGE.search(html[:4096])
    return declared[1].lower() if declared else ""
