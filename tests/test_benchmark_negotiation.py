"""The negotiation: lines are read right, contexts stay in one part, points are exact, and both sides share one reading."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.games.play import Game
from benchmarks.games.scratch_model import tokenizer_for
from benchmarks.negotiation_contest import Negotiation
from benchmarks.negotiation_data import (
    SELECTION,
    Dialogue,
    Pair,
    feasible,
    is_pareto,
    pairs_in,
    part_of,
    parts,
    permuted,
    permuted_words,
    points,
    read,
)
from benchmarks.negotiation_reader import Convolutional, Reader, Recurrent, Talk, Words, keep, loaded, named
from benchmarks.negotiation_talk import DESCRIPTIONS, claims, conversation

LINES = """\
1 2 2 4 3 0 YOU: may i have both hats ? <eos> THEM: yes , the rest is mine <eos> YOU: deal <eos> THEM: <selection> \
item0=0 item1=2 item2=0 <eos> reward=8 agree 1 4 2 0 3 2
1 4 2 0 3 2 THEM: may i have both hats ? <eos> YOU: yes , the rest is mine <eos> THEM: deal <eos> YOU: <selection> \
item0=1 item1=0 item2=3 <eos> reward=10 agree 1 4 2 0 3 2
1 2 2 4 3 0 YOU: all mine <eos> THEM: never <eos> YOU: <selection> no agreement <eos> reward=no agreement agree 1 4 2 0 3 2
1 2 2 4 3 0 YOU: all mine <eos> THEM: never <eos> YOU: <selection> item0=1 item1=2 item2=3 <eos> reward=10 disagree \
1 4 2 0 3 2
"""
PAIR = Pair((1, 2, 3), (2, 4, 0), (4, 0, 2))


@pytest.fixture
def dialogues(tmp_path: Path) -> list[Dialogue]:
    path = tmp_path / "dialogues.txt"
    path.write_text(LINES)
    return read(path)


def test_a_line_is_read_whole(dialogues: list[Dialogue]) -> None:
    one, other, none, apart = dialogues
    assert one.pair == PAIR
    assert one.turns == ((True, "may i have both hats ?"), (False, "yes , the rest is mine"), (True, "deal"))
    assert (one.ending, one.split, one.i_end) == ("agree", (0, 2, 0), False)
    assert other.i_end
    assert (none.ending, none.split) == ("no_deal", None)
    assert apart.ending == "disagree"


def test_a_line_in_another_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "it.txt").write_text("1 2 2 4 3 0 YOU: hello\n")
    with pytest.raises(ValueError, match="line 1 of the negotiations"):
        read(tmp_path / "it.txt")


def test_pairs_of_others_are_twelve_numbers_over_the_same_items(tmp_path: Path) -> None:
    path = tmp_path / "pairs.txt"
    path.write_text("1 2 2 4 3 0 1 4 2 0 3 2\n\n")
    assert pairs_in(path) == [PAIR]
    path.write_text("1 2 2 4 3 0 2 4 2 0 3 2\n")
    with pytest.raises(ValueError, match="line 1 of"):
        pairs_in(path)


triples = st.tuples(*[st.integers(0, 4)] * 3)


@given(triples, triples, triples)
def test_both_sides_of_a_pair_are_in_one_part(
    counts: tuple[int, int, int], one: tuple[int, int, int], other: tuple[int, int, int]
) -> None:
    pair = Pair(counts, one, other)
    assert part_of(pair) == part_of(pair.turned())


@given(triples, triples, triples)
def test_points_of_both_sides_are_exact(
    counts: tuple[int, int, int], one: tuple[int, int, int], other: tuple[int, int, int]
) -> None:
    pair = Pair(counts, one, other)
    split = feasible(counts)[len(feasible(counts)) // 2]
    mine, theirs = points(pair, split)
    rest = tuple(count - number for count, number in zip(counts, split, strict=True))
    assert (theirs, mine) == points(pair.turned(), rest)  # type: ignore[arg-type]
    assert points(pair, None) == (0, 0)


def test_a_split_that_can_be_bettered_for_nothing_is_not_pareto() -> None:
    assert is_pareto(PAIR, (0, 2, 0))
    assert not is_pareto(PAIR, (0, 1, 0))
    assert not is_pareto(PAIR, None)


def test_items_change_places_in_words_as_in_numbers() -> None:
    for order in permutations(range(3)):
        back = [order.index(place) for place in range(3)]
        assert permuted(permuted((1, 2, 3), order), back) == (1, 2, 3)
    assert permuted_words("the book , 2 hats and a basketball", (1, 2, 0)) == "the hat , 2 balls and a book"
    assert permuted((1, 2, 3), (1, 2, 0)) == (3, 1, 2)


def test_only_what_an_onlooker_could_write_down_is_described(dialogues: list[Dialogue]) -> None:
    told = conversation(dialogues[0])
    assert told.messages[0] == ("system", "most: hat 2 @4 =8 then: book 1 @2 =2 least: ball 3 @0 =0")
    assert told.messages[1] == ("user", "begin")
    assert told.messages[-1] == ("user", SELECTION)
    assert set(told.described) == {2, 4}
    assert set(told.described[2]) == {"asks", "proposes", "claims-hat", "deal", "few"}
    assert set(told.described[4]) == {"accepts", "deal", "few"}
    assert set(conversation(dialogues[1]).described[2]) == {"accepts", "claims-rest", "deal", "many"}
    assert set(conversation(dialogues[1]).described[4]) == {"ends", "deal", "many"}
    assert all(name in DESCRIPTIONS for names in told.described.values() for name in names)
    assert conversation(dialogues[3]).described[2] == ()  # nobody knows how it ended
    assert claims("if i get the hats you can have 2 books and the rest") == ["claims-hat", "gives-book", "gives-rest"]


@pytest.mark.parametrize("network", [Recurrent, Convolutional])
def test_a_reading_is_one_split_whoever_asks(network: type, dialogues: list[Dialogue], tmp_path: Path) -> None:
    torch.manual_seed(0)
    words = Words([one.turns for one in dialogues], least=1)
    keep(Reader(network(len(words.known)).eval(), words), tmp_path / "it.safetensors")
    reader = loaded(network, tmp_path / "it.safetensors")
    talks = [Talk(one.pair.counts, one.turns) for one in dialogues[:3]] + [Talk((2, 1, 2), ((True, "new words"),))]
    mine = reader.probabilities(talks)
    theirs = reader.probabilities([talk.turned() for talk in talks])
    for one, other, talk in zip(mine, theirs, talks, strict=True):
        assert one.sum() == pytest.approx(1)
        assert len(one) == len(feasible(talk.counts)) + 1
        assert np.allclose(one[:-1], other[:-1][::-1], atol=1e-5)
        assert np.allclose(one, reader.probabilities([talk])[0], atol=1e-4)


def test_the_likeliest_reading_is_named_and_may_be_no_deal() -> None:
    chances = np.zeros(len(feasible((1, 1, 1))) + 1)
    chances[-1] = 1
    assert named((1, 1, 1), chances) is None
    chances[3] = 2
    assert named((1, 1, 1), chances) == feasible((1, 1, 1))[3]


class Says:
    """A reader that always names one split."""

    def __init__(self, split: tuple[int, int, int] | None) -> None:
        self.split, self.seen = split, list[Talk]()

    def splits(self, talks: list[Talk]) -> list[tuple[int, int, int] | None]:
        self.seen += talks
        return [self.split] * len(talks)


def test_a_talk_scores_its_split_and_one_without_an_end_scores_nothing(dialogues: list[Dialogue]) -> None:
    tokenizer = tokenizer_for([conversation(one) for one in dialogues], DESCRIPTIONS, least=1)
    first, second = Says((0, 2, 0)), Says(None)
    other = Pair((1, 1, 1), (5, 5, 0), (1, 1, 8))
    pairs = {"train": [], "validation": [], "held_out": [PAIR, other]}
    contest = Negotiation(pairs, first, second, tokenizer)  # type: ignore[arg-type]
    tables = contest.tables("held_out", 8, seed=1)
    assert len({(table.key, table.first) for table in tables}) == 8
    assert len({contest.context(table) for table in tables}) == 2
    assert {contest.context(table) for table in contest.tables("held_out", 2, seed=1)} == {PAIR.key, other.key}
    end = tokenizer.convert_tokens_to_ids(SELECTION)
    said = [(0, tokenizer.encode("may i have both hats ?")), (1, tokenizer.encode("deal")), (0, [end])]
    table = next(table for table in tables if table.key.endswith("2 4 0 4 0 2"))
    games = [Game(table, said=said, is_over=True), Game(table, said=said[:2])]
    found = contest.outcomes(games)
    assert [(one.score, one.agreed) for one in found] == [(8, True), (0, False)]
    assert first.seen[0].turns == ((True, "may i have both hats ?"), (False, "deal"))
    assert [one.agreed for one in contest.outcomes(games, second=True)] == [False, False]


def test_the_published_dialogues_are_all_understood(shared_data: Path) -> None:
    path = shared_data / "negotiation" / "dialogues.txt"
    if not path.is_file():
        pytest.skip("the shared data has no negotiations")
    found = parts(read(path))
    assert sum(map(len, found.values())) == 11_132
    keys = [{one.pair.key for one in dialogues} for dialogues in found.values()]
    assert sum(map(len, keys)) == len(set().union(*keys))
    for dialogue in found["held_out"]:
        assert sum(n * value for n, value in zip(dialogue.pair.counts, dialogue.pair.first, strict=True)) == 10
