"""Where something holds or was learned, in plain words: "in mail to ann@example.org", "everywhere".

Pure functions of the fields of a scope. The verbs on the profile, announcements and `why` say scopes only through here.
"""

from __future__ import annotations

from collections.abc import Sequence

KINDS = {
    "mail": ("mail", "mail"),
    "reply": ("replies", "a reply"),
    "document": ("documents", "a document"),
    "note": ("notes", "a note"),
    "digest": ("the digest", "the digest"),
    "chat": ("conversations", "a conversation"),
}
"""A kind of text in general, and one such text."""
ANY = "texts"
_LONGEST_TEXT = 60
_LONGEST_TOPIC = 4
"""Words."""


def in_words(
    *,
    kind: str = "",
    recipient: str = "",
    domain: str = "",
    source: str = "",
    topic: str = "",
    is_topical: bool = False,
) -> str:
    """A scope behind a verb: `in replies to ann@example.org`, `in documents about: market, shares, bank`, `everywhere`."""
    where = _where(kind, recipient, domain, source, topic or ("…" if is_topical else ""))
    return f"in {where}" if where else "everywhere"


def learned_for(
    *,
    kind: str = "",
    recipient: str = "",
    domain: str = "",
    source: str = "",
    topic: str = "",
    is_topical: bool = False,
) -> str:
    """The same behind "Learned": `for mail to ann@example.org`, `for everything`."""
    where = _where(kind, recipient, domain, source, topic or ("…" if is_topical else ""))
    return f"for {where}" if where else "for everything"


def context_in_words(*, kind: str, recipient: str = "", text: str = "") -> str:
    """One text: `mail to ann@example.org: the ferry`."""
    one = KINDS[kind][1] if kind in KINDS else kind or "a text"
    about = shortened(text, _LONGEST_TEXT)
    return f"{one}{f' to {recipient}' if recipient else ''}{f': {about}' if about else ''}"


def shortened(text: str, most: int) -> str:
    """On one line, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    cut = line[:most]
    return (cut[: cut.rfind(" ")] if " " in cut else cut).rstrip(" ,.;:") + " …"


def topic_words(topic: str) -> Sequence[str]:
    """The words that name a topic, however they are parted."""
    return topic.replace(",", " ").split()[:_LONGEST_TOPIC]


def _where(kind: str, recipient: str, domain: str, source: str, topic: str) -> str:
    parts: list[str] = []
    if recipient:
        parts.append(f"to {recipient}")
    elif domain:
        parts.append(f"to anyone at {domain}")
    if source:
        parts.append(f"from the source {source}")
    if topic:
        parts.append("about: " + ", ".join(topic_words(topic)))
    if not kind and not parts:
        return ""
    named = KINDS[kind][0] if kind in KINDS else kind or ANY
    return " ".join([named, *parts])
