"""Web addresses: what makes two of them the same page, what a relative one means, where they stand in a text.

Knows nothing of who links to whom. Sources call `absolute` for what they show and store, and everybody calls
`canonical` for identity: it is compared, never fetched and never shown.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

_TRACKING_PREFIXES = ("utm_", "mtm_", "pk_", "piwik_", "matomo_", "hsa_", "__hs", "_hs", "at_", "ns_", "oly_", "stm_")
_TRACKING_NAMES = frozenset(
    """
    _ga _gl _openstat action_object_map action_ref_map action_type_map campaign_id cmpid dclid emc fb_action_ids
    fb_action_types fb_ref fb_source fbclid ftag gbraid gclid gclsrc guccounter guce_referrer guce_referrer_sig icid
    igsh igshid li_fat_id mc_cid mc_eid mkt_tok ml_subscriber ml_subscriber_hash msclkid ncid rb_clickid ref_src
    ref_url s_cid s_kwcid smid spm sr_share srsltid taid traffic_source trk twclid vero_conv vero_id wbraid wickedid
    xtor yclid ysclid
    """.split()  # noqa: SIM905  (a list of sixty strings reads worse)
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_UNRESERVED = re.compile("[A-Za-z0-9._~-]")
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
_IN_TEXT = re.compile(r"https?://[^\s<>\"'`\[\]{}|\\^]+")
_PUNCTUATION = ".,;:!?*_"
_SPACE_AND_CONTROLS = re.compile("[\x00-\x20\x7f-\xa0\u2028\u2029]+")


def canonical(url: str) -> str:
    """The identity of the page at `url`: no tracking parameters, fragment, user, default port or needless escapes.

    Idempotent. What is no web address comes back trimmed, so that any string has an identity. A fragment that is a
    route of its own (`#!/story`, `#/story`) stays.
    """
    parts = _split(url)
    if parts is None:
        return url.strip()
    fragment = parts.fragment if parts.fragment.startswith(("!", "/")) else ""
    query = "&".join(pair for pair in parts.query.split("&") if pair and not _is_tracking(pair))
    return urlunsplit((parts.scheme, _host(parts), _escaped(parts.path) or "/", _escaped(query), fragment))


def absolute(base: str, url: str) -> str:
    """The web address that `url` means on a page at `base`; empty if it is none (`javascript:`, `urn:`, nonsense).

    A user and password never come along, so that those of `base` do not end up in what is stored.
    """
    address = _SPACE_AND_CONTROLS.sub(lambda gap: "%20" * (gap[0].count(" ")), url.strip())
    if not address:
        return ""
    try:
        parts = _split(urljoin(base, address))
    except ValueError:
        return ""
    if parts is None:
        return ""
    path, query, fragment = _escaped(parts.path) or "/", _escaped(parts.query), _escaped(parts.fragment)
    return urlunsplit((parts.scheme, _host(parts), path, query, fragment))


def untracked(url: str) -> str:
    """The address without tracking parameters, as it may be shown and followed: all else stays, fragments too."""
    address, mark, fragment = url.partition("#")
    page, question, query = address.partition("?")
    kept = "&".join(pair for pair in query.split("&") if not _is_tracking(pair))
    return url if kept == query else page + (question + kept if kept else "") + mark + fragment


def is_web(url: str) -> bool:
    """Whether `url` is an address that can be fetched."""
    return _split(url) is not None


def found_in(text: str) -> tuple[str, ...]:
    """The web addresses in a plain text, in order and once each, without the punctuation that follows them."""
    found = (_without_punctuation(match[0]) for match in _IN_TEXT.finditer(text))
    return tuple(dict.fromkeys(address for address in found if is_web(address)))


def secure_host(written: str, *, such_as: str) -> str:
    """The server that a user names, with or without https, in lower case: "social.example", "social.example:8443".

    Raises: ValueError, with a sentence for the user, where it is no name of a server alone.
    """
    address = written.strip()
    parts = urlsplit(address if "://" in address else f"https://{address}")
    if parts.scheme != "https" or not parts.hostname or parts.path.strip("/") or parts.query or parts.username:
        raise ValueError(f"{written!r} is no server: give its name alone, such as {such_as} (https is understood)")
    return parts.netloc.lower()


def _without_punctuation(address: str) -> str:
    unopened = address.count(")") - address.count("(")
    end = len(address)
    while (last := address[end - 1 : end]) and (last in _PUNCTUATION or (last == ")" and unopened > 0)):
        unopened -= last == ")"
        end -= 1
    return address[:end]


def _split(url: str) -> SplitResult | None:
    """The parts of an http(s) address with a host and a sound port, else `None`."""
    try:
        parts = urlsplit(url.strip())
        is_sound = parts.scheme in _DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if is_sound else None


def _host(parts: SplitResult) -> str:
    name = (parts.hostname or "").rstrip(".")
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            name = quote(name)
    if ":" in name:
        name = f"[{name}]"
    return name if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{name}:{parts.port}"


def _escaped(part: str) -> str:
    """Escapes in one spelling: capitals, none for unreserved characters, all others that need it."""
    quoted = quote(part, safe="%/?:@!$&'()*+,;=~[]|")
    return _ESCAPE.sub(lambda match: _unescaped(match[1]), quoted)


def _unescaped(digits: str) -> str:
    character = chr(int(digits, 16))
    return character if _UNRESERVED.match(character) else f"%{digits.upper()}"


def _is_tracking(pair: str) -> bool:
    name = pair.partition("=")[0].lower()
    return name in _TRACKING_NAMES or name.startswith(_TRACKING_PREFIXES)
