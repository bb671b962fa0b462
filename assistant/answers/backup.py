"""What a backup is asked for, and what it holds."""

from __future__ import annotations

from pydantic import BaseModel


class BackupRequest(BaseModel):
    file: str
    """Where to, as an absolute path; no file may be there."""
    with_secrets: bool = False


class BackedUp(BaseModel):
    file: str
    megabytes: float
    items: int
    has_configuration: bool
    left_out: list[str]
    """Of the configuration: keys that hold secrets, and files that it names."""


class RestoredAnswer(BaseModel):
    """What a restore put in place."""

    made_at: str
    telos: str
    """The version that made the backup."""
    aside: str
    """Where what was there is now."""
    aside_remedy: str
    """Until when it is kept, and how it goes sooner."""
    kept: list[str]
    """Files of the user's that stayed as they were, though the backup holds them, too."""
    left_out: list[str]
    """What the backup does not hold of the configuration."""
    notices: list[str]
