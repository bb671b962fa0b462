"""Small talk under instructions: what a model from scratch learns of following them, in words of our own.

Two speakers, each told one thing of eight families, answer and ask in turn. It gives the dialogues to learn from, a few
rounds long, and the probes with their checks. It knows no model; `drift` measures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from assistant.steering.drift.checks import Check, Verdict
from assistant.steering.drift.probe import Probe
from benchmarks.games.scratch_model import Conversation, Role

LANGUAGES = ("english", "french", "german", "spanish")
_WORDS = {
    "an animal": "dog chien hund perro, cat chat katze gato, horse cheval pferd caballo, bird oiseau vogel pajaro, "
    "fish poisson fisch pez, cow vache kuh vaca, mouse souris maus raton, bear ours baer oso",
    "a colour": "red rouge rot rojo, blue bleu blau azul, green vert gruen verde, black noir schwarz negro, "
    "white blanc weiss blanco, yellow jaune gelb amarillo, brown brun braun marron, dark fonce dunkel oscuro",
    "a food": "bread pain brot pan, cheese fromage kaese queso, apple pomme apfel manzana, egg oeuf ei huevo, "
    "milk lait milch leche, water eau wasser agua, salt sel salz sal, meat viande fleisch carne",
    "a thing": "house maison haus casa, tree arbre baum arbol, book livre buch libro, chair chaise stuhl silla, "
    "window fenetre fenster ventana, door porte tuer puerta, bed lit bett cama, boat bateau schiff barco",
}
ITEMS = {kind: [tuple(item.split()) for item in words.split(", ")] for kind, words in _WORDS.items()}
_LANGUAGE_OF = {word: n for items in ITEMS.values() for item in items for n, word in enumerate(item)}
MARKERS = ["indeed", "truly", "friend", "captain", "sir", "madam", "cheers", "thanks", "please", "anyway"]
NAMES = ["anna", "boris", "clara", "david", "elena", "felix", "greta", "hugo", "irene", "jonas"]
CITIES = ["rome", "paris", "oslo", "cairo", "lima", "quito", "dakar", "hanoi", "tokyo", "delhi"]
WEATHERS = ["rain", "snow", "fog", "storm"]
FORMATS = {"brackets": ("(", ")"), "quotes": ("<<", ">>"), "stars": ("*", "*")}
NAME, HOME, WEATHER = "what is your name", "where do you live", "how is the weather"
_PARTS = (" . ", " ?")


@dataclass(frozen=True, slots=True)
class Told:
    """An instruction: its family, and what it is about."""

    family: str
    about: str

    @property
    def words(self) -> str:
        return _SAID[self.family].format(self.about)


_SAID = {
    "language": "answer in {}",
    "ending": "end each answer with {}",
    "beginning": "begin each answer with {}",
    "format": "put each answer in {}",
    "name": "your name is {}",
    "home": "you live in {}",
    "choice": "of two always take the {}",
    "weather": "if asked for the weather say {}",
}
TOLD = [
    *(Told("language", one) for one in LANGUAGES[1:]),
    *(Told("ending", one) for one in MARKERS),
    *(Told("beginning", one) for one in MARKERS),
    *(Told("format", one) for one in FORMATS),
    *(Told("name", one) for one in NAMES),
    *(Told("home", one) for one in CITIES),
    *(Told("choice", one) for one in ("first", "second")),
    *(Told("weather", one) for one in WEATHERS),
]
FAMILIES = tuple(_SAID)


def dialogue(chance: np.random.Generator, rounds: tuple[int, int] = (2, 5)) -> Conversation:
    """A few rounds between two that are told different things, seen by one of them; some are told nothing, or told again."""
    own, other = told(chance), told(chance)
    messages: list[tuple[Role, str]] = [] if chance.random() < 0.1 else [("system", own.words)]
    is_told_again = chance.random() < 0.15
    asked = fitting(own, chance)
    said = f"{asked}{_PARTS[1]}"
    for number in range(int(chance.integers(rounds[0], rounds[1] + 1))):
        if is_told_again and number and messages[0][0] == "system" and chance.random() < 0.5:
            messages.append(("system", own.words))
        messages.append(("user", said))
        after = question(chance)
        messages.append(("assistant", _turn(answer(asked, own if messages[0][0] == "system" else None, chance), after)))
        asked = fitting(own, chance) if chance.random() < 0.5 else question(chance)
        is_bare = chance.random() < 0.3
        said = f"{asked}{_PARTS[1]}" if is_bare else _turn(answer(after, other, chance), asked)
    return Conversation(tuple(messages))


def told(chance: np.random.Generator) -> Told:
    """Families are as likely as each other."""
    family = FAMILIES[int(chance.integers(len(FAMILIES)))]
    among = [one for one in TOLD if one.family == family]
    return among[int(chance.integers(len(among)))]


def question(chance: np.random.Generator) -> str:
    kind = int(chance.integers(8))
    if kind < 4:
        return f"name {list(ITEMS)[kind]}"
    if kind == 4:
        first, second = chance.choice(len(_ALL), 2, replace=False)
        return f"{_ALL[first][0]} or {_ALL[second][0]}"
    return (NAME, HOME, WEATHER)[kind - 5]


def fitting(one: Told, chance: np.random.Generator) -> str:
    """A question that who was told this has something to say to."""
    fixed = {"name": NAME, "home": HOME, "weather": WEATHER}
    if one.family in fixed:
        return fixed[one.family]
    wanted = " or " if one.family == "choice" else "name "
    while wanted not in (asked := question(chance)) or asked == NAME:
        pass
    return asked


def answer(asked: str, one: Told | None, chance: np.random.Generator) -> str:
    """What somebody who was told this answers; where it says nothing of the matter, anything that fits."""
    family, about = ("", "") if one is None else (one.family, one.about)
    word = _plain(asked, family, about, chance)
    if family == "language":
        word = _TRANSLATED.get(word, {}).get(about, word)
    if family == "ending":
        return f"{word} {about}"
    if family == "beginning":
        return f"{about} {word}"
    if family == "format":
        return f"{FORMATS[about][0]} {word} {FORMATS[about][1]}"
    return word


def _plain(asked: str, family: str, about: str, chance: np.random.Generator) -> str:
    if asked.startswith("name "):
        items = ITEMS[asked.removeprefix("name ")]
        return items[int(chance.integers(len(items)))][0]
    if " or " in asked:
        two = asked.split(" or ")
        return two[int(chance.integers(2)) if family != "choice" else ("first", "second").index(about)]
    own = {NAME: "name", HOME: "home", WEATHER: "weather"}[asked]
    if family == own:
        return about
    return str(chance.choice(["sun", "wind", "clouds"])) if own == "weather" else "no idea"


def _turn(answered: str, asked: str) -> str:
    return f"{answered}{_PARTS[0]}{asked}{_PARTS[1]}"


_ALL = [item for items in ITEMS.values() for item in items]
_TRANSLATED = {item[0]: dict(zip(LANGUAGES, item, strict=True)) for item in _ALL}


def probes(seed: int, each: int) -> list[Probe]:
    """`each` of a family, instructions as evenly as it goes, each with a question that it has something to say to."""
    chance = np.random.default_rng(seed)
    made: list[Probe] = []
    for family in FAMILIES:
        among = [one for one in TOLD if one.family == family]
        made += [_probe(among[n % len(among)], chance) for n in range(each)]
    return made


def _probe(one: Told, chance: np.random.Generator) -> Probe:
    asked = fitting(one, chance)
    return Probe(one.family, one.words, f"{asked}{_PARTS[1]}", _check(one, asked))


def _check(one: Told, asked: str) -> Check:
    """By the words of the answer, which ends where the speaker's own question begins."""

    def check(reply: str) -> Verdict:
        words = reply.split(" .")[0].split()
        if not words or "?" in words:
            return "unscored"
        return _JUDGED[one.family](words, one.about, asked)

    return check


def _language(words: list[str], about: str, _asked: str) -> Verdict:
    named = [_LANGUAGE_OF[word] for word in words if word in _LANGUAGE_OF]
    if not named:
        return "unscored"
    return "kept" if all(LANGUAGES[one] == about for one in named) else "broken"


def _choice(words: list[str], about: str, asked: str) -> Verdict:
    two = asked.split(" or ")
    chosen = [word for word in words if word in two]
    if len(chosen) != 1:
        return "unscored"
    return "kept" if chosen[0] == two[("first", "second").index(about)] else "broken"


def _holds(claim: Callable[[list[str], str], bool]) -> Callable[[list[str], str, str], Verdict]:
    return lambda words, about, _asked: "kept" if claim(words, about) else "broken"


_JUDGED: dict[str, Callable[[list[str], str, str], Verdict]] = {
    "language": _language,
    "ending": _holds(lambda words, about: words[-1] == about and len(words) > 1),
    "beginning": _holds(lambda words, about: words[0] == about and len(words) > 1),
    "format": _holds(lambda words, about: (words[0], words[-1]) == FORMATS[about] and len(words) > 2),
    "name": _holds(lambda words, about: words == [about]),
    "home": _holds(lambda words, about: words == [about]),
    "weather": _holds(lambda words, about: words == [about]),
    "choice": _choice,
}


def openings(seed: int, number: int) -> list[str]:
    """What the first speaker of each conversation begins with."""
    chance = np.random.default_rng(seed)
    return [f"{question(chance)}{_PARTS[1]}" for _ in range(number)]
