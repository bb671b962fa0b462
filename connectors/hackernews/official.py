"""Hacker News' own API: one thing at a time, with its comments in the order of the site, and whether it is gone.

`connectors.hackernews.reading` asks it for what the search does not know. It keeps nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.base import Misconfigured, TryLater
from connectors.hackernews.items import address, text_of
from connectors.transport import WaysOut

_ADDRESS = "https://hacker-news.firebaseio.com/v0"
_LONGEST_COMMENT = 1000
_LONGEST_IN_ALL = 12_000
"""Characters of JSON: what is told of an item beside its text is small."""


@dataclass(frozen=True, slots=True)
class Discussion:
    """A story as it stands. `comments` are its best, in the order of the site: author, text and address of each."""

    is_gone: bool
    comments: tuple[dict[str, str], ...] = ()


class Official:
    def __init__(self, ways_out: WaysOut) -> None:
        self._ways_out = ways_out

    def is_gone(self, identity: str) -> bool:
        """Whether it was deleted, or killed by moderators or flags. What the API does not know may only be new."""
        return _is_gone(self._item(identity))

    def discussion(self, identity: str, most: int) -> Discussion:
        """Raises: NeedsLogin, TryLater or Misconfigured."""
        story = self._item(identity)
        if _is_gone(story):
            return Discussion(is_gone=True)
        ranked = story.get("kids") if story else None
        comments: list[dict[str, str]] = []
        for kid in (ranked if isinstance(ranked, list) else [])[: 2 * most]:
            if len(comments) == most:
                break
            comment = self._item(str(kid))
            if comment and not _is_gone(comment) and (text := text_of(comment.get("text"))):
                comments.append(
                    {"author": str(comment.get("by") or ""), "text": text[:_LONGEST_COMMENT], "url": address(str(kid))}
                )
        while len(json.dumps(comments)) > _LONGEST_IN_ALL:
            comments.pop()
        return Discussion(is_gone=False, comments=tuple(comments))

    def _item(self, identity: str) -> Mapping[str, Any] | None:
        try:
            found = json.loads(self._ways_out.fetch(f"{_ADDRESS}/item/{int(identity)}.json").body)
        except (ValueError, RecursionError) as err:
            raise TryLater("Hacker News sent an answer that cannot be read; it will be asked again later.") from err
        except Misconfigured as err:  # the address is ours, so the user can mend nothing
            raise TryLater(f"Hacker News does not answer as it should. {err}") from err
        return found if isinstance(found, dict) else None


def _is_gone(found: Mapping[str, Any] | None) -> bool:
    return found is not None and bool(found.get("deleted") or found.get("dead"))
