"""What the simulated user of `edits` changes inside a sentence: person, contractions, terms, spelling.

Each takes a sentence and gives it in the wanted form; done twice is done once. Only what can be told by the word itself is
touched: "it's" that may be "it has" stays. `edits_wishes` calls them; formats of dates and numbers are in `edits_formats`.
"""

from __future__ import annotations

import re
from functools import cache

TO_WE = (
    ("I'm", "we're"), ("I am", "we are"), ("I was", "we were"), ("am I", "are we"), ("was I", "were we"), ("I've", "we've"),
    ("I'll", "we'll"), ("I'd", "we'd"), ("I", "we"), ("me", "us"), ("my", "our"), ("mine", "ours"), ("myself", "ourselves"),
)  # fmt: skip
TO_I = (
    ("we're", "I'm"), ("we are", "I am"), ("we were", "I was"), ("are we", "am I"), ("were we", "was I"), ("we've", "I've"),
    ("we'll", "I'll"), ("we'd", "I'd"), ("we", "I"), ("our", "my"), ("ours", "mine"), ("ourselves", "myself"),
)  # fmt: skip
LONG_AND_SHORT = (
    ("do not", "don't"), ("does not", "doesn't"), ("did not", "didn't"), ("is not", "isn't"), ("are not", "aren't"),
    ("was not", "wasn't"), ("were not", "weren't"), ("have not", "haven't"), ("has not", "hasn't"), ("had not", "hadn't"),
    ("cannot", "can't"), ("could not", "couldn't"), ("would not", "wouldn't"), ("should not", "shouldn't"),
    ("will not", "won't"), ("I am", "I'm"), ("you are", "you're"), ("we are", "we're"), ("they are", "they're"),
    ("I have", "I've"), ("you have", "you've"), ("we have", "we've"), ("they have", "they've"), ("I will", "I'll"),
    ("you will", "you'll"), ("we will", "we'll"), ("they will", "they'll"), ("it will", "it'll"),
)  # fmt: skip
_SPELLINGS = (
    "organise/organize organised/organized organising/organizing organisation/organization organisations/organizations "
    "realise/realize realised/realized recognise/recognize recognised/recognized criticised/criticized "
    "criticise/criticize apologise/apologize apologised/apologized emphasise/emphasize emphasised/emphasized "
    "summarise/summarize finalise/finalize finalised/finalized minimise/minimize maximise/maximize "
    "authorise/authorize authorised/authorized prioritise/prioritize colour/color colours/colors colourful/colorful "
    "favour/favor favourite/favorite favourites/favorites honour/honor honours/honors behaviour/behavior "
    "neighbour/neighbor neighbours/neighbors rumour/rumor rumours/rumors harbour/harbor humour/humor centre/center "
    "centres/centers theatre/theater theatres/theaters metre/meter metres/meters defence/defense offence/offense "
    "licence/license programme/program programmes/programs cancelled/canceled travelling/traveling "
    "traveller/traveler travellers/travelers modelling/modeling labelled/labeled catalogue/catalog grey/gray "
    "aluminium/aluminum cheque/check cheques/checks tyre/tire tyres/tires jewellery/jewelry sceptical/skeptical "
    "analyse/analyze analysed/analyzed fulfil/fulfill enrol/enroll enrolment/enrollment judgement/judgment"
)
BRITISH_AND_AMERICAN = tuple((pair.split("/")[0], pair.split("/")[1]) for pair in _SPELLINGS.split())
_TERMS = (
    "regarding=about purchase=buy utilize=use approximately=roughly however=but additional=further assistance=help "
    "commence=start discuss=debate document=paper draft=version ensure=guarantee immediately=promptly "
    "information=details inform=tell issue=problem issues=problems language=wording meeting=session obtain=get "
    "receive=get require=need requirements=needs review=examine schedule=timetable sufficient=enough "
    "group=team quickly=fast currently=now agreement=contract questions=queries customers=clients company=firm "
    "companies=firms government=cabinet film=movie films=movies players=athletes users=customers industry=sector "
    "chief=head because=since although=though while=whereas begin=start big=large many=numerous people=persons "
    "said=stated says=states country=nation countries=nations growth=expansion rise=increase team=squad "
    "match=game coach=trainer victory=win injury=wound election=vote plans=schemes plan=scheme award=prize awards=prizes "
    "actor=performer album=record audience=public technology=technique computer=machine computers=machines phone=handset "
    "phones=handsets internet=net digital=electronic research=study report=account reports=accounts likely=probable "
    "major=big important=key announced=declared think=believe also=likewise between=among "
)
TERMS = dict(pair.split("=") for pair in _TERMS.split())
"""Standing replacements a person may insist on, word for word."""


def person(sentence: str, value: str) -> str:
    """`we` or `i`. "let us" is nobody's "we"."""
    if value == "we":
        return _swap(TO_WE).sub(re.sub(r"\bwe (am|was)\b", _mended, sentence, flags=re.IGNORECASE))
    if re.search(r"\b(we all|all of us|both of us|us)\b", sentence, re.IGNORECASE):
        return sentence
    return _swap(TO_I).sub(re.sub(r"\bI (are|were)\b", _mended, sentence))


def contractions(sentence: str, value: str) -> str:
    """`yes` contracts, `no` spells out. At the end of a clause ("as we are.") nothing is contracted."""
    sentence = sentence.replace("’", "'") if re.search(r"\w’(t|re|ve|ll|m)\b", sentence) else sentence
    if value == "no":
        return _swap(tuple((short, long) for long, short in LONG_AND_SHORT)).sub(sentence)
    return _swap(LONG_AND_SHORT, r"(?= [\w\"(])(?! (not|to|or|and|had|at|in|on|of|with|a|an|no)\b)").sub(sentence)


def spelling(sentence: str, value: str) -> str:
    """`en-US` or `en-GB`."""
    pairs = ((gb, us) if value == "en-US" else (us, gb) for gb, us in BRITISH_AND_AMERICAN)
    return _swap(tuple(pairs)).sub(sentence)


def term(sentence: str, value: str) -> str:
    """`old>new`: one word replaced wherever it stands."""
    old, _, new = value.partition(">")
    return _swap(((old, new),)).sub(sentence) if old in sentence.lower() else sentence


def exclamation(sentence: str, value: str) -> str:
    return re.sub(r"!+(?=[\"'”’)\]]*$)", ".", sentence) if value == "no" else sentence


class Swap:
    """Words for words, the longest first, with the capitals of those they replace. "I" and "i" are two words."""

    def __init__(self, pairs: tuple[tuple[str, str], ...], after: str) -> None:
        self._new = {old.lower(): new for old, new in pairs}
        olds = "|".join(self._pattern(old) for old, _ in sorted(pairs, key=lambda pair: -len(pair[0])))
        self._olds = re.compile(rf"(?<![\w'’.@/-])(?:{olds})(?![\w'’@/-])(?!\.\w){after}")

    def sub(self, sentence: str) -> str:
        return self._olds.sub(self._written, sentence)

    @staticmethod
    def _pattern(old: str) -> str:
        return re.escape(old) if re.search(r"\bI\b", old) else f"(?i:{re.escape(old)})"

    def _written(self, match: re.Match[str]) -> str:
        old, new = match.group(), self._new[match.group().lower()]
        if old.isupper() and sum(letter.isalpha() for letter in old) > 1:
            return new.upper()
        if re.match(r"I\b", new):
            return new
        is_first = not re.search(r"\w", match.string[: match.start()])
        is_capital = is_first if re.match(r"I\b", old) else old[0].isupper()
        return new[0].upper() + new[1:] if is_capital else new


@cache
def _swap(pairs: tuple[tuple[str, str], ...], after: str = "") -> Swap:
    return Swap(pairs, after)


def _mended(match: re.Match[str]) -> str:
    """ "we am" and "I were", as a careless hand leaves them."""
    verb = {"am": "are", "was": "were", "are": "am", "were": "was"}[match.group(1).lower()]
    return match.group()[: -len(match.group(1))] + verb
