"""A post of Mastodon as an `Item`, and its place in a timeline as an `Entry`. Knows the shapes of the API, asks nothing.

A boost is the post that it boosts, with who boosted it; a content warning is the title; media, polls and quotes are told
in words after the text, so that a reader without pictures knows them. Called by `connectors.mastodon.server`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

from connectors.base import Item
from connectors.reading import language
from connectors.reading.markup import clean, line, read, tidy
from connectors.timelines import Entry

Record = Mapping[str, Any]

_MEDIA = {"image": "Image", "gifv": "Animation", "video": "Video", "audio": "Audio"}
_QUOTE_IN_LINE = re.compile(r'<(p|span) class="quote-inline">.*?</\1>', re.DOTALL)
"""What a server adds for readers that know no quotes."""
_ID_WIDTH = 24


def entry_of(record: Record, *, host: str, me: str, topic: str = "") -> Entry:
    """A post of a timeline, or a notification about one. Raises KeyError, TypeError or ValueError if it is neither."""
    key = _needed(record, "id")
    status: Record = record["status"] if "status" in record and "account" in record else record
    original: Record = status.get("reblog") or status
    boosted_by = name_of(status["account"], host) if status.get("reblog") else ""
    is_hidden = any(
        found["filter"]["filter_action"] == "hide"
        for source in (status, original)
        for found in source.get("filtered") or ()
    )
    return Entry(
        key=key,
        order=key.rjust(_ID_WIDTH, "0"),
        at=_instant(record["created_at"]),
        external_id=_needed(original, "id"),
        item=None if is_hidden else item_of(original, host=host, me=me, topic=topic, boosted_by=boosted_by),
    )


def item_of(status: Record, *, host: str, me: str, topic: str = "", boosted_by: str = "") -> Item:
    quoted, quoted_links = _quoted(status, host)
    content = _QUOTE_IN_LINE.sub("", _needed(status, "content")) if quoted else _needed(status, "content")
    html = clean(content, str(status.get("url") or f"https://{host}/"))
    reading = read(html)
    warning = line(str(status.get("spoiler_text") or ""))
    uri = _needed(status, "uri")
    parent = str(status.get("in_reply_to_id") or "")
    tags = [line(str(tag["name"])) for tag in status.get("tags") or ()]
    is_to_me = any(str(mention["id"]) == me for mention in status.get("mentions") or ())
    card: Record = status.get("card") or {}
    links = (*_without_names(content, reading.links), str(card.get("url") or ""), *quoted_links)
    published = _instant(status["created_at"])
    return Item(
        external_id=_needed(status, "id"),
        kind="post",
        title=f"CW: {warning}" if warning else "",
        text="\n\n".join(filter(None, (reading.text, _media(status), _poll(status), quoted))) or "(no text)",
        html=html,
        url=str(status.get("url") or uri),
        authors=(name_of(status["account"], host),),
        topics=tuple(dict.fromkeys(filter(None, (topic, *tags)))),
        links=tuple(dict.fromkeys(link for link in links if link.startswith("http"))),
        thread_id=f"https://{host}/statuses/{parent}" if parent else uri,
        published=published,
        updated=_instant(status["edited_at"]) if status.get("edited_at") else None,
        language=language.code(str(status.get("language") or "")),
        private=status.get("visibility") in ("private", "direct"),
        to_me=is_to_me or str(status.get("in_reply_to_account_id") or "") == me,
        by_me=str(status["account"]["id"]) == me,
        details=_details(status, warning, parent, card, boosted_by),
    )


def name_of(account: Record, host: str) -> str:
    """An account as a reader knows it: "Ada Lovelace (@ada@social.example)"."""
    handle = _needed(account, "acct")
    handle = f"@{handle}" if "@" in handle else f"@{handle}@{host}"
    name = str(account.get("display_name") or "")
    for emoji in account.get("emojis") or ():
        name = name.replace(f":{emoji['shortcode']}:", "")
    return f"{line(name)} ({handle})" if line(name) else handle


def _details(status: Record, warning: str, parent: str, card: Record, boosted_by: str) -> dict[str, Any]:
    poll: Record = status.get("poll") or {}
    found = {
        "warning": warning,
        "boosted_by": boosted_by,
        "in_reply_to": parent,
        "visibility": str(status.get("visibility") or ""),
        "replies": status.get("replies_count"),
        "boosts": status.get("reblogs_count"),
        "favourites": status.get("favourites_count"),
        "card": line(str(card.get("title") or "")),
        "media": [str(medium.get("url") or "") for medium in status.get("media_attachments") or ()],
        "votes": [option.get("votes_count") for option in poll.get("options") or ()],
    }
    return {name: value for name, value in found.items() if value}


def _media(status: Record) -> str:
    told = []
    for medium in status.get("media_attachments") or ():
        name = _MEDIA.get(str(medium.get("type")), "Attachment")
        description = line(str(medium.get("description") or ""))
        told.append(f"[{name}: {description}]" if description else f"[{name} without a description]")
    return "\n".join(told)


def _poll(status: Record) -> str:
    """The question's options, without the votes: they would make every vote another version."""
    poll: Record = status.get("poll") or {}
    options = [line(str(option["title"])) for option in poll.get("options") or ()]
    if not options:
        return ""
    heading = "Poll, several answers allowed:" if poll.get("multiple") else "Poll:"
    return "\n".join([heading, *(f"- {option}" for option in options)])


def _quoted(status: Record, host: str) -> tuple[str, list[str]]:
    """What a post quotes, in words, and its address."""
    quote: Record = status.get("quote") or {}
    quoted: Record = quote.get("quoted_status") or {}
    if quote.get("state", "accepted") != "accepted" or not quoted:
        return "", []
    said = read(clean(_needed(quoted, "content"))).text
    warning = line(str(quoted.get("spoiler_text") or ""))
    shown = f"(CW: {warning})" if warning else tidy(said)
    return f"Quoting {name_of(quoted['account'], host)}: {shown}", [str(quoted.get("url") or quoted["uri"])]


def _without_names(content: str, links: tuple[str, ...]) -> list[str]:
    """The links that lead to pages, not those under @names and #tags."""
    names = _Names()
    names.feed(content)
    return [link for link in links if link not in names.found]


class _Names(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "a" and {"mention", "hashtag"} & set((attributes.get("class") or "").split()):
            self.found.add(attributes.get("href") or "")


def _needed(record: Record, name: str) -> str:
    """A field that every record of its kind has; the library puts None where one is missing."""
    if record[name] is None:
        raise ValueError(f"no {name}")
    return str(record[name])


def _instant(value: Any) -> datetime:
    instant = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return instant.replace(tzinfo=instant.tzinfo or UTC).astimezone(UTC)
