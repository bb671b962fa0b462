"""Where secrets come from, and how they stay out of sight. They are never rows, and never printed.

A secret called `mail.password` is looked for as the key itself, in the file that `password_file` names, among systemd's
credentials (`LoadCredential=mail.password:...`), and in the environment (`TELOS_MAIL_PASSWORD`), in this order.
`config.load` asks for each secret that the file may hold, and fills it in.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, SecretStr

from assistant.errors import BadConfiguration

MASK = "***"
_SHORTEST_MASKED = 4
"""Shorter values occur in ordinary text; to mask them would only say where they are."""

_SHAPES = re.compile(
    r"\b(?:sk|pk|rk)[-_][\w-]{16,}|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bxox[a-z]-[\w-]{10,}"
    r"|\bhf_[A-Za-z0-9]{20,}|\bAKIA[0-9A-Z]{16}\b|\bAIza[\w-]{30,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|(?P<name>\b[Bb]earer\s+|\b(?i:pass(?:word|wd|phrase)|api[_-]?key|client[_-]?secret)\b[\"']?\s*[:=]\s*[\"']?)[^\s\"',;]{8,}"
    r"|(?P<said>\b(?i:pass(?:word|wd|phrase|wort)|api[_ -]?key|pin)\s+(?:is|ist)\s+[\"“']?)(?=[^\s\"”',;]*\d)[^\s\"”',;]{4,}",
    re.DOTALL,
)
"""Keys as services shape them, what stands after a name such as `password:`, and what somebody says theirs is."""


@dataclass(frozen=True)
class SecretPlaces:
    """`base` is the folder that relative file names start from: that of the configuration file."""

    base: Path
    environment: Mapping[str, str]

    def find(self, name: str, file: str = "") -> str | None:
        """The secret called `name`, from `file` if one is named; `None` if it is nowhere.

        Raises: BadConfiguration where the file cannot be read, or others may read it.
        """
        if file:
            return self._read(name, file)
        credentials = self.environment.get("CREDENTIALS_DIRECTORY", "")
        if credentials and (credential := Path(credentials) / name).is_file():
            return credential.read_text(encoding="utf-8").rstrip("\r\n")
        return self.environment.get(variable(name))

    def _read(self, name: str, file: str) -> str:
        path = self.base / Path(file).expanduser()
        try:
            status = path.stat()
            secret = path.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as err:
            reason = getattr(err, "strerror", None) or "it is no text"
            raise BadConfiguration(
                f"The file {path} for {name} cannot be read: {reason}.",
                "Put the secret there as a line of text, or correct the name of the file.",
            ) from err
        if stat.S_IMODE(status.st_mode) & 0o077:
            raise BadConfiguration(f"Other users may read {path}, which holds {name}.", f"Run: chmod 600 {path}")
        return secret


def refuse_open(path: Path, settings: BaseModel) -> None:
    """Go on only if the configuration at `path` holds no secret that other users may read.

    Raises: BadConfiguration with the remedy.
    """
    if not path.is_file() or not stat.S_IMODE(path.stat().st_mode) & 0o077:
        return
    text = path.read_text(encoding="utf-8", errors="replace")
    if any(secret in text for secret in secret_values(settings)):
        raise BadConfiguration(
            f"{path} holds a password or key, and other users may read it.", f"Run: chmod 600 {path}"
        )


def variable(name: str) -> str:
    """The environment variable of a secret: `TELOS_MAIL_PASSWORD` for `mail.password`."""
    return "TELOS_" + re.sub(r"\W", "_", name).upper()


def secret_values(settings: BaseModel) -> frozenset[str]:
    """The secrets in a model and in the models it holds, for masking: those by type, and what came from a file."""
    return frozenset(value for value in _secrets(settings) if len(value) >= _SHORTEST_MASKED)


def mask(text: str, secrets: Iterable[str]) -> str:
    """`text` without the secrets in it."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def mask_shapes(text: str) -> str:
    """`text` without what reads like a key or a password of any service, whoever's it is."""
    return _SHAPES.sub(lambda found: (found["name"] or found["said"] or "") + MASK, text)


def shaped(text: str) -> list[str]:
    """What `mask_shapes` would mask in `text`."""
    return [found[0][len(found["name"] or found["said"] or "") :] for found in _SHAPES.finditer(text)]


def _secrets(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            held = getattr(value, name)
            is_from_file = isinstance(held, str) and bool(getattr(value, f"{name}_file", ""))
            yield from [held] if is_from_file else _secrets(held)
    elif isinstance(value, tuple | list):
        for element in value:
            yield from _secrets(element)
