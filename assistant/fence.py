"""Outside text as a prompt may hold it: between two marks that it can neither end nor begin again.

What stands between the marks is data. That holds by what the marks are, whatever the text says and however willing the
model is. It knows no prompt: whoever writes one (`engine.cited`, `drafting.author`, `sessions`, `learning.phrases`) puts
every text that others wrote through here.
"""

from __future__ import annotations

import re

TAGS = (
    "item",
    "known",
    "title",
    "statement",
    "mail",
    "example",
    "subject",
    "to",
    "draft",
    "edited",
    "transcript",
    "message",
)
"""The names of all blocks, in all prompts: a text cannot end its own, and cannot begin another."""

_TAG = re.compile(rf"<(?=\s*/?\s*(?:{'|'.join(TAGS)})\b)", re.IGNORECASE)
_QUOTES = str.maketrans("“”", '""')


def harmless(text: str) -> str:
    """`text` without the tags of any block."""
    return _TAG.sub("‹", text)


def block(name: str, text: str) -> str:
    """`text` on lines of its own between the tags of `name`, one of `TAGS`."""
    return f"<{name}>\n{harmless(text)}\n</{name}>"


def inline(name: str, text: str) -> str:
    """The same for what is one line: a title, a name."""
    return f"<{name}>{harmless(' '.join(text.split()))}</{name}>"


def quoted(text: str) -> str:
    """One line in “quotation marks”, of which it holds none itself."""
    return f"“{' '.join(text.split()).translate(_QUOTES)}”"


def until(end: str, text: str) -> str:
    """`text` that may stand before the line `end`: it does not hold these words, in whatever case and spacing."""
    words = r"\s*".join(re.escape(word) for word in end.split())
    return re.sub(words, lambda found: found[0][:-1] + "…", text, flags=re.IGNORECASE)
