"""What people say about themselves in so many words: home, name, family, work, food, health, likes. It keeps nothing.

English; home, name and diet in German, French and Spanish, too. What is asked, supposed, past, somebody else's or secret
is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time

from assistant.sessions.heard import SaidFact
from assistant.sessions.phrases import words
from assistant.sessions.rules import manner
from assistant.sessions.rules.days import days
from assistant.sessions.rules.message import Clause, clauses, own_statements

_NAME = r"(?-i:[A-ZÀ-Þ][\w'’-]+)"
_PROPER = rf"(?:the )?{_NAME}(?: (?:(?:de|da|do|del|of|la|am) )?{_NAME}){{0,3}}"
_I = r"(?:^|[\s,(])(?:i|we)"
_AM = r"(?:^|[\s,(])(?:i(?:'m| am|’m|'ve been| have been)|we(?:'re| are|’re|'ve been| have been))(?: (?:now|also|both|currently|actually|really|still|strictly))*"
_KIN = r"daughter|son|wife|husband|partner|girlfriend|boyfriend|fiancée?|mother|father|mum|mom|dad|sister|brother|child|kid|baby|grandmother|grandfather|grandson|granddaughter|aunt|uncle|cousin|niece|nephew|dog|cat|boss|flatmate|roommate"
_JOB = (
    r"teacher|nurse|doctor|physician|engineer|student|lawyer|attorney|developer|programmer|designer|writer|author|journalist|scientist|researcher|professor|lecturer|chef|cook|artist|musician|accountant|pilot|pensioner|manager|architect|"
    r"physicist|chemist|biologist|photographer|translator|librarian|carpenter|electrician|plumber|farmer|gardener|baker|dentist|vet|therapist|psychologist|consultant|freelancer|postdoc|economist|historian|mathematician|midwife|paramedic|firefighter|soldier|social worker|data scientist"
)
_STATES = {
    "diet": r"vegetarian|vegan|pescatarian|flexitarian|on a (?:low-carb|gluten[- ]free|vegan|keto|vegetarian) diet",
    "gluten": r"c(?:o)?eliac|gluten[- ]intolerant",
    "lactose": r"lactose[- ]intolerant",
    "health": r"diabetic|asthmatic|epileptic|pregnant|deaf|blind|hard of hearing|dyslexic|colou?r[- ]?blind|autistic|a wheelchair user",
    "handedness": r"left[- ]handed|right[- ]handed",
    "marital status": r"married|single|divorced|widowed|engaged",
    "work": r"retired|unemployed|self-employed|a freelancer",
    "fear": r"(?:afraid|scared|terrified) of (?P<what>[a-z]+(?: [a-z]+)?)",
}
_SIMPLE: tuple[tuple[str, str, str], ...] = (
    # pattern, slot, sentence
    (rf"{_I} (?:now |currently |still |both )?(?:live|reside|am living|are living)(?: \w+)? (?:in|near) (?P<x>{_PROPER})", "home city", "The user lives in {x}."),
    (rf"{_AM} (?:living|based) in (?P<x>{_PROPER})", "home city", "The user lives in {x}."),
    (rf"{_I}(?:'ve|’ve| have) (?:been living|lived) (?:in|near) (?P<x>{_PROPER})(?= (?:since|for)\b)", "home city", "The user lives in {x}."),
    (rf"{_I}(?:'ve| have)? (?:just |recently )?(?:moved|relocated) to (?P<x>{_PROPER})", "home city", "The user lives in {x}."),
    (rf"{_I} (?:no longer live|(?:don'?t|do not) live) (?:in|near) (?P<x>{_PROPER})", "home city", "The user does not live in {x}."),
    (rf"\b(?:my|our) home(?: city| town|town)? is (?P<x>{_PROPER})", "home city", "The user lives in {x}."),
    (rf"\bich (?:wohne|lebe) in (?P<x>{_PROPER})|\bj'habite (?:à|en|au) (?P<x2>{_PROPER})|(?:^|\byo )\s*vivo en (?P<x3>{_PROPER})", "home city", "The user lives in {x}."),
    (rf"{_AM} (?:originally )?from (?P<x>{_PROPER})", "origin", "The user is from {x}."),
    (rf"\b(?:please )?call me (?P<x>{_NAME})|\bmy (?:first )?name(?:'s| is) (?P<x2>{_NAME}(?: {_NAME})?)|\bich heiße (?P<x3>{_NAME})|\bje m'appelle (?P<x4>{_NAME})|\bme llamo (?P<x5>{_NAME})", "name", "The user is called {x}."),
    (r"\bich bin (?P<x>vegetarier(?:in)?|veganer(?:in)?|vegetarisch|vegan)\b|\bje suis (?P<x2>végétarien(?:ne)?|végane?)\b|\bsoy (?P<x3>vegetarian[oa]|vegan[oa])\b", "diet", "The user is {x}."),
    (rf"{_AM} allergic to (?P<x>[a-z]+(?: (?:and |or )?[a-z]+){{0,3}})|{_I} have an? (?P<x2>[a-z]+) allergy|{_I} have an allergy to (?P<x3>[a-z]+)", "allergy to {x}", "The user is allergic to {x}."),
    (rf"{_AM} (?:not|no longer) allergic to (?P<x>[a-z]+(?: (?:and |or )?[a-z]+){{0,3}}?)(?=\W*$|,| any ?more\b| and\b)", "allergy to {x}", "The user is not allergic to {x}."),
    (r"(?:^|[\s,])(?:i|we) eat (?P<x>[a-z]+) again(?=\W*$|,| and\b)", "does not eat {x}", "The user eats {x}."),
    (rf"{_I} (?:don'?t|do not|never) eat (?P<x>(?!there|here|out|much|that|this|it|at|in|late|early|before|after|the|any)[a-z]+(?: or [a-z]+)?)", "does not eat {x}", "The user does not eat {x}."),
    (rf"{_I} (?:don'?t|do not|never) drink(?: (?P<x>alcohol|coffee|wine|beer|milk|tea))?(?=\W*$|[,.]| and)", "does not drink {x}", "The user does not drink {x}."),
    (rf"{_I} (?:don'?t|do not|cannot|can'?t) drive(?=\W*$|[,.]| and| a car)", "driving", "The user does not drive."),
    (rf"{_I} (?:don'?t|do not) (?:have|own) (?P<x>a car|a dog|a cat|children|kids|a driving licen[cs]e|a smartphone)", "{x}", "The user does not have {x}."),
    (rf"{_I} use (?P<x>a wheelchair|a hearing aid|crutches|a walking stick)", "mobility", "The user uses {x}."),
    (rf"{_I} work as (?P<x>an? [a-z][\w-]*(?: [a-z][\w-]*){{0,2}})", "work", "The user works as {x}."),
    (rf"{_AM} (?P<x>an? (?:\w+ )?(?:{_JOB}))\b(?! (?:in|of) the (?:story|game|scene))", "work", "The user is {x}."),
    (rf"{_I} work (?:at|for) (?P<x>{_PROPER})", "employer", "The user works at {x}."),
    (rf"{_I} (?:study|am studying) (?P<x>[a-zA-Z]+(?: [a-z]+)?)(?= (?:in|at)\b|\W*$|,)", "studies", "The user studies {x}."),
    (rf"{_AM} (?P<x>1[0-9]|[2-9][0-9]) years old|(?:^|[\s,])i(?:'m| am) (?P<x2>1[0-9]|[2-9][0-9])(?=\W*$|,| and\b)|{_I} (?:just )?turned (?P<x3>1[0-9]|[2-9][0-9])\b", "age", "The user is {x} years old."),
    (r"\bmy birthday is (?:on )?(?P<x>[\w. ]{3,25}?)(?=\W*$|,| and\b| so\b)", "birthday", "The user's birthday is {x}."),
    (r"(?:^|[\s,])i was born (?P<x>(?:in|on) [\w ,.]{3,30}?)(?=\W*$|,| and\b| so\b)", "birth", "The user was born {x}."),
    (r"(?:^|[\s,])i (?:also )?speak (?:fluent |some |a little |good )?(?P<x>(?-i:[A-Z][a-z]+)(?:(?:, | and |, and )(?:some |a little )?(?-i:[A-Z][a-z]+))*)", "languages", "The user speaks {x}."),
    (r"\bmy (?:native|mother|first) (?:language|tongue) is (?P<x>(?-i:[A-Z][a-z]+))", "native language", "The user's first language is {x}."),
    (r"\bmy favou?rite (?P<what>[a-z]+(?: [a-z]+)?) (?:is|are) (?P<x>[\w'’ -]{2,40}?)(?=\W*$|,| and\b| because\b| so\b)", "favourite {what}", "The user's favourite {what} is {x}."),
    (rf"{_I} (?:always|usually|generally) (?P<x>prefer [\w' -]{{3,50}}?)(?=\W*$|,| and\b| because\b| so\b)", "prefers {x}", "The user {y}."),
    (rf"{_I} have (?P<x>(?:two|three|four|five|\d|an?|no) (?:small |young |little |old )?(?:kids?|children|daughters?|sons?|dogs?|cats?|brothers?|sisters?|siblings?|grandchildren))", "has {x}", "The user has {x}."),
)  # fmt: skip
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), slot, sentence) for pattern, slot, sentence in _SIMPLE)
_STATE = re.compile(
    rf"{_AM} (?P<not>not |no longer )?(?:an? )?(?:{'|'.join(f'(?P<s{number}>{pattern})' for number, pattern in enumerate(_STATES.values()))})(?!\w)",
    re.IGNORECASE,
)
_TASTE = re.compile(
    rf"{_I} (?:really |absolutely |also |both )?(?P<verb>love|like|enjoy|hate|dislike|can'?t stand|adore|(?:don'?t|do not) like) (?P<x>(?!it\b|this|that|the\b|these|those|your|you\b|to\b|them|him\b|her\b|how|what|when|if\b|one\b|my|our|a\b|an\b|some|any|where|both|all\b)[a-zA-Z'-]+(?: (?!and\b|but\b|when|because|so\b|in\b|on\b|at\b|with\b|very|too|for\b|as\b|more|most|best|is\b|are\b|if\b|please)[a-zA-Z'-]+){{0,2}})",
    re.IGNORECASE,
)
_KIN_IS = re.compile(
    rf"\b(?:my|our) (?:(?:older|younger|elder|little|big|oldest|youngest|eldest|late) )?(?P<kin>{_KIN})(?:,? (?P<name>{_NAME}))?,?(?: (?:is|turned|will be|'s)|'s|’s) (?P<rest>(?:now )?(?P<age>\d{{1,2}})(?: years? old| months old)?|(?:called|named) (?P<called>{_NAME})|(?:an? )?(?:vegetarian|vegan|(?:\w+ )?(?:{_JOB}))|allergic to [a-z]+)(?=\W|$)",
    re.IGNORECASE,
)
_KIN_NAMED = re.compile(rf"\b(?:my|our) (?P<kin>{_KIN})(?:'s|’s) name is (?P<called>{_NAME})", re.IGNORECASE)
_KIN_DOES = re.compile(
    rf"\b(?:my|our) (?P<kin>{_KIN})(?:,? (?P<name>{_NAME}))?,? (?P<verb>lives|works|studies) (?P<rest>(?:in|at|for|as) [\w' -]{{2,40}}?)(?=\W*$|,| and\b| but\b| so\b)",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"\b(?:he|she|they|someone|people|everyone|(?-i:[A-Z]\w+)|my \w+|the \w+) (?:said|says|say|told|tells|wrote|writes|claims?|thinks?|asked|asks|quoted)\b|\b(?:write|writes|translate|say(?:ing)?|answer|reply|respond|character|protagonist|narrator|story|poem|novel|song|lyrics|dialogue|role|example|e\.g|sentence|quote|line|joke|dream(?:t|ed)?)\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:used to|once lived|formerly|previously|as a (?:child|kid)|back (?:then|in)|years? ago|in the past|when i was|not sure|almost|nearly|could have|until)\b",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"\b(?:password|passphrase|pass ?code|pin(?: code| number)?|cvv|api key|secret key|token|credit card|iban|account number|social security|passwort|mot de passe|contraseña)\b",
    re.IGNORECASE,
)
_FROM = re.compile(r"\b(?:from|as of|starting|beginning|ab|à partir de|a partir de)\b", re.IGNORECASE)
_SINCE = re.compile(r"\b(?:since|in|seit|depuis|desde)\s+(?:the (?:beginning|start) of\s+)?(?P<when>(?:(?P<month>[a-zäéû]+)\s+)?(?P<year>(?:19|20)\d\d)|last (?:year|month|week)|(?P<alone>[a-zäéû]+))(?!\w)", re.IGNORECASE)  # fmt: skip

_LONGEST = 20_000


def stated(message: str, now: datetime) -> list[SaidFact]:
    """What the message states of its writer, in its order."""
    found: list[SaidFact] = []
    for clause in clauses(own_statements(message[:_LONGEST])):
        if manner.asks(clause) or manner.supposes(clause) or _PAST.search(clause.text) or is_secret(clause.text):
            continue
        for slot, sentence, at in _in(clause):
            if is_anothers(clause.text[:at]) or any(one.text == sentence for one in found):
                continue
            quote = clause.text if len(clause.text) <= 200 else clause.text[at : at + 200].strip()
            found.append(SaidFact(slot=slot.casefold(), text=sentence, quote=quote, valid_from=since(clause.text, now)))
    return found


def is_anothers(text: str) -> bool:
    """Whether the words lead over to what somebody else says, or to something made up."""
    return _OTHERS.search(text) is not None


def is_secret(text: str) -> bool:
    """Passwords and account numbers are never kept as facts."""
    return _SECRET.search(text) is not None


def since(text: str, now: datetime) -> datetime:
    """From when on it is so: the words' day, else now."""
    if _FROM.search(text):
        named = next((one.first for one in days(text, now.date()) if one.first is not None), None)
        if named is not None and named > now.date():
            return _midnight(named, now)
    for found in _SINCE.finditer(text):
        day = _past_day(found, now.date())
        if day is not None and day <= now.date():
            return _midnight(day, now)
    return now


def _past_day(found: re.Match[str], today: date) -> date | None:
    when = found["when"].casefold()
    if when == "last year":
        return date(today.year - 1, 1, 1)
    if when == "last month":
        return date(today.year - (today.month == 1), (today.month - 2) % 12 + 1, 1)
    if when == "last week":
        return date.fromordinal(today.toordinal() - 7)
    word = found["month"] or found["alone"]
    month = next((one.first.month for one in days(f"in {word}", today) if one.first is not None), None) if word else 1
    is_since = not found.group().casefold().startswith("in")
    if found["year"]:
        return date(int(found["year"]), month or 1, 1)
    if month is None or not is_since or (word and len(word) < 3):
        return None
    return date(today.year if month <= today.month else today.year - 1, month, 1)


def _midnight(day: date, now: datetime) -> datetime:
    return datetime.combine(day, time(), tzinfo=now.tzinfo)


def _in(clause: Clause) -> Iterator[tuple[str, str, int]]:
    """Slot, sentence, and where the words begin."""
    text = clause.text
    for pattern, slot, sentence in _PATTERNS:
        for found in pattern.finditer(text):
            yield _filled(found, slot, sentence)
    if state := _STATE.search(text):
        yield _state(state)
    for found in _TASTE.finditer(text):
        verb = re.sub(r"^(don'?t|do not) like$", "dislike", found["verb"].casefold()).replace("cant", "can't")
        shown = {"can't stand": "cannot stand"}.get(verb, f"{verb}s")
        yield f"taste: {found['x'].casefold()}", f"The user {shown} {found['x']}.", found.start()
    for found in (*_KIN_IS.finditer(text), *_KIN_NAMED.finditer(text), *_KIN_DOES.finditer(text)):
        yield _kin(found)


def _filled(found: re.Match[str], slot: str, sentence: str) -> tuple[str, str, int]:
    groups = found.groupdict()
    x = next((value for key, value in groups.items() if key.startswith("x") and value), "") or "alcohol"
    x = x.removeprefix("the ") if slot == "home city" else x.strip()
    what = (groups.get("what") or "").strip()
    bare = re.sub(r"^(?:an?|my|two|three|four|five|\d|no|prefer) ", "", x.casefold())
    return (
        slot.format(x=bare, what=what),
        sentence.format(x=x, what=what, y=x.replace("prefer", "prefers", 1)),
        found.start(),
    )


def _state(found: re.Match[str]) -> tuple[str, str, int]:
    number = next(at for at in range(len(_STATES)) if found[f"s{at}"])
    slot, state = list(_STATES)[number], found[f"s{number}"]
    if slot == "fear":
        slot = f"fear of {found['what']}"
    elif slot == "health":
        slot = f"health: {' '.join(words(state))}"
    negated = "not " if found["not"] else ""
    return slot, f"The user is {negated}{state}.", found.start()


def _kin(found: re.Match[str]) -> tuple[str, str, int]:
    groups = found.groupdict()
    kin, name, called = found["kin"].casefold(), groups.get("name") or "", groups.get("called") or ""
    who = f"{kin} {name}".strip()
    if called:
        return f"{kin} name", f"The user's {kin} is called {called}.", found.start()
    if groups.get("verb"):
        return f"{who} {found['verb']}", f"The user's {who} {found['verb']} {found['rest']}.", found.start()
    topic = "age" if groups.get("age") else "is"
    return f"{who} {topic}", f"The user's {who} is {found['rest']}.", found.start()
