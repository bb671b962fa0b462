"""A conversation that forgets its instructions: what its turns show of it, and the instructions said again in the tail.

What a turn showed is in its row: the attention that its reply paid to them, the checks that the reply broke. The rule is
`steering.drift.monitor`'s. `turn` asks before it builds a prompt.
"""

from __future__ import annotations

from dataclasses import replace

from assistant.engine.contract import Capability, Engine
from assistant.sessions.clipping import Lengths, clip, plain
from assistant.sessions.course import Course
from assistant.steering.drift.monitor import Seen, advise
from memory.models import Turn

NOTE_TOKENS = 200
_AGAIN = "What holds in this whole conversation: "


def hold(course: Course, engine: Engine) -> None:
    """Decide whether the instructions are said again in this turn, and how far attention to them is raised."""
    course.is_watched = Capability.FOCUS in engine.capabilities
    advice = advise([_seen(turn) for turn in course.talk.turns if turn.reply], course.helm.focus)
    if course.is_watched:
        course.helm = replace(course.helm, focus=advice.focus)
    if advice.is_to_anchor:
        course.anchored = advice.why if course.is_watched else advice.why_without_focus
        course.notices.append(course.anchored)


def notes(course: Course, lengths: Lengths) -> list[str]:
    """The instructions as the tail says them again, near where the reply begins; nothing where they are not."""
    text = " ".join(plain(course.talk.told.head).split()) if course.anchored else ""
    return [f"{_AGAIN}{clip(text, NOTE_TOKENS, lengths, 'text').text}"] if text else []


def _seen(turn: Turn) -> Seen:
    return Seen(
        attention=turn.context.get("attention"),
        broken=sum(not check.get("passed", True) for check in turn.checks),
        was_anchored=bool(turn.context.get("anchored")),
        focus=float(turn.context.get("focus", 1.0)),
    )
