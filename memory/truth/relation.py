"""What a new fact says of one that is held: the same, that it holds no more, something else, or perhaps a contradiction.

Plain rules on subject, value, negation and dates, with or without a language model. They are careful: what is not plainly
the same or plainly contradicted is `DOUBTFUL`, both stand, and the user is asked. `memory.store.facts` acts on it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from functools import cached_property

from memory.models import Fact
from memory.truth.attributes import Kind, kind, matter, one_word

AS_SAID = timedelta(days=1)
"""A fact that holds from about when it was said was not dated by its words."""
ALIKE = 0.8
"""Of the telling words of two sentences, so many are shared where they say nearly the same."""
LEAST_ALIKE = 3
"""With fewer words a text is no sentence that could say of itself what it is about."""

_NEGATIVE = re.compile(
    r"\b(?:not|never|no longer|no|none|cannot|can't|don't|doesn't|isn't|aren't|without|hates?|dislikes?|nicht|keine?[nrms]?"
    r"|ne|pas|nunca)\b",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"\b(?:now|nowadays|these days|today|moved|relocated|changed|switched|(?-i:new)|no longer|any ?more|any longer|instead"
    r"|actually|became|turned into|quit|left|retired|promoted|started|began|wrong|meant|correction|in truth"
    r"|jetzt|inzwischen|nicht mehr|umgezogen|eigentlich|maintenant|désormais|ne [^.]{1,30} plus|déménagé|ahora|ya no)\b",
    re.IGNORECASE,
)
"""Words that say of themselves that something was otherwise."""
_EVENT = re.compile(
    r"\b(?:moved|relocated|started|began|joined|became|bought|adopted|married|zog|umgezogen|déménagé|mudé)\b",
    re.IGNORECASE,
)
"""What happened on a day says what was so from then on, and not that it still is."""
_STILL = re.compile(r"\b(?:have|has|'ve|been|still|since|seit|depuis|desde)\b", re.IGNORECASE)
_NUMBERS = "one|two|three|four|five|six|seven|eight|nine|ten"
_NAMED = re.compile(rf"(?<=\s)[A-ZÀ-Þ][\w'’-]*|\d+|\b(?:{_NUMBERS})\b")
_FRAME_WORDS = (
    "a an the user user's i my our we is am are was were be been has have had do does did not no never longer cannot can't "
    "don't doesn't isn't aren't in at as for of to on from with by and or also very really currently now still lives live "
    "living based works work working called named speaks speak studies study years year old likes like loves love enjoys "
    "enjoy adores adore hates hate dislikes dislike stand owns own called there s born birthday"
)
_FRAME = frozenset(_FRAME_WORDS.split())


class Relation(Enum):
    """Of the new fact to the held one."""

    SAME = auto()
    CONTRADICTS = auto()
    EARLIER = auto()
    """It was so before the held one, which still stands."""
    DOUBTFUL = auto()
    BESIDE = auto()


@dataclass(frozen=True)
class _Read:
    """A fact as it is compared."""

    fact: Fact

    @cached_property
    def matter(self) -> str:
        return matter(self.fact.slot, self.fact.text)

    @cached_property
    def is_negative(self) -> bool:
        return _NEGATIVE.search(self.fact.text) is not None

    @cached_property
    def value(self) -> frozenset[str]:
        """The telling words, in the singular; all of them where none tells."""
        words = re.findall(r"[\w']+", self.fact.text.casefold().replace("’", "'"))
        telling = [one_word(word.removesuffix("'s")) for word in words if word not in _FRAME]
        return frozenset(telling or words)

    @cached_property
    def names(self) -> frozenset[str]:
        """Words in capitals behind the first, and numbers: what no other wording may change."""
        found = [word.casefold() for word in _NAMED.findall(self.fact.text) if word != "I"]
        return frozenset(word.removesuffix("'s").removesuffix("’s") for word in found)

    @cached_property
    def kind(self) -> Kind:
        return kind(self.matter, is_by_rules=self.fact.by in ("rules", "user") and bool(self.fact.slot))

    @property
    def is_dated(self) -> bool:
        return abs(self.fact.valid_from - self.fact.learned_at) > AS_SAID

    @property
    def tells_change(self) -> bool:
        return _CHANGE.search(self.fact.quote) is not None


def relation(held: Fact, new: Fact) -> Relation:
    """What `new` says of `held`, which stands now."""
    before, after = _Read(held), _Read(new)
    is_one_matter = before.matter == after.matter
    if _plain(held.text) == _plain(new.text) and (is_one_matter or len(new.text.split()) >= LEAST_ALIKE):
        return Relation.SAME
    return _of_one_matter(before, after) if is_one_matter and after.matter else _of_two(before, after)


def is_dated(fact: Fact) -> bool:
    """Whether its words, or the user, said from when on it is so."""
    return _Read(fact).is_dated


def telling_words(fact: Fact) -> frozenset[str]:
    """The words by which a fact is told from another on the same matter, case-folded and in the singular."""
    return _Read(fact).value


def _of_one_matter(held: _Read, new: _Read) -> Relation:
    if held.is_negative != new.is_negative:
        negative, positive = (held, new) if held.is_negative else (new, held)
        is_denied = negative.value <= positive.value
        return _by_dates(held, new) if is_denied else Relation.BESIDE
    if held.value == new.value:
        return Relation.SAME
    if held.is_negative or new.kind is Kind.SEVERAL or held.kind is Kind.SEVERAL:
        return Relation.BESIDE
    if _is_refined(held, new):
        return Relation.SAME
    return _other_value(held, new)


def _other_value(held: _Read, new: _Read) -> Relation:
    """Both say what it is, and not the same."""
    kinds = {held.kind, new.kind}
    if Kind.UNKNOWN in kinds and not _are_of_one_sort(held, new):
        return Relation.BESIDE
    is_one_inside_the_other = held.value < new.value or new.value < held.value  # "York", "New York"
    is_plain = kinds == {Kind.ONE} and not is_one_inside_the_other
    if not is_plain and not new.tells_change:
        return Relation.DOUBTFUL
    return _by_dates(held, new)


def _by_dates(held: _Read, new: _Read) -> Relation:
    """Which of the two is the later truth: the later said, unless its words date it before the other."""
    if not new.is_dated or new.fact.valid_from > held.fact.valid_from:
        return Relation.CONTRADICTS
    quote = new.fact.quote
    is_event = _EVENT.search(quote) is not None and _STILL.search(quote) is None
    if is_event and new.fact.valid_from < held.fact.valid_from:
        return Relation.EARLIER
    return Relation.DOUBTFUL if held.is_dated else Relation.CONTRADICTS


def _of_two(held: _Read, new: _Read) -> Relation:
    """On different matters, or on none that is named: only what reads alike is the same."""
    shared, either = len(held.value & new.value), len(held.value | new.value)
    is_equal = held.value == new.value and held.names == new.names and len(new.fact.text.split()) >= LEAST_ALIKE
    is_alike = held.names == new.names and shared >= LEAST_ALIKE and shared >= ALIKE * either
    if not (is_equal or is_alike):
        return Relation.BESIDE
    if held.is_negative == new.is_negative:
        return Relation.SAME
    return _by_dates(held, new) if is_equal else Relation.DOUBTFUL


def _is_refined(held: _Read, new: _Read) -> bool:
    """Whether one says the same in more words, and no other name or number; of a birthday, more of its date."""
    smaller, larger = sorted((held, new), key=lambda one: len(one.value))
    if not smaller.value < larger.value:
        return False
    return larger.names <= smaller.names or (larger.kind is Kind.FOR_LIFE and larger.matter == "birthday")


def _are_of_one_sort(held: _Read, new: _Read) -> bool:
    """Whether both name someone or somewhere, or both give a number: then one of them may be wrong."""
    sorts = [{word.isdigit() or word in _NUMBERS.split("|") for word in one.names} for one in (held, new)]
    return bool(sorts[0] & sorts[1])


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".!")
