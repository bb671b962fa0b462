"""The values that a message has for the slots of a playbook, each by its kind: place, dates, length, money and so on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from assistant.answers.goals import Card, Constraint, Evidence
from assistant.sessions.heard import ACCEPTED, REJECTED, Said
from assistant.sessions.phrases import content, pattern_of
from assistant.sessions.playbook import Playbook, Template
from assistant.sessions.rules import manner, quantities
from assistant.sessions.rules.days import days
from assistant.sessions.rules.goal import deadline, restated
from assistant.sessions.rules.message import Clause
from assistant.sessions.rules.places import BROAD, places
from assistant.sessions.rules.quantities import Found
from assistant.sessions.rules.questions import Asked

_GIVEN_UP = re.compile(
    r"\b(?:not|no|no longer|instead of|rather than|without|except|avoid|nor|neither|don'?t (?:want|like|need)(?: to \w+)?|do not (?:want|like|need)(?: to \w+)?|can'?t|won'?t|hate|isn'?t|aren'?t|forget(?: about)?|drop|skip|remove|nicht|kein[e]?|pas|sin|sans)\s+(?:(?:to|go|do|the|a|an|by|in|any|take|see|visit|interested|want|of|de|really|too|so|very|that|[a-z]+ing)\s+)*$",
    re.IGNORECASE,
)
_MORE = re.compile(r"\b(?:also|too|as well|and then|plus|besides|add(?:ing)?|both|auch|aussi|también)\b", re.IGNORECASE)
_OBJECT = re.compile(
    r"\b(?:let'?s|let us|i'll|we'll|(?:i|we)(?: will|'ve| have)?)\s+(?:just\s+|both\s+)?\w+\s+(?:with\s+|for\s+|on\s+|to\s+|in\s+|at\s+)?(?P<thing>.+)|\b(?:book|choose|pick|take|stick with|stick to|going with|go with|going for|will be|make it)\s+(?P<other>.+)",
    re.IGNORECASE,
)
_PROPER_CHOICE = re.compile(
    r"\b(?:let['’]?s|let us|(?:i|we)['’]ll)\s+(?:just\s+|also\s+)?(?:do|go for|go with|choose|pick|visit|see)\s+(?P<place>(?-i:[A-ZÀ-Þ][\w'’-]+(?: [A-ZÀ-Þ][\w'’-]+){0,2}))(?: (?:then|too|as well|instead))*\W*$",
    re.IGNORECASE,
)
"""A name that no other slot knows, chosen where a place is wanted: "let's do Skye"."""
_APPROVES = re.compile(
    r"\b(?:(?:the |this |that |your )?(?:plan|itinerary|patch|text|draft|mail|letter|solution)\s+(?:looks?|sounds?|seems?|is|works?)\s+(?:very |really |absolutely |so |just )*(?:good|great|fine|perfect|lovely|nice|right|excellent|wonderful|well)|(?:i|we) (?:like|love|accept) (?:the|this|your) (?:plan|itinerary|patch|text|draft|mail|letter|solution)|perfect plan"
    r"|(?:the |this |that |your )?(?:patch|fix|solution|plan) works\b(?! (?:only|if|but|not))|(?:that|this|it|which) (?:answers|answered|solves|solved|settles) (?:it|that|my question|the question|my problem|everything)"
    r"|i(?:'ll| will|’ll) (?:send|take|use|sign|accept|apply) (?:it|that|this)(?: (?:like|as) (?:that|this|it is))?(?=\W*$))\b",
    re.IGNORECASE,
)
_WHERE_FROM = re.compile(r"\b(?:leav(?:e|ing)|depart(?:ing|ure)?|from|origin|start(?:ing)?)\b[^?]*\?", re.IGNORECASE)
_SETTING_OUT = re.compile(r"\b(?:leav|depart|go|travel|fly|arriv|start|set(?:ting)? (?:off|out)|check)", re.IGNORECASE)
_TOO_LONG = 400


@dataclass(frozen=True, slots=True)
class Hearing:
    """A message and what it is heard with. `confirms`: it says of itself that something decided is given up."""

    own: str
    parts: list[Clause]
    card: Card
    playbook: Playbook
    about: Asked
    now: datetime
    confirms: bool

    def limits(self, values: list[Said]) -> Iterator[Constraint]:
        """A sum with a bound is a constraint, too: code can check the prices of a reply against it."""
        slots = {one.slot for one in self.playbook.criteria if one.kind == "money"} or {"budget"}
        for said in values:
            bound = next((op for op in ("at_most", "at_least") if said.value.startswith(op.replace("_", " "))), "")
            if said.slot in slots and bound:
                value = said.value.removeprefix(bound.replace("_", " ")).strip()
                yield Constraint.model_validate(
                    {
                        "text": f"{said.slot} {said.value}",
                        "slot": said.slot,
                        "op": bound,
                        "value": value,
                        "evidence": [Evidence(quote=said.quote, turn=0)],
                    }
                )


def values_of(template: Template, hearing: Hearing) -> Iterator[Said]:
    """What the message has for one slot, a value a clause."""
    is_asked = hearing.about.template is template or (
        hearing.about.contradiction is not None and hearing.about.contradiction.slot == template.slot
    )
    for part in hearing.parts:
        if (manner.asks(part) and not manner.requests(part)) or (manner.supposes(part) and not is_asked):
            continue
        if template.kind == "dates" and deadline(part, hearing.now):
            continue
        found = [
            one for one in _READERS[template.kind](part, template, hearing, is_asked) if not _is_given_up(part, one)
        ]
        if found:
            yield _said(template, part, found, hearing)


def named(template: Template, part: Clause, hearing: Hearing) -> bool:
    """Whether a clause names a value for a slot, however it is meant."""
    return bool(_READERS[template.kind](part, template, hearing, False))


def _said(template: Template, part: Clause, found: list[Found], hearing: Hearing) -> Said:
    corrects, decides = manner.corrects(part.text), manner.decides(part)
    last = found if template.adds else found[-1:]
    value = ", ".join(dict.fromkeys(one.value for one in last))
    quote = part.text if decides and len(part.text) <= 160 else part.text[last[0].start : last[-1].end]
    known = hearing.card.value_of(template.slot)
    is_narrower = known is not None and known.value.casefold() in BROAD and value.casefold() not in BROAD
    replaces = (
        corrects
        or is_narrower
        or restated(part) is not None
        or (decides and known is not None and known.is_decision and not _MORE.search(part.text))
    )
    confirms = hearing.confirms and (corrects or decides or known is not None)
    if (
        known is not None
        and known.is_decision
        and re.search(r"\b(?:instead of|rather than|not)\b", part.text, re.IGNORECASE)
    ):
        confirms = confirms or any(
            re.search(pattern_of(word), part.text, re.IGNORECASE) for word in _words(template, known.value)
        )
    return Said(
        slot=template.slot,
        value=value,
        quote=quote,
        is_decision=decides,
        adds=template.adds and not replaces and not confirms,
        confirms=confirms,
    )


def _words(template: Template, value: str) -> list[str]:
    return [value, *(word for one in value.split(", ") for word in template.words.get(one, ()))]


def _is_given_up(part: Clause, found: Found) -> bool:
    """ "Not Rome but Paris": Rome is no value."""
    return _GIVEN_UP.search(part.text[max(0, found.start - 60) : found.start]) is not None


def unnamed_decision(part: Clause, hearing: Hearing, values: list[Said]) -> Iterator[Said]:
    """A decision about something that no slot is for, under a slot of its own: its words."""
    found = _OBJECT.search(part.text)
    thing = (found["thing"] or found["other"]) if found else ""
    thing = re.sub(
        r"^(?:ahead and )?(?:book|take|choose|pick|do|go with|go for)\s+", "", thing.removeprefix("ahead and ")
    )
    place = next((one for one in hearing.playbook.criteria if one.kind == "place"), None)
    if place is not None and (proper := _PROPER_CHOICE.search(part.text)):
        known = hearing.card.value_of(place.slot)
        adds = place.adds and not (known is not None and known.is_decision and not _MORE.search(part.text))
        yield Said(slot=place.slot, value=proper["place"], quote=part.text, is_decision=True, adds=adds)
        return
    about = sorted(content(thing))[:4]
    named = {word for said in values for word in content(said.value)}
    if about and set(about) - named and len(part.text) <= _TOO_LONG:
        yield Said(slot=" ".join(about), value=thing.strip()[:200], quote=part.text, is_decision=True)


def agreement(hearing: Hearing, *, is_changed: bool) -> Said | None:
    """Yes or no to what was proposed. "Yes, but make it six days" is neither."""
    template = next((one for one in hearing.playbook.criteria if one.kind == "agreement"), None)
    if template is None or is_changed or any(manner.asks(part) for part in hearing.parts):
        return None
    is_asked = hearing.about.template is template
    said = manner.agrees(hearing.own)
    approved = _APPROVES.search(hearing.own)
    first = hearing.parts[0].text if hearing.parts else hearing.own.strip()
    if approved and said is not False and not manner.supposes(hearing.parts[0]):
        return Said(slot=template.slot, value=ACCEPTED, quote=approved.group())
    if is_asked and said is not None:
        return Said(slot=template.slot, value=ACCEPTED if said else REJECTED, quote=first[:300])
    return None


Reader = Callable[[Clause, Template, Hearing, bool], list[Found]]


def _places(part: Clause, template: Template, hearing: Hearing, is_asked: bool) -> list[Found]:
    if _WHERE_FROM.search(hearing.about.text) and len(part.text.split()) <= 5:
        return []
    return places(part.text, is_answer=is_asked)


def _dates(part: Clause, template: Template, hearing: Hearing, is_asked: bool) -> list[Found]:
    is_out = is_asked or _SETTING_OUT.search(part.text) is not None
    named = [one for one in days(part.text, hearing.now.date()) if is_out or one.first != hearing.now.date()]
    found = [Found(one.value, one.start, one.end) for one in named]
    if len(found) == 2 and re.fullmatch(
        r"\W*(?:to|until|till|through|and|-|–|bis|au|al)\W*(?:\w+\W+){0,2}", part.text[found[0].end : found[1].start]
    ):
        first, last = found[0].value.split(" to ")[0], found[1].value.split(" to ")[-1]
        return [Found(f"{first} to {last}", found[0].start, found[1].end)]
    return found


def _lengths(part: Clause, template: Template, hearing: Hearing, is_asked: bool) -> list[Found]:
    found = [] if manner.inquires(part.text) and not is_asked else list(quantities.lengths(part.text))
    if found or not is_asked:
        return found
    bare = quantities.bare_number(part.text) if len(part.text.split()) <= 4 else None
    return [Found(f"{bare.value} days", bare.start, bare.end)] if bare else []


def _money(part: Clause, template: Template, hearing: Hearing, is_asked: bool) -> list[Found]:
    found = list(quantities.money(part.text))
    if not found and (budget := quantities.budget_number(part.text)):
        return [budget]
    if found or not is_asked:
        return found
    is_elsewhere = any(next(quantities.money(one.text), None) for one in hearing.parts)
    counts_else = is_elsewhere or days(part.text, hearing.now.date()) or quantities.people(part.text)
    is_short = len(part.text.split()) <= 8 and not counts_else
    answer = (quantities.bare_money(part.text) if is_short else None) or quantities.level(part.text)
    return [answer] if answer else []


def _people(part: Clause, template: Template, hearing: Hearing, is_asked: bool) -> list[Found]:
    found = quantities.people(part.text)
    counts_else = any(quantities.lengths(part.text)) or any(quantities.money(part.text))  # "5 days" are no people
    if found is None and is_asked and len(part.text.split()) <= 6 and not counts_else:
        bare = quantities.bare_number(part.text)
        if bare is not None and part.text[bare.start : bare.end].casefold() in ("a", "an"):
            return []  # "a car" is no person
        found = (
            Found("1 person" if bare.value == "1" else f"{bare.value} people", bare.start, bare.end) if bare else None
        )
    return [found] if found else []


def _choices(part: Clause, template: Template, hearing: Hearing, is_asked: bool) -> list[Found]:
    found: list[Found] = []
    if manner.inquires(part.text) and not is_asked:
        return found
    for value, variants in template.words.items():
        pattern = "|".join(pattern_of(word) for word in sorted(variants or (value,), key=len, reverse=True))
        hits = re.finditer(pattern, part.text, re.IGNORECASE)
        found += [Found(value, one.start(), one.end()) for one in hits if not _is_in_a_name(part.text, one)][:1]
    return sorted(found, key=lambda one: one.start)


def _is_in_a_name(text: str, found: re.Match[str]) -> bool:
    """ "Long Beach" is no wish for beaches."""
    if not found.group()[:1].isupper() or text == text.upper():
        return False
    return (
        re.search(r"\b[A-Z][a-z]+ $", text[: found.start()]) is not None
        or re.match(r" [A-Z]", text[found.end() :]) is not None
    )


_ENDS_A_TEXT = (
    r"(?=\s+(?:about|because|that|who|which|asking|saying|telling|and|so|with|on|regarding|to)\b|\s*[,;:.!?(]|\s*$)"
)


def _texts(part: Clause, template: Template, hearing: Hearing, is_asked: bool) -> list[Found]:
    """Words after those that the playbook names: "a mail to my landlord"."""
    for phrase in template.after:
        words = r"\s+".join(map(re.escape, phrase.split()))
        if found := re.search(rf"(?<!\w){words}\s+(?P<text>\S.{{0,60}}?){_ENDS_A_TEXT}", part.text, re.IGNORECASE):
            return [Found(found["text"], found.start("text"), found.end("text"))]
    return []


def _nothing(part: Clause, template: Template, hearing: Hearing, is_asked: bool) -> list[Found]:
    return []


_READERS: dict[str, Reader] = {
    "place": _places,
    "dates": _dates,
    "length": _lengths,
    "money": _money,
    "people": _people,
    "choice": _choices,
    "topics": _choices,
    "text": _texts,
    "agreement": _nothing,
}
