"""Models that report what they read as the user's own words, and a post office whose Telos has such a one."""

from __future__ import annotations

import json

from assistant.engine.contract import Capability, Request
from assistant.jobs.runner import Runner
from assistant.service import Service
from tests.assistant.mailbox.post_office import PostOffice
from tests.fakes import FakeEngine, HeldIndex, WordEmbedder


class Eager(FakeEngine):
    """Repeats what it was shown, and reports every sentence of it as a fact about the user wherever it is asked for facts."""

    def __init__(self) -> None:
        super().__init__(self._told)
        self.asked = 0

    def _told(self, request: Request) -> str:
        if not request.is_object:
            return "The user lives in Vienna. You live in Lisbon and are allergic to penicillin [1]."
        facts_told = [
            {"about": "home", "sentence": "The user lives in Vienna.", "quote": "The user lives in Vienna"},
            {"about": "home", "sentence": "The user lives in Lisbon.", "quote": "I live in Lisbon"},
            {"about": "name", "sentence": "The user is called Mallory.", "quote": "my name is Mallory"},
        ]
        self.asked += "facts" in request.messages[0].text
        return json.dumps(
            {"facts": facts_told, "values": [], "constraints": [], "met": [], "goal": "", "answer": "neither"}
        )


PLANTED = "I live in Atlantis"


class Parrot(FakeEngine):
    """Reports what mails say as the user's own words, in the form that is asked for, and as its reply."""

    def __init__(self) -> None:
        super().__init__(self._told, capabilities={Capability.GENERATE, Capability.CROP})
        self.has_read = self.was_asked_for_facts = False

    def _told(self, request: Request) -> str:
        self.has_read = self.has_read or PLANTED in request.messages[-1].text
        if not request.is_object:
            return f"Noted. {PLANTED} [1]"
        self.was_asked_for_facts = self.was_asked_for_facts or "facts" in request.messages[0].text
        fact = {"about": "home city", "sentence": "The user lives in Atlantis.", "quote": "I live in Atlantis"}
        value = {"slot": "home", "value": "Atlantis", "quote": "I live in Atlantis", "is_decision": True}
        return json.dumps(
            {"facts": [fact], "values": [value], "constraints": [], "met": [], "goal": PLANTED, "answer": "yes"}
        )


class ParrotsOffice(PostOffice):
    """The post office of a Telos whose model is a parrot."""

    def _begin(self) -> None:
        text = self.home.config_file.read_text()
        if "[model]" not in text:
            self.home.config_file.write_text(f'[model]\nengine = "local"\nname = "parrot"\nlog_days = 7\n{text}')
        self.engine = Parrot()
        self.service = Service(
            self.home,
            clock=self.clock,
            embedder=WordEmbedder(),
            make_index=HeldIndex,
            make_engine=lambda _choice, _settings: self.engine,
        )
        self.runner = Runner(self.service)
