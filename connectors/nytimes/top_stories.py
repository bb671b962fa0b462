"""A section by the Top Stories API: its answer to items. The key is the user's, and stands in no sentence.

`connectors.nytimes.reading` calls `read` for each section. What becomes of known stories is its affair.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from connectors.base import Item, Misconfigured, NeedsLogin, SourceFailure, TryLater
from connectors.nytimes.bylines import names
from connectors.nytimes.sections import api_address
from connectors.reading import dates
from connectors.reading.links import absolute
from connectors.reading.markup import line, plain
from connectors.transport import WaysOut
from connectors.transport.translation import failure_of, failure_of_status

_FACETS = ("des_facet", "org_facet", "per_facet", "geo_facet")
_MOST_TOPICS = 15


def read(ways_out: WaysOut, section: str, key: str) -> list[Item]:
    """The stories of a section, in its order. Raises: NeedsLogin, TryLater or Misconfigured."""
    address = api_address(section)
    if address is None:
        raise Misconfigured(f"The Top Stories API has no section {section!r}. Take it out, or read it without a key.")
    try:
        answer = ways_out.http().get(address, params={"api-key": key}, headers={"Accept": "application/json"})
    except (httpx.HTTPError, httpx.InvalidURL) as err:
        raise failure_of(err, address, ways_out.policy) from None  # the cause names the address with the key
    if failure := _failure(answer, address):
        raise failure
    return _items(answer.content, section)


def _failure(answer: httpx.Response, address: str) -> SourceFailure | None:
    if answer.status_code in (401, 403):
        return NeedsLogin(
            f"The New York Times refuses the API key ({answer.status_code}). Check api_key or api_key_file, and that its "
            "app at developer.nytimes.com has the Top Stories API enabled."
        )
    return failure_of_status(answer.status_code, answer.headers, address)


def _items(body: bytes, section: str) -> list[Item]:
    try:
        answer = json.loads(body)
        results = answer["results"]
        assert isinstance(results, list)
    except (ValueError, RecursionError, KeyError, TypeError, AssertionError) as err:
        raise TryLater("The Top Stories API sent an answer that cannot be read; it will be asked again later.") from err
    found = (_item(result, section) for result in results if isinstance(result, dict))
    return [item for item in found if item is not None]


def _item(result: Mapping[str, Any], section: str) -> Item | None:
    """A story, or None for a promotion that says or leads to nothing."""
    url = absolute("", _text(result, "url"))
    identity = _text(result, "uri") or url
    title, abstract = line(plain(_text(result, "title"))), plain(_text(result, "abstract"))
    if not identity or not (title or abstract):
        return None
    published = dates.parse(_text(result, "published_date")) or dates.parse(_text(result, "created_date"))
    facets = [facet for name in _FACETS for facet in result.get(name) or () if isinstance(facet, str)]
    headings = [_text(result, "section"), _text(result, "subsection"), *facets]
    details = {"uri": _text(result, "uri"), "item_type": _text(result, "item_type"), "kicker": _text(result, "kicker")}
    return Item(
        external_id=identity,
        title=title or abstract,
        text=abstract if title else "",
        url=url,
        authors=names(_text(result, "byline")),
        topics=tuple(dict.fromkeys(filter(None, [section, *map(line, headings)])))[:_MOST_TOPICS],
        links=tuple(filter(None, [absolute("", _text(result, "short_url"))])),
        published=published,
        updated=dates.parse(_text(result, "updated_date")) or published,
        details={name: value for name, value in details.items() if value},
    )


def _text(result: Mapping[str, Any], name: str) -> str:
    """A field that is a text; the API writes "null" where it has no address."""
    value = result.get(name)
    return value.strip() if isinstance(value, str) and value != "null" else ""
