"""The API as typed Python: one method a route, grouped by noun. The command line uses nothing else.

    with Client(Home.find()) as telos:
        print(telos.status().version)
        telos.digest.say("more", 2)

Every method raises the `TelosError` that the service raised. The nouns are imported when they are first asked for,
because a command needs one of them and each builds its models on import.
"""

from __future__ import annotations

from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING

from assistant.answers.backup import BackedUp, BackupRequest
from assistant.answers.doctor import Finding, Repaired
from assistant.answers.status import Status
from assistant.client.wire import Wire
from assistant.home import Home
from assistant.progress import Progress, unheard

if TYPE_CHECKING:
    from assistant.client.calls import Calls
    from assistant.client.conversations import Conversations
    from assistant.client.digest import Digest
    from assistant.client.drafts import Drafts
    from assistant.client.facts import Facts
    from assistant.client.goals import Goals
    from assistant.client.jobs import Jobs
    from assistant.client.mail import Mail
    from assistant.client.memory import Memory
    from assistant.client.models import Models
    from assistant.client.profile import Profile
    from assistant.client.sources import Sources
    from assistant.client.steering import Steering
    from assistant.client.waiting import Waiting


class Client:
    def __init__(self, home: Home) -> None:
        self._wire = Wire(home)

    @property
    def is_daemon(self) -> bool:
        """Whether a daemon answers, rather than this process."""
        return self._wire.is_daemon

    def status(self) -> Status:
        return self._wire.get("/api/status", Status)

    def doctor(self, on_progress: Progress = unheard) -> list[Finding]:
        """Try every part of the service."""
        return self._wire.stream("/api/doctor", list[Finding], on_progress=on_progress)

    def repair(self, on_progress: Progress = unheard, *, everything: bool = False) -> Repaired:
        """Make anew what does not follow from the database any more, or all that follows from it."""
        path = "/api/doctor/repair" + ("?everything=true" if everything else "")
        return self._wire.stream(path, Repaired, on_progress=on_progress)

    def backup(self, request: BackupRequest, on_progress: Progress = unheard) -> BackedUp:
        """Copy everything that cannot be made anew into one file, while the service goes on."""
        return self._wire.stream("/api/backup", BackedUp, request, on_progress)

    @cached_property
    def sources(self) -> Sources:
        from assistant.client.sources import Sources

        return Sources(self._wire)

    @cached_property
    def mail(self) -> Mail:
        from assistant.client.mail import Mail

        return Mail(self._wire)

    @cached_property
    def memory(self) -> Memory:
        from assistant.client.memory import Memory

        return Memory(self._wire)

    @cached_property
    def models(self) -> Models:
        from assistant.client.models import Models

        return Models(self._wire)

    @cached_property
    def digest(self) -> Digest:
        from assistant.client.digest import Digest

        return Digest(self._wire)

    @cached_property
    def facts(self) -> Facts:
        from assistant.client.facts import Facts

        return Facts(self._wire)

    @cached_property
    def waiting(self) -> Waiting:
        from assistant.client.waiting import Waiting

        return Waiting(self._wire)

    @cached_property
    def conversations(self) -> Conversations:
        from assistant.client.conversations import Conversations

        return Conversations(self._wire)

    @cached_property
    def goals(self) -> Goals:
        from assistant.client.goals import Goals

        return Goals(self._wire)

    @cached_property
    def drafts(self) -> Drafts:
        from assistant.client.drafts import Drafts

        return Drafts(self._wire)

    @cached_property
    def profile(self) -> Profile:
        from assistant.client.profile import Profile

        return Profile(self._wire)

    @cached_property
    def jobs(self) -> Jobs:
        from assistant.client.jobs import Jobs

        return Jobs(self._wire)

    @cached_property
    def calls(self) -> Calls:
        from assistant.client.calls import Calls

        return Calls(self._wire)

    @cached_property
    def steering(self) -> Steering:
        from assistant.client.steering import Steering

        return Steering(self._wire)

    def close(self) -> None:
        self._wire.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
