"""A digest as mail: subject, text and HTML with its style inlined. No remote content, no scripts.

It knows the view alone: `mail` wraps what it gives into a message and hands in the feedback links.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assistant.digest.view import DigestView

FeedbackLink = Callable[[int, str], str]
"""(entry number, one of `view.FEEDBACK_VERBS`) -> a `mailto:` address, unescaped."""


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str
    html: str


def render(view: DigestView, *, feedback_link: FeedbackLink | None = None) -> Rendered:
    """The mail's parts; without `feedback_link` (a preview) no feedback stands beside the entries."""
    raise NotImplementedError
