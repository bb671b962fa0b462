"""How long Telos takes to learn from an edit, and to choose among very many preferences."""

from __future__ import annotations

import time
from random import Random
from statistics import mean

import numpy as np

from assistant import drafts, profile
from assistant.answers.drafts import DraftEdit, NewDraft
from assistant.answers.profile import Exported, ExportedPreference, LearnText, LearnTexts
from assistant.style import traits
from benchmarks.edits_home import BEGINNING, household
from benchmarks.edits_letter import Case
from benchmarks.edits_texts import WRITER, made_sentences
from benchmarks.edits_wishes import Wish
from benchmarks.report import percentile
from benchmarks.simulated_user import User
from memory.embed import Embedder, Rows
from memory.profile.context import Context

LONG, WORDS = 60, 500
WISHES = (
    Wish("contractions", "yes"), Wish("dates", "iso"), Wish("times", "24h"), Wish("numbers", "words"), Wish("spelling", "en-US"),
    Wish("term", "people>persons"), Wish("layout", "bullets"), Wish("standing", "Questions are always welcome."),
)  # fmt: skip
VALUES = {
    "greeting": ("Hi {first},", "Dear {name},"), "closing": ("Best regards,", "Cheers,"), "layout": ("prose", "bullets"),
    "contractions": ("yes", "no"), "dates": ("iso", "d month y"), "times": ("24h", "12h"), "person": ("i", "we"),
    "spelling": ("en-GB", "en-US"), "signature": ("{first}", "{name}"), "emoji": ("yes", "no"),
}  # fmt: skip
CHOICES = 60
GREETINGS, NAME = ("Hi {},", "Dear {},", "Hello {},", "Good morning {},"), "Anna"


def learn_ms(embedder: Embedder, times: int, *, past: int = 0) -> float:
    """The mean time of `drafts.edit` on texts of some 500 words, edited in eight ways, one lesson upon the other, by a user of
    whom so many `past` texts were learned before."""
    user = User([WISHES], "times")
    taken: list[float] = []
    with household(embedder) as house:
        if past:
            profile.learn(house.service, LearnTexts(texts=[_past(number) for number in range(past)]))
        for number in range(times):
            house.at_round(number)
            points = _points(number)
            shown = drafts.new(house.service, NewDraft(kind="document", points=points, subject=f"Report {number}"))
            text = user.fully(0, shown.current.text, Case(source=tuple(points), is_mail=False))
            edit = DraftEdit(version=1, text=f"{text}\n\nPart {number} ends here.", is_sure=True)
            began = time.perf_counter()
            drafts.edit(house.service, shown.line.id, edit)
            taken.append((time.perf_counter() - began) * 1000)
    return mean(taken[1:])  # the first loads code


def choose_ms(embedder: Embedder, count: int) -> float:
    """The 95th percentile of the time to choose among `count` preferences, of ten dimensions, for readers and topics."""
    chance = Random("choose")
    told = [_preference(chance, number) for number in range(count)]
    with household(embedder) as house:
        profile.import_(house.service, Exported(exported_at=BEGINNING, preferences=told))
        held = house.service.profiles.current(embedder.slug)
        taken: list[float] = []
        for number in range(CHOICES):
            domain = f"firm{number % 40}.example"
            context = Context(
                kind="mail",
                recipient=f"reader{number}@{domain}",
                domain=domain,
                language="en",
                text="the next meeting",
                vector=_direction(number, embedder.dimension),
                embedder=embedder.slug,
            )
            began = time.perf_counter()
            held.choose(context, traits.reach)
            taken.append((time.perf_counter() - began) * 1000)
    return percentile(taken, 0.95)


def _past(number: int) -> LearnText:
    """A document, or a mail to one of sixty readers, who are greeted in one of four ways."""
    body = " ".join(made_sentences(number, 3 + number % 7))
    if number % 2:
        return LearnText(name=f"Report {number}", kind="document", text=body)
    reader = number % 60
    greeting = GREETINGS[reader // 2 % len(GREETINGS)].format(NAME)
    to = f"{NAME} Reader <reader{reader}@firm{reader % 9}.example>"
    return LearnText(name=f"Mail {number}", kind="mail", to=to, text=f"{greeting}\n\n{body}\n\nCheers,\n{WRITER}")


def _points(number: int) -> list[str]:
    points: list[str] = []
    for sentence in made_sentences(number, LONG):
        if sum(len(point.split()) for point in points) < WORDS:
            points.append(sentence)
    return points


def _preference(chance: Random, number: int) -> ExportedPreference:
    dimension = chance.choice(sorted(VALUES))
    domain = f"firm{number % 40}.example"
    return ExportedPreference(
        dimension=dimension,
        value=chance.choice(VALUES[dimension]),
        kind="mail" if number % 7 else "",
        recipient=f"reader{number % 400}@{domain}" if number % 3 else "",
        domain=domain if number % 2 else "",
        confidence=chance.uniform(0.5, 1.0),
    )


def _direction(number: int, dimension: int) -> Rows:
    row = np.random.default_rng(number).standard_normal(dimension).astype(np.float32)
    unit: Rows = row / np.linalg.norm(row)
    return unit
