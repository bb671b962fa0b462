"""What a source tells of an item beside its text, as lines for the terminal: scores, places, whom it went to, comments.

It knows the names that connectors give such facts in `details`, whatever the source, and passes over those it does not know.
`telos memory show` prints its lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

_COUNTS = {
    "score": ("point", "points"),
    "comments": ("comment", "comments"),
    "replies": ("reply", "replies"),
    "boosts": ("boost", "boosts"),
    "likes": ("like", "likes"),
    "favourites": ("favourite", "favourites"),
}
_SENTENCES = {
    "warning": "Warning: {}",
    "boosted_by": "Boosted by {}",
    "crossposted_from": "Crossposted from {}",
    "conversation": "In {}",
    "path": "File: {}",
    "folder": "Folder: {}",
    "kicker": "Under: {}",
    "story": "On: {}",
    "discussion": "Discussion: {}",
    "from": "From: {}",
    "to": "To: {}",
    "cc": "Copy: {}",
    "files": "Files: {}",
    "attachments": "Attached: {}",
}


def lines(details: Mapping[str, Any]) -> list[str]:
    """What is known, a line a fact; the counts share one."""
    counts = [_counted(details[name], *words) for name, words in _COUNTS.items() if _is_count(details.get(name))]
    told = [" · ".join(counts)] if counts else []
    return told + [form.format(said) for name, form in _SENTENCES.items() if (said := _said(details.get(name)))]


def comments(details: Mapping[str, Any]) -> list[str]:
    """The best comments, a line each with its author and, where it has one, its score."""
    written = details.get("top_comments")
    found: list[str] = []
    for comment in written if isinstance(written, list) else []:
        if isinstance(comment, Mapping) and (text := _said(comment.get("text"))):
            score = comment.get("score")
            worth = f" ({_counted(score, *_COUNTS['score'])})" if _is_count(score) else ""
            found.append(f"{_said(comment.get('author')) or 'somebody'}{worth}: {text}")
    return found


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _said(value: Any) -> str:
    """A text, the names in a list, or a person with their address."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        name, address = _said(value.get("name")), _said(value.get("address"))
        return f"{name} <{address}>" if name and address else name or address
    return ", ".join(_joined(value)) if isinstance(value, list | tuple) else ""


def _joined(values: Iterable[Any]) -> list[str]:
    return [said for value in values if (said := _said(value))]
