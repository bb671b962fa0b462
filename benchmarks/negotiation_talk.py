"""The negotiation as a game between two sides of one model: its prompts, its end, its score, and what describes a reply.

A description says only what an onlooker could write down: what kind of move a reply is, which items it claims or gives,
and how the talk ended. Values are never described: they are the speaker's own. `negotiation` plays it through `games`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.games.scratch_model import Conversation, Role
from benchmarks.negotiation_data import ITEMS, SELECTION, Dialogue, Pair, Split, Triple, permuted, permuted_words

OPEN = "begin"
"""What the side that speaks first hears."""
MOVES = ("asks", "proposes", "accepts", "refuses", "ends")
ENDS = ("deal", "no-deal", "many", "few")
THINGS = (*ITEMS, "rest")
CLAIMS = tuple(f"{verb}-{thing}" for verb in ("claims", "gives") for thing in THINGS)
DESCRIPTIONS = (*MOVES, *CLAIMS, *ENDS)
RANKS = ("most:", "then:", "least:")
_MINE = ("i", "i'd", "i'll", "ill", "id", "im", "i'm", "me", "my", "mine", "i've")
_YOURS = ("you", "u", "your", "you'd", "you'll", "yours", "ya")
_REST = ("rest", "everything", "others", "else")
_YES = ("deal", "ok", "okay", "sure", "yes", "sounds", "works", "agreed", "great", "perfect", "fine", "alright")
_NO = ("no", "can't", "cant", "cannot", "won't", "need", "sorry", "not", "nope")


def system(counts: Triple, values: Triple) -> str:
    """What a side is told, what it wants most first: how many there are of each item, what one is worth to it, and all."""
    order = sorted(range(3), key=lambda place: -counts[place] * values[place])
    return " ".join(
        f"{rank} {ITEMS[place]} {counts[place]} @{values[place]} ={counts[place] * values[place]}"
        for rank, place in zip(RANKS, order, strict=True)
    )


def conversation(dialogue: Dialogue, order: Sequence[int] = (0, 1, 2)) -> Conversation:
    """One side's view of a human dialogue as messages, the items having changed places by `order`."""
    pair, split = dialogue.pair, dialogue.split
    counts, values = permuted(pair.counts, order), permuted(pair.first, order)
    split = None if split is None else permuted(split, order)
    said = [(mine, permuted_words(text, order)) for mine, text in dialogue.turns]
    said.append((dialogue.i_end, SELECTION))
    messages: list[tuple[Role, str]] = [("system", system(counts, values))]
    if said[0][0]:
        messages.append(("user", OPEN))
    described = {}
    for mine, text in said:
        if mine:
            described[len(messages)] = described_as(
                text, counts, split, is_known=dialogue.ending in ("agree", "no_deal")
            )
        messages.append(("assistant" if mine else "user", text))
    return Conversation(tuple(messages), described)


def described_as(said: str, counts: Triple, split: Split, *, is_known: bool) -> tuple[str, ...]:
    """Every description that is true of a reply in a talk that ended in `split`."""
    found = [*_moves(said), *claims(said)]
    if not is_known:
        return tuple(found)
    if split is None:
        return (*found, "no-deal")
    share = sum(split) / sum(counts)
    return (*found, "deal", *(["many"] if share >= 0.6 else ["few"] if share <= 0.4 else []))


def varied(dialogue: Dialogue, chance: np.random.Generator | None) -> Conversation:
    """The conversation of a dialogue, its items in an order of chance."""
    order = (0, 1, 2) if chance is None else tuple(int(one) for one in chance.permutation(3))
    return conversation(dialogue, order)


def opening(pair: Pair, *, is_first: bool, opens: bool) -> list[tuple[Role, str]]:
    """What a side's conversation begins with."""
    begun: list[tuple[Role, str]] = [("system", system(pair.counts, pair.first if is_first else pair.second))]
    if opens:
        begun.append(("user", OPEN))
    return begun


def _moves(said: str) -> list[str]:
    words = said.replace("?", " ?").split()
    if said == SELECTION:
        return ["ends"]
    found = []
    if "?" in words or "what" in words:
        found.append("asks")
    names = any(word.rstrip("s") in ITEMS for word in words)
    if names and ("i" in words or "you" in words or "me" in words):
        found.append("proposes")
    if words and (words[0] in _YES or "deal" in words) and "no" not in words and len(words) <= 10:
        found.append("accepts")
    if any(word in _NO for word in words[:4]) or ("no" in words and "deal" in words):
        found.append("refuses")
    return found


def claims(said: str) -> list[str]:
    """Which things the speaker claims and which it gives: a thing goes to whom the words before it speak of."""
    verb, found = "claims", []
    for word in said.split():
        verb = "claims" if word in _MINE else "gives" if word in _YOURS else verb
        thing = "rest" if word in _REST else word.rstrip("s")
        if thing in THINGS and f"{verb}-{thing}" not in found:
            found.append(f"{verb}-{thing}")
    return found
