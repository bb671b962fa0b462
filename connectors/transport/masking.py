"""Addresses as they may be printed: `mask_url` hides what could be a secret in them.

A feed's address is often its password (a token in the query or the path), so every sentence, log line and table shows
the masked form. It is for eyes only: nothing is identified by it or fetched from it.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

MASK = "***"

_SECRET_NAMES = re.compile(
    r"token|secret|passw|passphrase|pwd|credential|auth|signature|session|api_?-?key"
    r"|^(?:key|sig|sid|pass|pin|hash|hmac|jwt|code|ticket|user|username|u|k|p|t)$",
    re.IGNORECASE,
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z0-9+/=~]+")
_LETTERS_MET_BY_DIGITS = re.compile(r"[A-Za-z](?=[0-9])|[0-9](?=[A-Za-z])")
_CASE_CHANGES = re.compile(r"[a-z](?=[A-Z])|[A-Z](?=[A-Z][a-z])")


def mask_url(url: str) -> str:
    """`url` with its user and password, its secret-looking query values, path parts and fragment as `***`."""
    try:
        split = urlsplit(url)
    except ValueError:  # such as an unclosed "[" of an IPv6 host
        return MASK
    host = f"{MASK}@{split.netloc.rpartition('@')[2]}" if "@" in split.netloc else split.netloc
    path = "/".join(MASK if _looks_random(part) else part for part in split.path.split("/"))
    query = "&".join(_mask_pair(pair) for pair in split.query.split("&"))
    fragment = MASK if "=" in split.fragment or _looks_random(split.fragment) else split.fragment
    return urlunsplit((split.scheme, host, path, query, fragment))


def _mask_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    if not equals:
        return MASK if _looks_random(name) else name
    is_secret = bool(value) and (bool(_SECRET_NAMES.search(name)) or _looks_random(value))
    return f"{name}={MASK if is_secret else value}"


def _looks_random(text: str) -> bool:
    """Whether some stretch of `text` reads like a token: a UUID, or 16 characters and more that no word is made of."""
    if _UUID.search(text):
        return True
    return any(
        len(_LETTERS_MET_BY_DIGITS.findall(word)) >= 3 or len(_CASE_CHANGES.findall(word)) >= 4
        for word in _WORD.findall(text)
        if len(word) >= 16
    )
