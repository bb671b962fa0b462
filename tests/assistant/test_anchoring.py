"""A conversation that forgets its instructions has them said again, with more attention, and its log says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from assistant.config.schema import SteeringSettings
from assistant.engine.contract import Capability, Piece, Request
from assistant.service import Service
from assistant.sessions.anchoring import _AGAIN
from tests.assistant.talking import Talker, begin, say, talking


class Sinking(Talker):
    """Pays less attention to its instructions with every turn, and tells it where it is asked for."""

    def __init__(self, *, can_focus: bool) -> None:
        super().__init__()
        self.capabilities = frozenset({Capability.GENERATE} | ({Capability.FOCUS} if can_focus else set()))
        self.asked: list[Request] = []

    def stream(self, request: Request) -> Iterator[Piece]:
        if request.session.startswith("conversation-"):
            self.asked.append(request)
        for piece in super().stream(request):
            is_told = piece.usage is not None and request.wants_attention
            yield replace(piece, attention=0.4 * 0.7 ** len(self.asked)) if is_told else piece


@contextmanager
def sinking(folder: Path, *, can_focus: bool = True, anchor: bool = True) -> Iterator[tuple[Service, Sinking]]:
    engine = Sinking(can_focus=can_focus)
    with talking(folder, engine) as service:
        service.settings = service.settings.model_copy(update={"steering": SteeringSettings(anchor=anchor)})
        yield service, engine


def is_anchored(request: Request) -> bool:
    return _AGAIN in request.messages[-1].text


def test_when_attention_sinks_the_instructions_are_said_again_and_attention_is_raised(tmp_path: Path) -> None:
    with sinking(tmp_path) as (service, engine):
        done = begin(service, "Hello, how are you?")
        later = [say(service, f"Tell me something else, number {number}.") for number in range(2, 9)]
        notices = [one.notices for one in (done, *later)]
        anchored = [number for number, request in enumerate(engine.asked, 1) if is_anchored(request)]
        assert anchored == [7], "six turns tell that it sank, and four pass before it is done again"
        assert [request.focus for request in engine.asked] == [1.0] * 6 + [0.9] * 2
        assert all(request.wants_attention for request in engine.asked)
        (said,) = [one for one in notices[6] if "said again" in one]
        assert said.startswith("Attention to the instructions sank from")
        assert said.endswith("with k = 0.9.")
        head = engine.asked[6].messages[0].text
        assert " ".join(head.split())[:40] in engine.asked[6].messages[-1].text


def test_where_it_is_switched_off_or_attention_is_out_of_reach_nothing_is_done(tmp_path: Path) -> None:
    for can_focus, anchor in ((True, False), (False, True)):
        with sinking(tmp_path / f"{can_focus}", can_focus=can_focus, anchor=anchor) as (service, engine):
            begin(service, "Hello, how are you?")
            for number in range(2, 9):
                say(service, f"Tell me something else, number {number}.")
            assert not any(is_anchored(request) for request in engine.asked)
            assert not any(request.wants_attention or request.focus != 1 for request in engine.asked)
