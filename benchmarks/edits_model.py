"""PRELUDE as it was published: a language model is the user, with a preference said in words, and writes the drafts, too.

It runs where a home has a model configured, through `drafts.new` and the engine's contract, on one seed. The user's model
first says whether a draft fits its preference (cost 0), else writes it anew. The oracle's draft is the one without
learning, as this user left it once. `edits` prints what comes of it under `model`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.config.load import load
from assistant.config.schema import ModelSettings, Settings
from assistant.engine.choice import Choice, chosen
from assistant.engine.contract import Engine, Message, Request, complete
from assistant.errors import TelosError
from assistant.home import Home
from benchmarks.edits_arms import Telos, Unlearning
from benchmarks.edits_home import Household, household
from benchmarks.edits_letter import cost
from benchmarks.edits_rounds import TRACKS, shared_embedder
from benchmarks.edits_texts import Round
from benchmarks.report import Unmeasured, say

PREFERENCES = {
    "documents": (
        "for a busy director: at most three short bullet points, the figures first",
        "for children: plain everyday words, short sentences, a question at the start",
        "a neutral note for the record: full paragraphs, passive voice, no adjectives of praise or blame",
        "a brisk post: second person, an inviting tone, one exclamation",
        "for a sports desk: numbered points in the order of events, names in full",
    ),
    "mail": (
        "warm and personal to a colleague, first names, no lists, a friendly last line",
        "formal and complete to the board, no contractions, full names, a sign-off with regards",
        "short and businesslike to a client, bullet points, a clear request at the end",
        "casual to a friend, a few words only, contractions, a joking tone",
    ),
}
"""Of each context; the model that drafts never reads them."""
RULE = "You edit what an assistant drafted for you. What you like: {preference}. Facts stay as they are."
ASKED = "Here is the draft:\n\n{draft}\n\nDoes it read as you like it? Answer with yes or no alone."
EDITED = "Here is the draft:\n\n{draft}\n\nWrite it as you like it, changing only what has to be. Give the text alone."
MOST_TOKENS = 700
WHY = "No language model is configured; name a home that has one with --home DIR, or by TELOS_HOME."


@dataclass(slots=True)
class Costs:
    none: list[int] = field(default_factory=list)
    oracle: list[int] = field(default_factory=list)
    telos: list[int] = field(default_factory=list)

    def unused(self) -> float:
        floor, ceiling = sum(self.oracle), sum(self.none)
        return (sum(self.telos) - floor) / max(1, ceiling - floor)


def with_model(
    home: Path | None,
    seed: int,
    rounds: int,
    data: Path | None,
    make_engine: Callable[[Choice, ModelSettings], Engine] | None = None,
) -> dict[str, Any] | Unmeasured:
    """`documents_unused`, `mail_unused` and the raw costs; or why there are none."""
    try:
        settings = load(Home.find(home).config_file)
        if chosen(settings.model, "drafts").engine == "extractive":
            return Unmeasured(WHY)
        found: dict[str, Any] = {"rounds": rounds, "costs": {}}
        for track in TRACKS:
            costs = _played(track, settings, seed, rounds, data, make_engine)
            found[f"{track}_unused"] = costs.unused()
            found["costs"][track] = {"none": sum(costs.none), "oracle": sum(costs.oracle), "telos": sum(costs.telos)}
    except TelosError as failure:
        return Unmeasured(f"{failure.sentence} {failure.remedy}".strip())
    return found


def _played(
    track: str,
    settings: Settings,
    seed: int,
    rounds: int,
    data: Path | None,
    make_engine: Callable[[Choice, ModelSettings], Engine] | None,
) -> Costs:
    embedder = shared_embedder()[0]
    texts, _ = TRACKS[track](data, seed, rounds)
    costs = Costs()
    with (
        household(embedder, settings, make_engine) as plain_house,
        household(embedder, settings, make_engine) as house,
    ):
        house.keep([one.text for one in texts])
        plain, telos = Unlearning(plain_house), Telos(house)
        for number, one in enumerate(texts):
            first = plain.draft(number, one)
            ideal = user_edit(plain_house, track, one, first)
            costs.none.append(cost(first, ideal))
            costs.oracle.append(cost(ideal, user_edit(plain_house, track, one, ideal)))
            shown = telos.draft(number, one)
            left = user_edit(house, track, one, shown)
            telos.hear(one.text, shown, left)
            costs.telos.append(cost(shown, left))
            say(f"{track}, round {number + 1}: {costs.none[-1]} without learning, {costs.telos[-1]} with it")
    return costs


def user_edit(house: Household, track: str, one: Round, draft: str) -> str:
    """The draft as the model, in the user's place, leaves it. An empty answer leaves it as it is."""
    rule = Message("system", RULE.format(preference=PREFERENCES[track][one.context]))
    if _said(house, rule, ASKED.format(draft=draft), 4).lower().startswith("yes"):
        return draft
    return _said(house, rule, EDITED.format(draft=draft), MOST_TOKENS) or draft


def _said(house: Household, rule: Message, asked: str, most: int) -> str:
    engine = house.service.engine_for("chat", "simulated user")
    return complete(engine, Request(messages=(rule, Message("user", asked)), max_tokens=most)).text.strip()
