"""Whether a text has sentences of a kind (`sentence/thanks`: yes or no). Written, `no` leaves them out.

A kind is added by a standing sentence (`assistant.style.stock`): there is nothing else to say it with. A text without a
kind shows nothing; that the user took one out does.
"""

from __future__ import annotations

from collections.abc import Mapping

from assistant.engine.sentences import content, covered
from assistant.style.body import Unit, units, without
from assistant.style.kinds import KINDS, kind_of
from assistant.style.piece import People, Piece
from assistant.style.trait import Difference, Form, Reading, Setting

_PREFIX = "sentence/"
_CONTENT = frozenset({"question", "next_step"})
"""These depend on what is to be said more than on how somebody says it."""
_STAYED = 0.7
"""A sentence so much of which stands in the other text was changed, and did not go."""
_SAID = {
    "thanks": "sentences of thanks",
    "apology": "apologies",
    "pleasantry": 'pleasantries such as "I hope you are well"',
    "offer": 'offers such as "let me know if you have questions"',
    "question": "questions",
    "next_step": "next steps",
    "summary": "a summing-up",
    "disclaimer": "disclaimers",
    "looking_forward": 'sentences such as "I look forward to hearing from you"',
    "introduction": "sentences that announce the text",
}


class SentenceKinds:
    name = "sentence"
    reach = 0.08

    def read(self, piece: Piece, people: People) -> Mapping[str, Reading]:
        return {
            _PREFIX + kind: Reading(value="yes", quote=found[0].text)
            for kind, found in _by_kind(piece).items()
            if kind not in _CONTENT
        }

    def compare(self, before: Piece, after: Piece, people: People) -> list[Difference]:
        was, now = _by_kind(before), _by_kind(after)
        if was.keys() == now.keys():
            return []
        gone, come = _only_in(before, after), _only_in(after, before)
        differences = []
        for kind in KINDS:
            if kind in was and kind not in now:
                every, others, value = was[kind], gone, "no"
            elif kind in now and kind not in was:
                every, others, value = now[kind], come, "yes"
            else:
                continue
            of_it = [unit for unit in every if unit.text in others]
            if not of_it:  # reworded, and neither taken out nor put in
                continue
            quote = of_it[0].text
            reading = Reading(
                value=value, strength=_strength(kind, of_it, others), quote=quote if value == "yes" else ""
            )
            differences.append(
                Difference(
                    dimension=_PREFIX + kind,
                    before="no" if value == "yes" else "yes",
                    after=reading,
                    quote_before=quote if value == "no" else "",
                )
            )
        return differences

    def write(self, piece: Piece, form: Form, people: People) -> Piece:
        unwanted = {
            name.removeprefix(_PREFIX)
            for name, setting in form.items()
            if name.startswith(_PREFIX) and setting.value == "no"
        }
        if not unwanted:
            return piece
        dropped = frozenset((unit.block, unit.part) for unit in units(piece) if kind_of(unit.text) in unwanted)
        left = without(piece, dropped)
        return left if left.blocks else piece

    def say(self, dimension: str, setting: Setting) -> str:
        what = _SAID.get(dimension.removeprefix(_PREFIX), dimension.removeprefix(_PREFIX).replace("_", " "))
        return f"leave out {what}" if setting.value == "no" else f"keep {what}"


SENTENCE_KINDS = SentenceKinds()


def _by_kind(piece: Piece) -> dict[str, list[Unit]]:
    found: dict[str, list[Unit]] = {}
    for unit in units(piece):
        if kind := kind_of(unit.text):
            found.setdefault(kind, []).append(unit)
    return found


def _only_in(piece: Piece, other: Piece) -> list[str]:
    """Sentences of which the other text has no more than words here and there: not those that were split or reworded."""
    elsewhere = {unit.text for unit in units(other)}
    there = frozenset().union(*(content(text) for text in elsewhere))
    every = [unit.text for unit in units(piece) if unit.text not in elsewhere]
    return [text for text in every if covered(content(text), there) < _STAYED]


def _strength(kind: str, of_it: list[Unit], changed: list[str]) -> float:
    """One sentence taken out tells its kind plainly; one among many of no kind was perhaps just in the way."""
    others = sum(not kind_of(text) for text in changed)
    plain = len(of_it) / (len(of_it) + others)
    return round(max(0.3, plain) * (0.5 if kind in _CONTENT else 1.0), 3)
