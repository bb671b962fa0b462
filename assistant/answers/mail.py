"""What the API answers about the login of a mail source by its own client."""

from __future__ import annotations

from pydantic import BaseModel, Field


class AskedLogin(BaseModel):
    """A login that was begun: the user opens `address` and types `code` there within `lasts_s`. `device_code` is a secret."""

    code: str
    address: str
    device_code: str = Field(repr=False)
    lasts_s: float
    interval_s: float


class NeededLogin(BaseModel):
    """`asked` is a login that was begun, `None` where none is needed."""

    asked: AskedLogin | None = None


class Answered(BaseModel):
    """What to ask with whether the user has answered by now."""

    device_code: str = Field(repr=False)
    interval_s: float = Field(ge=0, le=3600)


class LoginState(BaseModel):
    """`is_done` once the login is kept; until then, ask again after `wait_s`."""

    is_done: bool
    wait_s: float = 0.0
