"""The client's methods for `/api/digest`: one a route."""

from __future__ import annotations

from datetime import date

from assistant.answers.digest import (
    Corrected,
    DigestLine,
    DigestText,
    Muted,
    MuteKindName,
    MuteRequest,
    PauseRequest,
    ResendRequest,
    SendRequest,
    Spoken,
    Target,
    Timing,
    Undone,
    VerbName,
    Word,
)
from assistant.client.wire import Wire
from assistant.digest.view import DigestView
from assistant.progress import Progress, unheard


class Digest:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def preview(self, on_progress: Progress = unheard) -> DigestView:
        return self._wire.stream("/api/digest/preview", DigestView, on_progress=on_progress)

    def send(self, *, again: bool = False, on_progress: Progress = unheard) -> DigestLine:
        return self._wire.stream("/api/digest/send", DigestLine, SendRequest(again=again), on_progress)

    def resend(self, day: date | None = None) -> DigestLine:
        return self._wire.post("/api/digest/resend", DigestLine, ResendRequest(day=day))

    def show(self, day: date | None = None) -> DigestView:
        return self._wire.get("/api/digest/shown", DigestView, day=day)

    def text(self, day: date | None = None) -> DigestText:
        return self._wire.get("/api/digest/text", DigestText, day=day)

    def correct(self, edited: DigestText) -> Corrected:
        """What an edited digest taught; or the question to be answered first."""
        return self._wire.put("/api/digest/text", Corrected, edited)

    def recent(self, limit: int = 14) -> list[DigestLine]:
        return self._wire.get("/api/digest", list[DigestLine], limit=limit)

    def timing(self) -> Timing:
        return self._wire.get("/api/digest/timing", Timing)

    def pause(self, until: date) -> Timing:
        return self._wire.post("/api/digest/pause", Timing, PauseRequest(until=until))

    def resume(self) -> Timing:
        return self._wire.delete("/api/digest/pause", Timing)

    def say(self, verb: VerbName, number: int, day: date | None = None) -> Spoken:
        return self._wire.post("/api/digest/feedback", Spoken, Word(verb=verb, number=number, day=day))

    def undo(self) -> Undone:
        return self._wire.delete("/api/digest/feedback/last", Undone)

    def mutes(self) -> list[Muted]:
        return self._wire.get("/api/digest/mutes", list[Muted])

    def mute(self, kind: MuteKindName, value: str) -> Muted:
        return self._wire.post("/api/digest/mutes", Muted, MuteRequest(kind=kind, value=value))

    def mute_entry(self, kind: MuteKindName, number: int, day: date | None = None) -> Muted:
        target = Target(number=number, day=day)
        return self._wire.post("/api/digest/mutes", Muted, MuteRequest(kind=kind, target=target))

    def unmute(self, mute_id: int) -> Muted:
        return self._wire.delete(f"/api/digest/mutes/{mute_id}", Muted)
