"""Words that the user puts in the place of others: `term/utilize` with the value `use`.

Only an edit shows one (`replacements`); `none` as a value leaves the word. Written everywhere in the body, in the case that
stands there, with its plural, and never in names. Two terms that undo one another are both left: what was replaced back
is not replaced again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

from assistant.style.formality import FORMALITY
from assistant.style.piece import People, Piece
from assistant.style.replacements import Replacement, replacements
from assistant.style.spelling_words import american, british
from assistant.style.trait import Difference, Form, Reading, Setting, Trait
from assistant.style.wording import is_name, language_of, masked, reworded, spliced

NONE = "none"
_PREFIX = "term/"
_SURE = 0.75
"""From this likeness of the sentences on, a single replacement is as good as several."""
_ROUNDS = 3
_NOUNS_HAVE_CAPITALS = ("de", "lb")
_VOWEL = re.compile(r"(?!uni|use|usu|uti|eu|one\b|once)[aeiou]|hon(?:est|our|or)|hour|heir", re.IGNORECASE)


class Terms(Trait):
    name: ClassVar[str] = "term"
    reach: ClassVar[float] = 0.02

    def read(self, piece: Piece, people: People) -> Mapping[str, Reading]:
        """Nothing: a text does not tell what its words were chosen over."""
        return {}

    def compare(self, before: Piece, after: Piece, people: People) -> list[Difference]:
        if before.blocks == after.blocks and before.postscript == after.postscript:
            return []
        found: dict[str, list[Replacement]] = {}
        for one in replacements(before, after, people):
            found.setdefault(one.old, []).append(one)
        is_tone = bool(found) and bool(FORMALITY.compare(before, after, people))
        return [
            _difference(those)
            for old, those in found.items()
            if len({one.new.casefold() for one in those}) == 1
            and not (is_tone and FORMALITY.explains(old, those[0].new))
        ]

    def write(self, piece: Piece, form: Form, people: People) -> Piece:
        pairs = tuple(
            (name.removeprefix(_PREFIX).casefold(), setting.value)
            for name, setting in form.items()
            if name.startswith(_PREFIX) and setting.value
        )
        if not pairs:
            return piece
        terms = _Terms(pairs)
        has_names = language_of(piece, people) not in _NOUNS_HAVE_CAPITALS
        return reworded(piece, lambda text: terms.put_into(text, has_names=has_names))

    def say(self, dimension: str, setting: Setting) -> str:
        old = dimension.removeprefix(_PREFIX)
        return f'leave "{old}" as it is' if setting.value == NONE else f'write "{setting.value}" instead of "{old}"'


TERMS = Terms()


def _difference(those: list[Replacement]) -> Difference:
    first = those[0]
    strength = 0.5 if first.kept else 1.0 if len(those) > 1 or first.likeness >= _SURE else 0.7
    return Difference(
        dimension=_PREFIX + first.old,
        before=first.old,
        after=Reading(value=first.new, strength=strength, quote=first.after),
        quote_before=first.before,
    )


class _Terms:
    """Terms made ready: one pattern, and what stands for each word."""

    def __init__(self, pairs: tuple[tuple[str, str], ...]) -> None:
        self._words, self._pattern = _prepared(pairs)

    def put_into(self, text: str, *, has_names: bool) -> str:
        for _ in range(_ROUNDS):  # what a term brings may stand beside what makes another
            changed = self._once(text, has_names=has_names)
            if changed == text:
                break
            text = changed
        return text

    def _once(self, text: str, *, has_names: bool) -> str:
        shown = masked(text)
        changes: dict[int, tuple[int, str]] = {}
        for match in self._pattern.finditer(shown) if self._pattern else ():
            old = match["old"]
            new = self._words.get(old.casefold())
            if new is None or (has_names and is_name(shown, match, "old")):
                continue
            changes[match.start("old")] = (match.end("old"), _cased(new, old))
            article = match["article"]
            if article and bool(_VOWEL.match(old)) != bool(_VOWEL.match(new)):
                changes[match.start("article")] = (
                    match.end("article"),
                    article[0] + ("n" if _VOWEL.match(new) else ""),
                )
        return spliced(text, changes)


@lru_cache(maxsize=64)
def _prepared(pairs: tuple[tuple[str, str], ...]) -> tuple[dict[str, str], re.Pattern[str] | None]:
    words = _resolved({old: new for old, new in pairs if new not in (NONE, "") and new.casefold() != old})
    for old, new in list(words.items()):
        if " " not in old and " " not in new and not old.endswith("s") and not new.endswith("s"):
            words.setdefault(_plural(old), _plural(new))
    for old, new in list(words.items()):
        for spelling in (american, british):
            words.setdefault(" ".join(spelling(word) or word for word in old.split()), new)
    words = {old: new for old, new in words.items() if old != new.casefold()}
    if not words:
        return {}, None
    every = sorted({*words, *(new.casefold() for new in words.values())}, key=lambda one: (-len(one), one))
    choices = "|".join(re.escape(one).replace(r"\ ", r"\s") for one in every)
    return words, re.compile(rf"(?:\b(?P<article>an?)\s)?(?<![\w'’-])(?P<old>{choices})(?![\w-]|['’]\w)", re.IGNORECASE)


def _resolved(words: dict[str, str]) -> dict[str, str]:
    """Each word with what stands for it in the end; those that lead back to themselves are left out."""
    resolved: dict[str, str] = {}
    for old in words:
        new, seen = words[old], {old}
        while new.casefold() in words and new.casefold() not in seen:
            seen.add(new.casefold())
            new = words[new.casefold()]
        if new.casefold() not in seen:
            resolved[old] = new
    return resolved


def _plural(word: str) -> str:
    if re.search(r"(?:[sxz]|[cs]h)$", word):
        return word + "es"
    return word[:-1] + "ies" if re.search(r"[^aeiou]y$", word) else word + "s"


def _cased(new: str, old: str) -> str:
    if len(old) > 1 and old.isupper():
        return new.upper()
    return new[:1].upper() + new[1:] if old[:1].isupper() else new
