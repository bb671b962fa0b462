"""A configuration without its secrets: keys that hold one go, and what reads like one in a comment is masked.

It knows TOML and what secrets look like, and nothing of what the keys mean. `making` asks it for a backup that was asked
for without secrets, which is the rule.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, MutableMapping
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from assistant.secrets import mask, mask_shapes

_SECRET_KEY = re.compile(r"(?i)(?:^|_)(?:pass(?:word|wd|phrase)?|secret|token|key|bearer|credentials?|cookie|auth)$")
"""Names of keys that hold secrets, whatever is in them. `password_file` and `token_path` name places, not secrets."""


def without_secrets(text: str, secrets: Collection[str]) -> tuple[str, list[str]] | None:
    """The text of a configuration file without `secrets` and what looks like one, and the keys that were left out.

    `None` where the text is no TOML: then nobody can tell what in it is secret.
    """
    try:
        document = tomlkit.parse(text)
        left_out = _strip(document, secrets, "")
        plain = mask_shapes(mask(tomlkit.dumps(document), secrets))
        tomllib.loads(plain)
    except (TOMLKitError, tomllib.TOMLDecodeError):
        return None
    return plain, left_out


def _strip(table: MutableMapping[str, Any], secrets: Collection[str], within: str) -> list[str]:
    """Take secrets out of a table and the tables in it; the keys that went, in full."""
    left_out: list[str] = []
    for key in list(table):
        value, name = table[key], f"{within}{key}"
        if _holds_secret(key, value, secrets):
            del table[key]
            left_out.append(name)
        elif isinstance(value, MutableMapping):
            left_out += _strip(value, secrets, f"{name}.")
        elif isinstance(value, list):
            for number, element in enumerate(value):
                if isinstance(element, MutableMapping):
                    owner = element.get("name") or number + 1
                    left_out += _strip(element, secrets, f"{name}.{owner}.")
    return left_out


def _holds_secret(key: str, value: Any, secrets: Collection[str]) -> bool:
    if isinstance(value, list):
        return any(_holds_secret(key, element, secrets) for element in value if isinstance(element, str))
    if not isinstance(value, str) or not value:
        return False
    return bool(_SECRET_KEY.search(key)) or any(secret in value for secret in secrets) or mask_shapes(value) != value
