"""What Telos itself says in a digest, in the user's language: one file a language under `templates/`.

It knows phrases and dates, nothing of rows. An unknown language is answered in English.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "de", "fr", "es")


@dataclass(frozen=True, slots=True)
class Headings:
    """The phrases of one language."""

    language: str
    phrases: dict[str, Any]

    def say(self, key: str, **facts: Any) -> str:
        """The phrase under `key` with `facts` filled in; `KEY_one` where there is one and `n` is 1."""
        if facts.get("n") == 1 and f"{key}_one" in self.phrases:
            key = f"{key}_one"
        return str(self.phrases[key]).format(**facts)

    def section(self, key: str) -> str:
        """The heading of a section: that of a known kind of item, or the name that the user gave it."""
        return str(self.phrases.get(f"section_{key}", key))

    def long_date(self, day: date) -> str:
        return self.say(
            "date",
            weekday=self.phrases["weekdays"][day.weekday()],
            day=day.day,
            month=self.phrases["months"][day.month - 1],
            year=day.year,
        )

    def short_date(self, day: date) -> str:
        return self.say("short_date", day=day.day, month=self.phrases["months"][day.month - 1])

    def ago(self, then: datetime, now: datetime) -> str:
        hours = int((now - then).total_seconds() // 3600)
        if hours < 1:
            return self.say("ago_now")
        return self.say("ago_hours", n=hours) if hours < 24 else self.say("ago_days", n=hours // 24)

    def listing(self, names: Sequence[str]) -> str:
        """ "a, b and c"."""
        if len(names) < 2:
            return "".join(names)
        return f"{', '.join(names[:-1])} {self.say('and')} {names[-1]}"


@cache
def headings(language: str) -> Headings:
    """The phrases of `language` (`de`, `de-AT`), or of English."""
    code = language.lower().split("-")[0]
    code = code if code in LANGUAGES else LANGUAGES[0]
    text = files("assistant.digest").joinpath("templates", f"{code}.toml").read_text(encoding="utf-8")
    return Headings(code, tomllib.loads(text))
