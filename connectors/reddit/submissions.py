"""A submission of Reddit's API as an `Item`: score, comments, crossposts, link posts with their link; what is gone is none.

Pure: it knows the JSON of the API and asks nothing. `connectors.reddit.by_api` calls it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from connectors.base import Item
from connectors.reading.links import absolute
from connectors.reading.markup import clean, line, read, tidy
from connectors.timelines import Entry

GONE = ("[deleted]", "[removed]", "[ Removed by Reddit ]")
"""What stands in place of a text, or of a name, that is no longer there."""

_COMMENT_LENGTH = 500
_ID = re.compile(r"t3_[0-9a-z]{1,13}")
_HOME = "https://www.reddit.com"
_HOUSE = ("reddit.com", "redd.it", "redditmedia.com", "redditstatic.com")

Json = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Submission(Entry):
    """An entry that is news a second time once it is `is_settled`: by then its score and its comments say something."""

    is_settled: bool = False

    @property
    def print(self) -> str:
        return f"{super().print}{'+' if self.is_settled else ''}"


def entry_of(data: Json, *, me: str, settled_before: datetime) -> Submission | None:
    """The place of a submission in a listing, or None for what is no submission, or is gone.

    Raises: KeyError, TypeError, ValueError or OverflowError for what is none that can be read.
    """
    name = data["name"]
    if not _ID.fullmatch(name) or is_gone(data):
        return None
    written = datetime.fromtimestamp(float(data["created_utc"]), UTC)
    return Submission(
        key=name,
        order=f"{written.timestamp():012.0f} {name.removeprefix('t3_'):>13}",
        at=written,
        external_id=name,
        item=item_of(data, written, me=me),
        is_settled=written < settled_before,
    )


def is_gone(data: Json) -> bool:
    """Whether its author deleted it, or a moderator or Reddit removed it. An author's account may go, and the text stay."""
    if data.get("removed_by_category") or data.get("selftext") in GONE:
        return True
    return data.get("author") in (None, *GONE) and data.get("is_robot_indexable") is False


def item_of(data: Json, written: datetime, *, me: str) -> Item:
    """The item that a submission stands for; `me` is the user's name, in lower case, or empty."""
    origin = _origin(data)
    markup = clean(str(data.get("selftext_html") or (origin or {}).get("selftext_html") or ""), _HOME)
    reading = read(markup)
    text = reading.text or tidy(str(data.get("selftext") or (origin or {}).get("selftext") or ""))
    author = _name(data)
    edited = data.get("edited")
    return Item(
        external_id=data["name"],
        kind="post",
        title=line(str(data.get("title") or "")),
        text=text,
        html=markup,
        url=absolute(_HOME, str(data.get("permalink") or "")),
        authors=(f"u/{author}",) if author else (),
        topics=tuple(_topics(data)),
        links=tuple(dict.fromkeys([*_targets(data, origin), *reading.links])),
        thread_id=data["name"],
        published=written,
        updated=_instant(edited) or written,
        private=data.get("subreddit_type") in ("private", "employees_only", "gold_only"),
        to_me=bool(me)
        and re.search(rf"\bu/{re.escape(me)}\b", f"{data.get('title')} {text}", re.IGNORECASE) is not None,
        by_me=bool(me) and author.lower() == me,
        details=_details(data, origin),
    )


def comments_of(thread: Any, most: int) -> list[dict[str, Any]]:
    """The best comments of a thread as the API gives it, in its order: author, score and text. What is gone is left out."""
    found: list[dict[str, Any]] = []
    for comment in _comments(thread):
        text = tidy(str(comment.get("body") or ""))
        if not text or text in GONE or comment.get("stickied"):  # what sticks to the top is a moderator's notice
            continue
        score = comment.get("score")
        author = _name(comment)
        found.append(
            {
                "author": f"u/{author}" if author else "",
                "score": score if _is_number(score) else 0,
                "text": text if len(text) <= _COMMENT_LENGTH else f"{text[:_COMMENT_LENGTH].rstrip()} ...",
            }
        )
    return found[:most]


def is_of_reddit(url: str) -> bool:
    """Whether an address is Reddit's own: a thread, a user, a picture that is kept there."""
    host = urlsplit(url).hostname or ""
    return any(host == house or host.endswith(f".{house}") for house in _HOUSE)


def _origin(data: Json) -> Json | None:
    """What a crosspost crossposts."""
    parents = data.get("crosspost_parent_list")
    return parents[0] if isinstance(parents, list) and parents and isinstance(parents[0], Mapping) else None


def _targets(data: Json, origin: Json | None) -> Iterator[str]:
    """Where a link post leads; the thread that a crosspost comes from."""
    for each in filter(None, (data, origin)):
        target = absolute(_HOME, str(each.get("url") or ""))
        if target and not each.get("is_self") and not is_of_reddit(target):
            yield target
    if origin and (thread := absolute(_HOME, str(origin.get("permalink") or ""))):
        yield thread


def _topics(data: Json) -> Iterator[str]:
    if data.get("subreddit"):
        yield f"r/{data['subreddit']}"
    if flair := line(str(data.get("link_flair_text") or "")):
        yield flair


def _details(data: Json, origin: Json | None) -> dict[str, Any]:
    counts = {
        "score": data.get("score"),
        "comments": data.get("num_comments"),
        "upvote_ratio": data.get("upvote_ratio"),
    }
    details: dict[str, Any] = {name: count for name, count in counts.items() if _is_number(count)}
    if data.get("over_18"):
        details["warning"] = "NSFW"
    elif data.get("spoiler"):
        details["warning"] = "spoiler"
    if origin and origin.get("subreddit"):
        details["crossposted_from"] = f"r/{origin['subreddit']}"
    return details


def _name(data: Json) -> str:
    author = data.get("author")
    return author if isinstance(author, str) and author not in GONE else ""


def _instant(value: Any) -> datetime | None:
    """Seconds since 1970; where a post was not edited there stands false."""
    return datetime.fromtimestamp(value, UTC) if _is_number(value) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _comments(thread: Any) -> Iterator[Json]:
    """A thread is a list of two listings: the submission, and its comments."""
    listing = thread[1] if isinstance(thread, list) and len(thread) == 2 else None
    yield from (child for kind, child in children(listing) if kind == "t1")


def children(listing: Any) -> Iterator[tuple[str, Json]]:
    """The things in a listing, each with its kind."""
    data = listing.get("data") if isinstance(listing, Mapping) else None
    held = data.get("children") if isinstance(data, Mapping) else None
    for child in held if isinstance(held, list) else []:
        if isinstance(child, Mapping) and isinstance(child.get("data"), Mapping):
            yield str(child.get("kind")), child["data"]
