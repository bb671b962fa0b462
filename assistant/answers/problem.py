"""A failure on its way from the service to the command line: `application/problem+json` (RFC 9457)."""

from __future__ import annotations

from pydantic import BaseModel

from assistant import errors

MEDIA_TYPE = "application/problem+json"

_PREFIX = "urn:telos:problem:"
_KINDS: dict[str, type[errors.TelosError]] = {
    "internal": errors.TelosError,
    "bad-request": errors.BadRequest,
    "not-found": errors.NotFound,
    "conflict": errors.Conflict,
    "bad-configuration": errors.BadConfiguration,
    "unavailable": errors.Unavailable,
    "gone": errors.Gone,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


class Problem(BaseModel):
    type: str
    title: str
    status: int
    detail: str
    """The sentence."""
    remedy: str = ""

    @classmethod
    def of(cls, err: errors.TelosError) -> Problem:
        kind = next(kind for kind in type(err).__mro__ if kind in _NAMES)
        name = _NAMES[kind]
        title = name.replace("-", " ").capitalize()
        return cls(type=_PREFIX + name, title=title, status=err.status, detail=err.sentence, remedy=err.remedy)

    def as_error(self) -> errors.TelosError:
        """The failure it was made of, to be raised on the other side."""
        kind = _KINDS.get(self.type.removeprefix(_PREFIX), errors.TelosError)
        return kind(self.detail, self.remedy)
