"""A reply held against the card: what must hold, what was asked, decided and known, and what Telos cannot do.

Pure rules over the reply's text; a model is never asked about itself. `turn` has a broken reply written once more.
Questions are recognised in any language by their mark; claims and negations in English, German, French and Spanish.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.answers.chat import Check
from assistant.answers.goals import Card, Constraint, Value
from assistant.sessions.acts import Act
from assistant.sessions.heard import ACCEPTED, LEFT_OPEN, NO_PREFERENCE, REJECTED, REOPENED
from assistant.sessions.phrases import is_like, mentions, overlap, pattern_of
from assistant.sessions.playbook import Playbook, Template
from assistant.sessions.rules.days import times
from assistant.sessions.rules.quantities import NUMBER, amounts, lengths, number_of

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_CITED = re.compile(r"\"[^\"\n]{1,300}\"|“[^”\n]{1,300}”|«[^»\n]{1,300}»")
_SENTENCE = re.compile(r"(?<=[.!?…？\n])")
_NEGATED = re.compile(
    r"\b(?:no|not|without|avoid(?:s|ing|ed)?|skip(?:s|ping|ped)?|instead of|rather than|exclud(?:e|es|ed|ing)|leav(?:e|es|ing) out|left out|never|free of|n't|neither|nor|except|kein\w*|ohne|sans|pas(?: de)?|sin|far from|other than)\b[^.!?;\n]{0,40}$",
    re.IGNORECASE,
)
_LIMIT_WORDS = re.compile(
    r"\b(?:limit|budget|at most|under|below|up to|maximum|no more than|within|over your|beyond|exceed\w*|instead of|not|more than)\b[^.!?;\n]{0,25}$",
    re.IGNORECASE,
)
_CLAIMS = re.compile(
    r"\b(?:i(?:'ve| have| just|'ve just| have just| went ahead and| already)? (?:already |now |successfully |also )?(?:booked|reserved|purchased|bought|paid|sent|emailed|mailed|called|phoned|ordered|cancelled|canceled|scheduled|submitted|refunded|transferred|posted|deleted|installed|executed|ran the|run the)\b"
    r"|(?:your|the) (?:booking|reservation|payment|order|refund|ticket|tickets|e?-?mail|appointment|flight|room|table) (?:is|are|has been|have been|was|were) (?:now |already |successfully )?(?:booked|confirmed|made|paid|sent|reserved|placed|cancelled|canceled|processed|issued|complete[d]?|scheduled)\b"
    r"|booking was successful|i(?:'ll| will| am going to|'m going to) (?:now )?(?:book|reserve|pay|call|phone|send|e?-?mail|order|purchase|buy) (?!you (?:a|an|the|some|more) (?:list|plan|summary|draft|proposal|overview|idea))"
    r"|ich habe [^.!?\n]{1,60}(?:gebucht|reserviert|bezahlt|gesendet|geschickt|bestellt|storniert)|j'ai (?:réservé|payé|envoyé|commandé|annulé)|he (?:reservado|pagado|enviado|comprado|cancelado))",
    re.IGNORECASE,
)
_CANNOT = re.compile(
    r"\b(?:if|once|when|after|as if|assume|pretend|cannot|can't|could not|not)\b[^.!?\n]{0,20}$", re.IGNORECASE
)
_CUES = {
    "place": r"\b(?:where\b.*\b(?:go|travel|visit|head)|which (?:city|cities|country|countries|place|destination|region)|what(?:'s| is) (?:your|the) destination|destination\b.*\bmind)",
    "length": r"\b(?:how (?:long|many (?:days|nights|weeks))|length of (?:your|the))",
    "dates": r"\b(?:when (?:would|will|do|are|did|exactly)|(?:what|which) (?:dates?|days?|month|time of year)|travel dates)",
    "money": r"\b(?:budget|how much (?:would|do|can|are|will|money)|price range|spend)\b",
    "people": r"\b(?:how many (?:people|of you|travell?ers|persons|adults|guests)|who(?:'s| is| will be)? (?:travell?ing|coming|going|joining)|(?:travell?ing|going) (?:alone|with))",
}
_UNSAID = frozenset({LEFT_OPEN, REJECTED, REOPENED, ACCEPTED})


def check(reply: str, *, card: Card, act: Act, playbook: Playbook) -> list[Check]:
    """Every check that applies, passed or not. `broken` says which of them call for another try."""
    prose = _CODE.sub(" ", reply)
    asked = questions(prose)
    checks = [_one_question(asked, act), *_known(asked, card, act, playbook), _claims(prose)]
    checks += [_constraint(prose, one, act) for one in card.constraints if one.op]
    if not act.is_contradiction:
        checks += [one for value in _settled(card) if (one := _decision(prose, value, card, playbook))]
    return [*checks, *_carried_out(reply, prose, asked, act, playbook)]


def broken(checks: Sequence[Check]) -> list[Check]:
    """Those for which the reply must be written again."""
    return [one for one in checks if not one.passed]


def again(checks: Sequence[Check]) -> str:
    """What the model is told for its second try; empty where none is needed."""
    failed = broken(checks)
    if not failed:
        return ""
    return "\n".join(
        ["Your last reply cannot be sent. Write it again, and put these right:", *(f"- {one.why}" for one in failed)]
    )


def questions(text: str) -> list[str]:
    """The questions of a text, without those it quotes."""
    sentences = (one.strip(' \n-*•"“”') for one in _SENTENCE.split(_CITED.sub(" ", text)))
    return [one for one in sentences if one.endswith(("?", "？")) and one.strip("?？ ")]


def _one_question(asked: list[str], act: Act) -> Check:
    what = "at most one question"
    # Two question marks that ask one thing ("The train, or the plane? Which of the two?") are one contradiction.
    allowed = 2 if act.is_contradiction else 1
    if len(asked) <= allowed:
        return Check(what=what, passed=True)
    return Check(what=what, passed=False, why=f"It asks {len(asked)} questions; ask at most one.")


def _known(asked: list[str], card: Card, act: Act, playbook: Playbook) -> Iterator[Check]:
    """Nothing is asked that the card knows. To name the known value, as in "Is it still 5 days?", is to confirm it."""
    for template in playbook.criteria:
        value = card.value_of(template.slot) if template.slot else None
        if value is None or value.value in _UNSAID or template.slot == act.slot or template.kind == "agreement":
            continue
        repeated = next((one for one in asked if _asks_for(one, template) and not mentions(value.value, one)), None)
        if repeated is None or act.is_contradiction:
            continue
        why = f'It asks for the {template.slot}, which is known: "{value.value}". Do not ask for it.'
        yield Check(what=f"does not ask for the {template.slot} again", passed=False, why=why)


def _asks_for(question: str, template: Template) -> bool:
    if template.question and (is_like(template.question, question) or overlap(template.question, question) >= 0.99):
        return True
    cue = _CUES.get(template.kind)
    return cue is not None and re.search(cue, question, re.IGNORECASE) is not None


def claims(text: str) -> str:
    """The words by which a text claims something done that Telos cannot do; empty if none."""
    for found in _CLAIMS.finditer(text):
        if not _CANNOT.search(text[max(0, found.start() - 30) : found.start()]):
            return " ".join(found.group().split())
    return ""


def _claims(prose: str) -> Check:
    what = "claims nothing that Telos cannot do"
    if said := claims(prose):
        return Check(
            what=what,
            passed=False,
            why=f'It says "{said}"; you cannot book, pay, send or run anything. Say what the user can do.',
        )
    return Check(what=what, passed=True)


def _constraint(prose: str, constraint: Constraint, act: Act) -> Check:
    what = constraint.text
    if constraint.op == "excludes":
        broke = next(
            (
                one
                for one in re.finditer(pattern_of(constraint.value), prose, re.IGNORECASE)
                if not _is_negated(prose, one.start())
            ),
            None,
        )
        return Check(
            what=what,
            passed=broke is None,
            why="" if broke is None else f'It brings up "{broke.group()}", and the user wants: {what}.',
        )
    if constraint.op == "includes":
        is_due = act.kind in ("propose", "confirm")
        passed = not is_due or mentions(constraint.value, prose)
        return Check(
            what=what, passed=passed, why="" if passed else f"It leaves out what must be in it: {constraint.value}."
        )
    beyond = _beyond(prose, constraint) if constraint.op in ("at_most", "at_least") else ""
    return Check(what=what, passed=not beyond, why=beyond and f"It says {beyond}, and the user wants: {what}.")


def _is_negated(prose: str, at: int) -> bool:
    return _NEGATED.search(prose[max(0, at - 60) : at]) is not None


def _beyond(prose: str, constraint: Constraint) -> str:
    """What in the reply is over, or under, a limit; empty if nothing is."""
    is_most = constraint.op == "at_most"
    if constraint.slot == "time":
        late = [one for one in times(prose) if (one > constraint.value if is_most else one < constraint.value)]
        return late[0] if late else ""
    if limits := amounts(constraint.value):
        limit = limits[-1]
        if not is_most:
            return ""  # a thing that costs less than the least budget is no fault
        for one in amounts(prose):
            is_same = (one.currency, one.per) == (limit.currency, limit.per)
            if is_same and one.number > limit.number and not _LIMIT_WORDS.search(prose[: one.start][-45:]):
                return prose[one.start : one.end]
        return ""
    number, unit = _measure(constraint.value)
    if number is None or not unit:
        return ""
    for found in re.finditer(rf"(?P<number>{NUMBER})\s+(?:\w+\s+)?{pattern_of(unit)}", prose, re.IGNORECASE):
        said = number_of(found["number"])
        if (
            said is not None
            and (said > number if is_most else said < number)
            and not _LIMIT_WORDS.search(prose[: found.start()][-45:])
        ):
            return found.group()
    return ""


def _measure(value: str) -> tuple[float | None, str]:
    """ "3 stops" -> (3, "stops")."""
    number, _, unit = value.partition(" ")
    return number_of(number), unit.split(" ")[0]


def _settled(card: Card) -> list[Value]:
    return [one for one in (*card.decisions, *card.facts) if one.value not in _UNSAID and one.value != NO_PREFERENCE]


def _decision(prose: str, value: Value, card: Card, playbook: Playbook) -> Check | None:
    """Whether the reply goes against a decision, or against a length that is known."""
    template = playbook.template(value.slot)
    if template is None:
        return None
    what = f"keeps to {value.slot}: {value.value}"
    if template.kind == "length":
        other = _other_length(prose, value.value)
        why = f'It plans for {other}, and the {value.slot} is "{value.value}".'
        return Check(what=what, passed=not other, why=why if other else "")
    if template.kind != "choice" or not value.is_decision:
        return None
    if any(mentions(word, prose) for word in (value.value, *template.words.get(value.value, ()))):
        return Check(what=what, passed=True)
    others = (
        (name, one) for name, variants in template.words.items() if name != value.value for one in (name, *variants)
    )
    for name, word in others:
        hit = next(
            (one for one in re.finditer(pattern_of(word), prose, re.IGNORECASE) if not _is_negated(prose, one.start())),
            None,
        )
        if hit is not None and name not in value.value:
            why = f'It plans with "{hit.group()}", and it was decided: {value.slot} is "{value.value}".'
            return Check(what=what, passed=False, why=why)
    return Check(what=what, passed=True)


def _other_length(prose: str, value: str) -> str:
    """ "Day 7" of a plan for five days, or "a 7-day trip"; empty if the reply keeps to the length."""
    known = next(lengths(value), None)
    number, unit = _measure(value) if known is None else _measure(known.value)
    if number is None or not unit.startswith(("day", "night")):
        return ""
    last = number + (1 if unit.startswith("night") else 0)
    for found in re.finditer(
        r"\b(?:day|tag|jour|día)\s+(\d{1,2})\b(?!\s*(?:of|to|-|–)\s*\w+\s*(?:january|may))", prose, re.IGNORECASE
    ):
        if int(found[1]) > last:
            return found.group()
    for found in re.finditer(
        r"\b(\d{1,2})-day (?:trip|plan|itinerary|journey|tour|vacation|holiday)", prose, re.IGNORECASE
    ):
        if unit.startswith("day") and int(found[1]) != number and not _is_negated(prose, found.start()):
            return found.group()
    return ""


def _carried_out(reply: str, prose: str, asked: list[str], act: Act, playbook: Playbook) -> Iterator[Check]:
    """Whether the reply does what the act is."""
    if not reply.strip():
        yield Check(what="says something", passed=False, why="It is empty.")
    elif act.kind == "ask" and act.question:
        passed = any(overlap(act.question, one) >= 0.34 or act.question in prose for one in asked)
        yield Check(what="asks its question", passed=passed, why="" if passed else f'It does not ask: "{act.question}"')
    elif act.kind == "close":
        yield Check(
            what="closes", passed=not asked, why="It asks something, and the conversation is to end." if asked else ""
        )
    if playbook.result == "patch" and act.kind == "propose":
        has_patch = re.search(r"```(?:diff|patch)\n.*?^(?:---|\+\+\+|@@) ", reply, re.DOTALL | re.MULTILINE) is not None
        yield Check(
            what="holds a patch",
            passed=has_patch,
            why="" if has_patch else "It holds no ```diff block with --- and +++ lines.",
        )
