"""What must hold: "no museums", "nothing before 9", "at most 3 stops", "it must include a beach". English only.

The wording is kept as text; where code can check it, as an operation on a word, a number or a time, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.answers.goals import Constraint, Evidence
from assistant.sessions.phrases import words
from assistant.sessions.rules.days import clock_time
from assistant.sessions.rules.message import Clause
from assistant.sessions.rules.quantities import NUMBER, number_of, shown

_THING = r"(?P<thing>[a-zà-ÿ][\w'’-]*(?:[ ][a-zà-ÿ][\w'’-]*){0,3})"
_EXCLUDED = (
    re.compile(rf"(?:^|[,;:(]\s*|\b(?:and|with|but|please|actually|then|absolutely|definitely|want|wants|have|like|eat|do|so|also|is)\s+)(?-i:no|No|NO)\s+{_THING}", re.IGNORECASE),
    re.compile(rf"\b(?:without|avoid(?:ing)?|skip(?:ping)?|leave out|exclude|excluding|anything but|stay away from|allergic to|keine?|sans|sin)\s+(?:any\s+|the\s+|all\s+|going to\s+|visiting\s+)?{_THING}", re.IGNORECASE),
    re.compile(rf"\b(?:i|we)\s+(?:really\s+|absolutely\s+)?(?:hate|can(?:'t|not| not) (?:stand|eat|have)|do(?:n'?t| not) (?:want|like|eat|do|need|enjoy)(?: to (?:see|visit|go to|do|eat|have|use|take|stay in|stay at))?|am not (?:interested in|into|keen on)|are not (?:interested in|into|keen on)|'m not (?:interested in|into|keen on)|'re not (?:interested in|into|keen on))\s+(?:any\s+|an?\s+)?(?:more\s+)?{_THING}", re.IGNORECASE),
    re.compile(rf"\bnot (?:interested in|into|keen on)\s+(?:any\s+|the\s+)?{_THING}", re.IGNORECASE),
)  # fmt: skip
_NOTHING_TO_EXCLUDE_WORDS = (
    "problem problems idea ideas preference preferences thanks thank need needs worries worry rush one longer matter more less later earlier sooner way doubt wonder hurry question questions particular specific other others "
    "the a an further additional it that this these those them what how when where why i we you he she they to know think have be care mind there such luck point reason sense time but and or better budget limit limits flexibility "
    "me us him them myself ourselves kind sort type is was are not any anything something my your our his her too much many late early just really so very yes no nothing nobody please sorry wait actually"
)
_NOTHING_TO_EXCLUDE = frozenset(_NOTHING_TO_EXCLUDE_WORDS.split())
_CUT_WORDS = (
    "and or but if as because since when where while for in on at to with please thanks thank that than of by from during this though either i we you the is are was were it before after until unless so then "
    "again anymore any today tomorrow here there at all my your our rather instead though would will can"
)
_CUT = frozenset(_CUT_WORDS.split())
_TIME = re.compile(
    r"\b(?:nothing|no \w+(?: \w+)?|not(?: \w+){0,4}|never(?: \w+){0,3}|don'?t (?:\w+ ){1,4})\s?(?P<when>before|earlier than|after|later than)\s+(?P<time>\d{1,2}(?:[:.]\d\d)?\s*(?:a\.?m\.?|p\.?m\.?|o'clock|uhr)?|noon|midday|midnight)(?![\w/-])",
    re.IGNORECASE,
)
_COUNT = re.compile(
    rf"\b(?:at most|max(?:imum)?(?: of)?|no more than|not more than|up to|fewer than|less than)\s+(?P<number>{NUMBER})\s+(?P<unit>[a-z][a-z-]*(?: (?:of|a|per) [a-z]+)?)",
    re.IGNORECASE,
)
_COUNT_LEAST = re.compile(
    rf"\b(?:at least|no fewer than|no less than|minimum(?: of)?)\s+(?P<number>{NUMBER})\s+(?P<unit>[a-z][a-z-]*)",
    re.IGNORECASE,
)
_INCLUDED = re.compile(
    r"\b(?:(?:it |this |that |the \w+ |there |we |i )?(?:must|has to|have to|needs? to|should definitely) (?:have|include|contain|be|see|visit|offer)|(?:please |be sure to |make sure to )(?:include|visit|see)|make sure (?:there(?:'s| is| are)|(?:it|that) (?:has|includes))|as long as (?:it|there) (?:has|is|are|includes))"
    r"\s+(?:an? |the |some |at least one )?(?P<thing>[\wà-ÿ][\w'’-]*(?: [\wà-ÿ][\w'’-]*){0,3})",
    re.IGNORECASE,
)
_FORBIDDEN = re.compile(
    r"^\W*(?:(?:and|but|also|so|ok(?:ay)?|please|then),? )*(?:don'?t|don’t|do not|never) (?:ever |please )?"
    r"(?P<verb>change|touch|use|add|remove|rename|mention|include|write|say|sound|promise|offer|break|modify|rewrite|delete|edit|quote|cite|bring up|name|exceed|go over|refactor|import|reveal|apologi[sz]e|talk about|call) "
    r"(?:any |the |an? )?(?P<rest>\S.{0,120})",
    re.IGNORECASE,
)
_ORDER = re.compile(r"^\W*(?:(?:and|but|also|so|please),? )*(?:keep|make) (?:it|them|this|that)\b", re.IGNORECASE)
_NAMED = frozenset({"mention", "include", "name", "use", "bring up", "talk about", "offer", "cite", "import"})
"""Not to do these with a thing means that its name stays away."""
_DIET = re.compile(
    r"\b(?:i'?m|i am|we'?re|we are|(?:vegetarian|vegan|halal|kosher|gluten[- ]free) (?:food|restaurants|only))\s*(?:(?:a|an|both|all|strictly)\s+)*(?P<diet>vegetarians?|vegans?|halal|kosher|gluten[- ]free|coeliac|celiac|lactose[- ]intolerant)?\b",
    re.IGNORECASE,
)
_ACCESS = re.compile(
    r"\b(?:wheelchair[- ]accessible|step[- ]free|(?:i|she|he|we) (?:use|uses) a wheelchair)\b", re.IGNORECASE
)
_BACK_IN = re.compile(
    rf"\b(?:{_THING.replace('thing', 'front')}\s+(?:is|are|would be)\s+(?:fine|ok|okay|all right|allowed)\s+(?:after all|now|again)|(?:i|we) (?:don'?t|do not) mind\s+{_THING.replace('thing', 'mind')}\s+(?:after all|any ?more|now)|forget (?:what i said )?about (?:no |not )?{_THING.replace('thing', 'back')})",
    re.IGNORECASE,
)


def constraints(clause: Clause) -> Iterator[Constraint]:
    """What the clause says must hold, with its words as evidence; turns are filled in by the card."""
    text = clause.text
    timed = _TIME.search(text)
    if timed is not None:
        is_before = timed["when"].casefold() in ("before", "earlier than")
        time = {"noon": "12:00", "midday": "12:00", "midnight": "00:00"}.get(timed["time"].casefold()) or clock_time(
            timed["time"]
        )
        if time:
            yield _constraint(timed.group(), timed.group(), "time", "at_least" if is_before else "at_most", time)
    for found in _COUNT.finditer(text):
        yield from _counted(found, "at_most")
    for found in _COUNT_LEAST.finditer(text):
        yield from _counted(found, "at_least")
    yield from _excluded(text, timed)
    if forbidden := _FORBIDDEN.search(text):
        yield _forbidden(forbidden, text)
    for found in _INCLUDED.finditer(text):
        if thing := _thing(found["thing"]):
            quote = text[found.start() : found.start("thing") + len(thing)]
            yield _constraint(f"must include {thing}", quote, "", "includes", thing)
    if (diet := _DIET.search(text)) and diet["diet"]:
        yield _constraint(f"{diet['diet'].casefold()} food", diet.group(), "diet", "", diet["diet"].casefold())
    if access := _ACCESS.search(text):
        yield _constraint("wheelchair accessible", access.group(), "access", "", "step-free")


def of_text(text: str) -> Constraint:
    """A constraint given as a sentence: with an operation where it has one that code can check."""
    first = next(constraints(Clause(text, 0)), None)
    return Constraint(text=text) if first is None else first.model_copy(update={"text": text, "evidence": []})


def is_order(clause: Clause) -> bool:
    """Whether it says how something is to be done, rather than what is the case."""
    return _FORBIDDEN.search(clause.text) is not None or _ORDER.search(clause.text) is not None


def taken_back(clause: Clause, known: list[Constraint]) -> Iterator[tuple[Constraint, str]]:
    """Constraints that the clause says no longer hold, with its words."""
    found = _BACK_IN.search(clause.text)
    if found is None:
        return
    said = set(words(found["front"] or found["mind"] or found["back"]))
    for constraint in known:
        if constraint.op == "excludes" and set(words(constraint.value)) & said:
            yield constraint, found.group()


def _forbidden(found: re.Match[str], text: str) -> Constraint:
    """ "Don't mention the rent": the word stays away. "Don't change the API" is kept as it was said."""
    thing = _thing(found["rest"]) if found["verb"].casefold() in _NAMED else ""
    if thing:
        quote = text[found.start() : found.start("rest") + len(thing)].lstrip(" ,;:(")
        return _constraint(f"no {thing}", quote, "", "excludes", thing)
    return _constraint(text.strip()[:200], text.strip()[:200], "", "", "")


def _excluded(text: str, timed: re.Match[str] | None) -> Iterator[Constraint]:
    seen: set[str] = set()
    for pattern in _EXCLUDED:
        for found in pattern.finditer(text):
            is_time = timed is not None and timed.start() < found.end() and found.start() < timed.end()
            for thing, quote_end in _listed(text, found):
                if thing.casefold() in seen or is_time:
                    continue
                seen.add(thing.casefold())
                yield _constraint(f"no {thing}", text[found.start() : quote_end].lstrip(" ,;:("), "", "excludes", thing)


def _listed(text: str, found: re.Match[str]) -> Iterator[tuple[str, int]]:
    """The thing left out, and those that are listed after it with "or": "no museums or churches"."""
    thing = _thing(found["thing"])
    if not thing:
        return
    end = found.start("thing") + len(thing)
    yield thing, end
    while more := re.match(r"(?:\s*,)?\s+(?:or|nor|oder)\s+(?:any\s+)?([a-zà-ÿ][\w'’-]*)", text[end:], re.IGNORECASE):
        if not _thing(more[1]):
            return
        end += more.end()
        yield more[1], end


def _thing(text: str) -> str:
    """The noun at the start of the words, up to where another part of the sentence begins; empty if there is none."""
    kept: list[str] = []
    for word in text.split(" "):
        if word.casefold() in _CUT:
            break
        kept.append(word)
    if not kept or kept[0].casefold() in _NOTHING_TO_EXCLUDE or len(kept[0]) < 2:
        return ""
    return " ".join(kept)


def _counted(found: re.Match[str], op: str) -> Iterator[Constraint]:
    number = number_of(found["number"])
    unit = found["unit"].split(" ")[0].casefold()
    if number is not None and unit not in (
        "eur",
        "euro",
        "euros",
        "usd",
        "dollars",
        "pounds",
        "gbp",
        "chf",
        "k",
        "per",
        "a",
        "for",
    ):
        yield _constraint(found.group(), found.group(), unit, op, f"{shown(number)} {found['unit'].casefold()}")


def _constraint(text: str, quote: str, slot: str, op: str, value: str) -> Constraint:
    return Constraint.model_validate(
        {
            "text": " ".join(text.split()),
            "slot": slot,
            "op": op,
            "value": value,
            "evidence": [Evidence(quote=quote, turn=0)],
        }
    )
