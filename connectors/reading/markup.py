"""HTML from outside, made harmless (`clean`) and readable (`plain`). Knows nothing of feeds, mail or pages.

`clean` is an nh3 allow-list: no scripts, styles, frames, forms, event handlers or odd URL schemes. Every source calls it
before it hands an `Item` on, and ingest calls it once more at its gate.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape, unescape
from html.parser import HTMLParser

import nh3

from connectors.reading.links import absolute

_SCHEMES = {"http", "https", "mailto"}
_TAGS = nh3.ALLOWED_TAGS - {"map", "area", "center", "tt", "strike", "acronym", "details", "nav"}
_ATTRIBUTES = {
    "a": {"href", "hreflang", "title"},
    "abbr": {"title"},
    "blockquote": {"cite"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "q": {"cite"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
    **{tag: {"dir", "lang"} for tag in ("p", "div", "span", "bdi", "bdo", "article")},
}
_DROPPED_WITH_CONTENT = {"script", "style", "template", "noscript", "iframe", "object", "svg", "math", "form", "title"}

_BLOCKS = frozenset(
    """
    address article aside blockquote dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup hr li ol p
    pre section summary table tr ul
    """.split()  # noqa: SIM905  (a list of thirty strings reads worse)
)
_NEVER_CLOSED = frozenset(("area", "base", "br", "col", "dd", "dt", "hr", "img", "input", "li", "link", "meta"))
_NEVER_CLOSED |= {"option", "p", "source", "td", "th", "tr", "wbr"}
_DEEPEST = 1000
_TAG = re.compile(r"<(/?)([A-Za-z][\w:-]*)[^<>]*>?")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e\ufeff\ufffe\uffff\ud800-\udfff]")
_BLANKS = re.compile(r"[^\S\n]+")
_GAPS = re.compile(r"\n{3,}")
_LONE_BULLET = re.compile(r"^-\s*\n+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader gets from markup: its text, and the web addresses it links to, in order and once each."""

    text: str
    links: tuple[str, ...]


def clean(html: str, base_url: str = "") -> str:
    """`html` with harmless elements only and its links absolute under `base_url`."""
    if not html:
        return ""
    html = visible(html)
    cleaned = nh3.clean(
        html if _depth(html) <= _DEEPEST else escape(_TAG.sub(" ", html)),
        tags=_TAGS,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        url_relative=lambda url: absolute(base_url, url) or None,
        link_rel="noopener noreferrer",
    )
    return cleaned.strip()


def plain(html: str) -> str:
    """The text of `html` as one reads it: entities resolved, a line for a block, a bullet for a list item."""
    return read(clean(html)).text


def read(cleaned: str) -> Reading:
    """The text and links of markup that `clean` has passed."""
    reader = _Reader()
    reader.feed(cleaned)
    reader.close()
    text = _LONE_BULLET.sub("- ", tidy("".join(reader.pieces)))
    return Reading(text, tuple(dict.fromkeys(reader.links)))


def tidy(text: str) -> str:
    """Plain text without invisible characters, with single blanks and at most one empty line between paragraphs."""
    unified = visible(text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = (_BLANKS.sub(" ", line).strip() for line in unified.split("\n"))
    return _GAPS.sub("\n\n", "\n".join(lines)).strip()


def line(text: str) -> str:
    """Plain text on one line, for titles and names."""
    return " ".join(visible(text).split())


def title_of(html: str) -> str:
    """A title that may be markup, or plain text with entities, on one line."""
    return line(plain(html) if "<" in html else unescape(html))


def visible(text: str) -> str:
    """`text` without control characters, lone surrogates and marks that reorder what is shown."""
    return _UNSEEN.sub("", text)


def _depth(html: str) -> int:
    """An upper bound of how deep elements nest. An HTML parser takes time quadratic in it, so a hostile item could take
    the time of all others in its document."""
    if html.count("<") <= _DEEPEST:
        return 0
    depth = deepest = 0
    for match in _TAG.finditer(html):
        if match[1]:
            depth = max(0, depth - 1)
        elif match[2].lower() not in _NEVER_CLOSED:
            depth += 1
            deepest = max(deepest, depth)
    return deepest


@dataclass(eq=False)
class _Reader(HTMLParser):
    """Collects text and links; trusts that nh3 has balanced the tags."""

    pieces: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    preformatted: int = 0

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            href = dict(attrs).get("href") or ""
            if href.startswith("http"):
                self.links.append(href)
        elif tag == "br":
            self.pieces.append("\n")
        elif tag in ("td", "th"):
            self.pieces.append(" ")
        elif tag == "li":
            self.pieces.append("\n- ")
        elif tag in _BLOCKS:
            self.preformatted += tag == "pre"
            self.pieces.append("\n\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS and tag != "li":
            self.preformatted -= tag == "pre"
            self.pieces.append("\n\n")

    def handle_data(self, data: str) -> None:
        self.pieces.append(data if self.preformatted else re.sub(r"\s+", " ", data))
