"""A reply without a language model: what was understood, the one question, what was found, and how to set a model up.

Every sentence of it is Telos' own or quoted with its number. `turn` uses it where no model is configured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.answers.goals import Card
from assistant.engine.sentences import content, shorten, split
from assistant.sessions import known
from assistant.sessions.acts import Act
from assistant.sessions.playbook import Playbook
from assistant.sessions.recalling import FOUND, TOLD, Gathered
from assistant.sessions.tail import Recalled, card_lines

NO_MODEL = "There is no language model to write a reply with; `telos model use NAME` sets one up."
_IMPLIED = ("met: ", "no longer met: ", "to be asked: ", "settled: ")
"""Changes of a card that follow from others, or that the reply itself shows."""
MOST_QUOTED = 3
MOST_WORDS = 45


def askable(act: Act, playbook: Playbook) -> Act:
    """The act without its question where that is about a proposal, which nobody can write here."""
    template = playbook.template(act.slot)
    is_about_proposal = template is not None and template.kind == "agreement" and act.kind == "propose"
    return replace(act, question="", slot="") if is_about_proposal else act


def reply(
    said: str,
    act: Act,
    changes: Sequence[str],
    gathered: Gathered,
    card: Card | None = None,
    *,
    is_first: bool = True,
) -> str:
    """The reply's text. That there is no model is said in a conversation's first one, and where nothing else is."""
    if act.first:
        return act.first  # whoever may be in danger is told of nothing else
    parts: list[str] = []
    recalled = gathered.recalled
    noted = [line for line in changes if not line.startswith(_IMPLIED)]
    if noted:
        parts.append("Noted: " + "; ".join(noted) + ".")
    known_of_user = [one for one in recalled if one.kind == "fact" and one.why == known.ASKED]
    if known_of_user:
        parts.append("\n".join([TOLD, *(f"- {one.text} [{one.number}]" for one in known_of_user[:MOST_QUOTED])]))
    found = [(one, _telling(one, said)) for one in recalled if one.kind != "fact"]
    quoted = [_quoted(one, sentence) for one, sentence in found if not (one.kind == "turn" and sentence.endswith("?"))]
    if quoted:
        parts.append("\n".join([FOUND, *quoted[:MOST_QUOTED]]))
    if gathered.unknown:
        parts.append(gathered.unknown)
    if card is not None and act.kind in ("confirm", "close"):
        parts.append("\n".join(["As it stands:", *(f"- {line}" for line in card_lines(card))]))
    if act.question:
        parts.append(act.question)
    if is_first or not parts:
        parts.append(NO_MODEL if is_first else f"Your message is kept. {NO_MODEL}")
    return "\n\n".join(parts)


def _telling(one: Recalled, said: str) -> str:
    """The sentence of a recalled text that says most of the message's words. One that was only asked tells nothing."""
    wanted = content(said)
    return max(split(one.text) or [one.text], key=lambda sentence: len(content(sentence) & wanted))


def _quoted(one: Recalled, sentence: str) -> str:
    title = f"{one.title}: " if one.title else ""
    return f"- {title}{shorten(sentence, MOST_WORDS)} [{one.number}]"
