"""A record's text with its facets: what it links to, whom it names, its tags. Facets count in bytes of UTF-8.

A link whose text is only a shortened address becomes the address; under other words it stands behind them. Facets that
overlap, cut a character in two or reach beyond the text are left out, as the protocol wants. Called by `connectors.bluesky.posts`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Reading:
    text: str = ""
    links: list[str] = field(default_factory=list)
    mentions: list[str] = field(default_factory=list)
    """The dids of those named."""
    tags: list[str] = field(default_factory=list)


def read_text(record: Any) -> Reading:
    """The text of a post's record; empty for a record that has none."""
    data = str(getattr(record, "text", None) or "").encode(errors="replace")
    reading = Reading(tags=[str(tag) for tag in getattr(record, "tags", None) or ()])
    pieces: list[str] = []
    end = 0
    for facet in sorted(getattr(record, "facets", None) or (), key=lambda facet: int(facet.index.byte_start)):
        start, stop = int(facet.index.byte_start), int(facet.index.byte_end)
        if start < end or stop <= start or _is_within_a_character(data, start) or _is_within_a_character(data, stop):
            continue
        pieces += [data[end:start].decode(), _told(data[start:stop].decode(), facet.features, reading)]
        end = stop
    reading.text = "".join([*pieces, data[end:].decode()])
    return reading


def _is_within_a_character(data: bytes, place: int) -> bool:
    """Or beyond the end of all."""
    return place > len(data) or (place < len(data) and data[place] & 0xC0 == 0x80)


def _told(shown: str, features: Any, reading: Reading) -> str:
    """What stands in place of `shown`; what its features say goes to `reading`."""
    for feature in features or ():
        kind = str(getattr(feature, "py_type", "") or "")
        if kind.endswith("#mention"):
            reading.mentions.append(str(feature.did))
        elif kind.endswith("#tag"):
            reading.tags.append(str(feature.tag))
        elif kind.endswith("#link"):
            uri = str(feature.uri)
            reading.links.append(uri)
            return uri if _is_short_for(shown, uri) else f"{shown} ({uri})"
    return shown


def _is_short_for(shown: str, uri: str) -> bool:
    """Whether `shown` is the address itself, perhaps without its scheme and cut off at the end."""
    plain = shown.strip().removesuffix("…").removesuffix("...")
    plain = plain.removeprefix("https://").removeprefix("http://").removeprefix("www.")
    bare = uri.removeprefix("https://").removeprefix("http://").removeprefix("www.")
    host = bare.partition("/")[0]
    return plain.casefold().startswith(host.casefold()) and bare.casefold().startswith(plain.casefold().rstrip("/"))
