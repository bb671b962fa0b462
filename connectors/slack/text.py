"""Slack's marks in a text (`<@U1>`, `<https://... |here>`, `&amp;`) as a person reads them. Knows names, and no message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape

from connectors.reading.links import is_web
from connectors.reading.markup import tidy

_MARK = re.compile(r"<([^<>\n]+)>")
_USER = re.compile(r"<@([UWB][A-Z0-9]+)(?:\|[^<>\n]*)?>")


def mentioned(raw: str) -> list[str]:
    """The ids of the users that a text names, in order and once each."""
    return list(dict.fromkeys(_USER.findall(raw)))


def read(raw: str, names: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The text, and the web addresses that it links to."""
    links: list[str] = []

    def told(match: re.Match[str]) -> str:
        target, _, label = (unescape(part) for part in match[1].partition("|"))
        if target.startswith("@"):
            return f"@{names.get(target[1:]) or label.lstrip('@') or 'somebody'}"
        if target.startswith("#"):
            return f"#{label or names.get(target[1:]) or 'a channel'}"
        if target.startswith("!"):
            return label or f"@{target[1:].partition('^')[0]}"
        if is_web(target):
            links.append(target)
            return target if not label or label == target or label in target else f"{label} ({target})"
        if target.startswith(("mailto:", "tel:")):
            return label or target.partition(":")[2]
        return match[0]

    return tidy(unescape(_MARK.sub(told, raw))), tuple(dict.fromkeys(links))
