"""The three ways in which a poll can fail, each named by its remedy.

A library's exceptions become one of these inside the connector or in `connectors.transport.ways_out`, `from err`. Nothing here
knows who raises them; `assistant.ingest.polling` decides what happens next by the class alone.

    SourceFailure
      +- NeedsLogin     the user must log in or give other credentials
      +- TryLater       waiting is the remedy; `after` says how long at least
      +- Misconfigured  the user must change the configuration
"""

from __future__ import annotations

from datetime import timedelta


class SourceFailure(Exception):
    """A poll that could not be done. The message is a sentence with its remedy; it never holds a secret."""


class NeedsLogin(SourceFailure):
    """The source refuses the credentials, or wants some: the user must act."""


class TryLater(SourceFailure):
    """The source cannot answer now (network, 5xx, rate limit). `after` is the least wait it asked for, if it did."""

    def __init__(self, sentence: str, after: timedelta | None = None) -> None:
        super().__init__(sentence)
        self.after = after


class Misconfigured(SourceFailure):
    """What the configuration asks for cannot be had (404, not a feed, bad query): the user must change it."""
