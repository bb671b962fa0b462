"""A message of Slack as an `Item`. Knows the shapes of the API, asks nothing.

Joins, topics and other things that happen in a channel are no messages; those of bots are left out unless they are
wanted. Files are named in the text. Called by `connectors.slack.channel` and `connectors.slack.threads`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.base import Item
from connectors.reading.markup import line
from connectors.slack.text import mentioned, read
from connectors.slack.web import Answer
from connectors.slack.workspace import NOBODY, Conversation

_SAID = frozenset(("", "thread_broadcast", "me_message", "file_share", "file_comment", "bot_message"))
"""The subtypes of what somebody said. The others tell what happened to the channel."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where messages stand: in a conversation of a workspace at `url`, read by the user `me`."""

    conversation: Conversation
    url: str
    me: str
    bots: bool

    def external_id(self, ts: str) -> str:
        return f"{self.conversation.id}/{ts}"


def is_deleted(row: Answer) -> bool:
    """What stands where a message was that has answers."""
    return row.get("subtype") == "tombstone"


def people_in(row: Answer) -> list[str]:
    """The ids of the users that a message needs names for."""
    return [one for one in (_author(row), *mentioned(_raw(row))) if one]


def moment(ts: str) -> datetime:
    """Raises: ValueError if it is no instant of Slack's."""
    return datetime.fromtimestamp(int(ts.partition(".")[0]), UTC).replace(
        microsecond=int(ts.partition(".")[2][:6].ljust(6, "0") or 0)
    )


def item_of(row: Answer, place: Place, names: Mapping[str, str]) -> Item | None:
    """None where nobody said anything that the user wants to see. Raises: KeyError, TypeError or ValueError."""
    ts = str(row["ts"])
    is_bot = row.get("subtype") == "bot_message" or bool(row.get("bot_id"))
    if str(row.get("subtype") or "") not in _SAID or (is_bot and not place.bots):
        return None
    text, links = read(_raw(row), names)
    files = _files(row)
    author = _author(row)
    to = mentioned(_raw(row))
    thread = str(row.get("thread_ts") or ts)
    conversation = place.conversation
    edited = row.get("edited")
    return Item(
        external_id=place.external_id(ts),
        kind="message",
        text="\n".join(filter(None, (text, *(f"[File: {name}]" for name, _ in files)))) or "(no text)",
        url=_permalink(place, ts, thread),
        authors=(_author_name(row, author, names),),
        topics=() if conversation.is_direct else (conversation.name,),
        links=tuple(dict.fromkeys((*links, *(url for _, url in files if url)))),
        thread_id=place.external_id(thread),
        published=moment(ts),
        updated=moment(str(edited["ts"])) if isinstance(edited, dict) and edited.get("ts") else None,
        private=True,  # even what all of a workspace may read is for its members alone
        to_me=author != place.me and ((bool(place.me) and place.me in to) or conversation.is_direct),
        by_me=bool(place.me) and author == place.me,
        details={
            "conversation": conversation.name or names.get(conversation.user, NOBODY),
            "direct": conversation.is_direct,
            **({"in_reply_to": place.external_id(thread)} if thread != ts else {}),
            **({"mentions": [names.get(one, NOBODY) for one in to]} if to else {}),
            **({"files": [name for name, _ in files]} if files else {}),
            **({"bot": True} if is_bot else {}),
        },
    )


def _raw(row: Answer) -> str:
    """What was typed; of a bot that says it in attachments alone, those."""
    text = str(row.get("text") or "")
    comment = row.get("comment")
    if row.get("subtype") == "file_comment" and isinstance(comment, dict):
        return str(comment.get("comment") or text)
    if text:
        return text
    attachments = [one for one in row.get("attachments") or () if isinstance(one, dict)]
    return "\n".join(str(one.get("text") or one.get("fallback") or "") for one in attachments)


def _author(row: Answer) -> str:
    comment = row.get("comment")
    of_comment = comment.get("user") if isinstance(comment, dict) else ""
    return str(row.get("user") or of_comment or "")


def _author_name(row: Answer, author: str, names: Mapping[str, str]) -> str:
    profile = row.get("bot_profile")
    bot = profile.get("name") if isinstance(profile, dict) else ""
    return names.get(author) or line(str(row.get("username") or bot or "")) or NOBODY


def _files(row: Answer) -> list[tuple[str, str]]:
    """Names and addresses. What leads to a file's bytes may hold a token, so only its page is named."""
    alone = row.get("file")
    rows: list[Any] = [*(row.get("files") or ()), *([alone] if isinstance(alone, dict) else [])]
    files = [one for one in rows if isinstance(one, dict) and one.get("mode") != "tombstone"]
    return [
        (
            line(str(one.get("title") or one.get("name") or "without a name")),
            str(one.get("permalink") or "").partition("?")[0],
        )
        for one in files
    ]


def _permalink(place: Place, ts: str, thread: str) -> str:
    address = f"{place.url}/archives/{place.conversation.id}/p{ts.replace('.', '')}"
    return address if thread == ts else f"{address}?thread_ts={thread}&cid={place.conversation.id}"
