"""XML as publishers send it, mended where a few common faults keep it from being well-formed. Pure text to text.

The readers of feeds and OPML call it; what is still broken afterwards is theirs to bear.
"""

from __future__ import annotations

import re

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>\s*")
_BARE_AMPERSAND = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?!#?\w{1,32};)", re.DOTALL)


def mended(text: str) -> str:
    """`text` without a declaration (it may stand too late, or name the wrong encoding: this is text already), without
    characters that XML forbids, and with the ampersands escaped that were left bare."""
    legal = _ILLEGAL.sub("", _DECLARATION.sub("", text))
    return _BARE_AMPERSAND.sub(lambda match: "&amp;" if match[0] == "&" else match[0], legal)
