"""What the games of the steering proof share: replies, luck, intervals, and what is kept between runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from assistant.engine.contract import Message, Prefix, Sampling
from assistant.generation.decoding import Decoder
from assistant.generation.loading import load
from assistant.generation.order import Order, Token
from assistant.generation.template import Prompts
from assistant.steering.training.frozen import Frozen
from benchmarks.games.arms import Constant, Exploring, Plain
from benchmarks.games.kept import Kept, digest
from benchmarks.games.learning import begin_near, own_replies
from benchmarks.games.play import Room, Rules, Table
from benchmarks.games.prefixes import actions_of, planner_over
from benchmarks.games.scratch_model import Conversation, Lessons, Recipe, build, save, token_of, tokenizer_for
from benchmarks.games.statistics import gain, interval
from benchmarks.games.voice import Drawing, Voice, drawn, read_back

RECIPE = Recipe(width=32, layers=2, heads=2, key_value_heads=1, inner=64, least=1, described=1.0)
TALK = Conversation(
    (
        ("system", "one two"),
        ("user", "hello"),
        ("assistant", "three four five"),
        ("user", "six"),
        ("assistant", "stop"),
    ),
    {2: ("long", "early"), 4: ("short",)},
)
NAMES = ("long", "short", "early")


@pytest.fixture(scope="module")
def made() -> tuple[Any, Any]:
    """A model without training, its weights raised so that its replies differ, and its tokenizer."""
    tokenizer = tokenizer_for([TALK], NAMES, least=1)
    model = build(RECIPE, tokenizer).eval().requires_grad_(False)
    for name, weight in model.named_parameters():
        if weight.ndim == 2:
            weight.mul_(20 if "embed" not in name else 5)
    return model, tokenizer


def room_of(made: tuple[Any, Any], **rules: Any) -> Room:
    model, tokenizer = made
    known = {"ends": tokenizer.convert_tokens_to_ids("stop"), "stop": tokenizer.eos_token_id}
    return Room(
        Voice(model, stop=tokenizer.eos_token_id), tokenizer, Rules(begin=tokenizer.bos_token_id, **known, **rules)
    )


def tables(number: int) -> list[Table]:
    told = ((("system", "one two"), ("user", "hello")), (("system", "two one"),))
    return [Table(f"table {place % 3}", told, place % 2, 100 + place) for place in range(number)]  # type: ignore[arg-type]


def nothing(_states: Tensor, _which: Any) -> None:
    return None


def test_the_product_loads_the_folder_and_reads_a_conversation_as_it_was_trained(
    made: tuple[Any, Any], tmp_path: Path
) -> None:
    model, tokenizer = made
    save(model, tokenizer, tmp_path)
    loaded = load(tmp_path, device="cpu", dtype="float32")
    prompts = Prompts(loaded.tokenizer, loaded.stop_ids)
    asked = [Message(role, said) for role, said in TALK.messages[:4]]
    ids, labels = Lessons(tokenizer, RECIPE).row(TALK, None)
    prompt = prompts.ids(asked)
    assert ids[: len(prompt)] == prompt
    assert tokenizer.eos_token_id in prompts.stop_ids
    assert [tokenizer.decode([one]) for one in labels if one >= 0][-2:] == ["stop", "<|end|>"]


def test_a_prefix_stands_where_the_rows_of_a_planner_go(made: tuple[Any, Any]) -> None:
    tokenizer = made[1]
    described = {tokenizer.convert_tokens_to_ids(token_of(name)) for name in NAMES}
    cue = tokenizer.convert_tokens_to_ids("<|assistant|>")
    at_the_end = Lessons(tokenizer, replace(RECIPE, at_start=0.0))
    rows = [at_the_end.row(TALK, np.random.default_rng(seed)) for seed in range(40)]
    assert any(described & set(ids) for ids, _ in rows)
    for ids, labels in rows:
        for place, one in enumerate(ids):
            if one in described:
                assert labels[place] < 0
                assert ids[place - 1] == cue or ids[place - 1] in described
        bare = [one for one in ids if one not in described]
        assert bare == at_the_end.row(TALK, None)[0]


def test_behind_a_prefix_at_the_start_only_its_reply_is_learnt(made: tuple[Any, Any]) -> None:
    tokenizer = made[1]
    described = {tokenizer.convert_tokens_to_ids(token_of(name)) for name in NAMES}
    learnt = set()
    for seed in range(20):
        ids, labels = Lessons(tokenizer, replace(RECIPE, at_start=1.0)).row(TALK, np.random.default_rng(seed))
        assert ids[1] in described
        learnt.add(tokenizer.decode([one for one in labels if one >= 0]))
        assert labels[-1] == ids[-1] == tokenizer.eos_token_id
    assert learnt == {"three four five <|end|>", "stop <|end|>"}


def test_many_replies_side_by_side_are_those_of_the_products_decoder(made: tuple[Any, Any]) -> None:
    model, tokenizer = made
    voice = Voice(model, stop=tokenizer.eos_token_id)
    prompts = [[tokenizer.bos_token_id, *range(3, 3 + length)] for length in (4, 9, 6)]
    rows = torch.randn(3, 2, RECIPE.width, generator=torch.Generator().manual_seed(1))
    greedy = Drawing(np.zeros(3), np.zeros((3, 8)))
    decoder = Decoder(
        model, device="cpu", sessions=0, cache_bytes=0, stop_ids={tokenizer.eos_token_id}, bos_id=tokenizer.bos_token_id
    )
    for place in ("end", "start"):
        written = voice.write(
            prompts, greedy, steered=[True, False, True], choose=lambda _s, which: rows[which], place=place
        )
        for number, ids in enumerate(prompts):
            prefix = None if number == 1 else Prefix(rows[number].numpy(), place)
            order = Order(max_tokens=8, prefix=prefix, sampling=Sampling())
            alone = [item.id for item in decoder.stream(ids, order) if isinstance(item, Token)]
            assert written[number] == alone, (place, number)
    plain = voice.write(prompts, greedy, steered=[False] * 3, choose=nothing, place="end")
    assert plain[1] == written[1]
    assert plain[0] != written[0]


def test_the_same_luck_gives_the_same_games_and_other_luck_others(made: tuple[Any, Any]) -> None:
    room = room_of(made, most_turns=4, longest=6)
    one, same = (room.play(tables(6), Plain(temperature=1.0)) for _ in range(2))
    assert [game.said for game in one] == [game.said for game in same]
    alone = room.play(tables(6)[4:5], Plain(temperature=1.0))
    assert alone[0].said == one[4].said
    assert len({str(game.said) for game in one[::2]}) > 1


def test_a_reply_that_holds_a_closing_word_ends_the_talk(made: tuple[Any, Any]) -> None:
    went_on = room_of(made, most_turns=6, longest=6).play(tables(6), Plain(temperature=1.0))
    word = max(went_on[0].said[1][1])
    for game, same in zip(
        room_of(made, most_turns=6, longest=6, closing=frozenset({word})).play(tables(6), Plain(temperature=1.0)),
        went_on,
        strict=True,
    ):
        held = [turn for turn, (_, said) in enumerate(same.said) if word in said]
        assert game.said == (same.said[: held[0] + 1] if held else same.said)
        assert game.is_over or not held
    assert len(went_on[0].said) > 2


def test_only_the_first_side_is_steered_and_each_of_its_turns_is_noted(made: tuple[Any, Any]) -> None:
    model, tokenizer = made
    descriptions = [tokenizer.convert_tokens_to_ids(token_of(name)) for name in NAMES]
    planner = planner_over(model, descriptions, fingerprint="it", place="end", hidden=8, seed=0)
    action = actions_of(planner, model, descriptions)[0]
    games = room_of(made, most_turns=5, longest=6).play(
        tables(4), Constant(planner=planner, temperature=1.0, action=action)
    )
    for game in games:
        mine = [said for side, said in game.said if side == 0]
        assert len(game.actions) == len(mine)
        assert all(np.allclose(one, action) for one in game.actions if one is not None)


def test_an_action_of_a_seen_prefix_becomes_its_very_tokens(made: tuple[Any, Any]) -> None:
    model, tokenizer = made
    descriptions = [tokenizer.convert_tokens_to_ids(token_of(name)) for name in NAMES]
    planner = planner_over(model, descriptions, fingerprint="it", place="end", hidden=8, seed=0)
    rows = planner.embedded(actions_of(planner, model, descriptions)[:1])[0]
    tokens = model.get_input_embeddings().weight[torch.tensor(descriptions)[:2]]
    assert torch.nn.functional.cosine_similarity(rows.flatten(), tokens.flatten(), dim=0) > 0.9999
    assert (tokens.norm() / rows.norm()).item() == pytest.approx(1.0, abs=0.2)


def test_exploring_goes_from_the_own_action_toward_a_prefix_and_no_further_than_its_reach(
    made: tuple[Any, Any],
) -> None:
    model, tokenizer = made
    descriptions = tokenizer.convert_tokens_to_ids([token_of(name) for name in NAMES])
    planner = planner_over(model, descriptions, fingerprint="x", place="end", hidden=16, seed=0)
    states, among = torch.randn(400, RECIPE.width), actions_of(planner, model, descriptions)[:1]
    own = planner.cloned_act(states)

    def way(reach: float) -> Tensor:
        """How far each action is on the way from the own one to the prefix's, by its angles to both."""
        exploring = Exploring(planner=planner, temperature=1.0, among=among, reach=reach, noise=0.0)
        found = exploring.choose(states, [], [])
        assert found is not None
        assert torch.allclose(found.norm(dim=1), torch.ones(400), atol=1e-5)
        from_own = (found * own).sum(1).clamp(-1, 1).acos()
        to_prefix = (found @ among[0]).clamp(-1, 1).acos()
        whole = (own @ among[0]).clamp(-1, 1).acos()
        assert torch.allclose(from_own + to_prefix, whole, atol=5e-3)  # on the great circle between them
        return from_own / whole

    assert way(0.0).max() < 1e-2
    assert way(1.0).max() > 0.9
    assert way(1.0).min() < 0.1
    assert way(0.5).max() <= 0.6


def test_cloning_begins_at_the_prefix_that_changes_replies_least(made: tuple[Any, Any]) -> None:
    model, tokenizer = made
    descriptions = tokenizer.convert_tokens_to_ids([token_of(name) for name in NAMES])
    room = room_of(made, most_turns=4, longest=6)
    examples = own_replies(room, room.play(tables(30), Plain(temperature=1.0)), seed=0)
    planner = planner_over(model, descriptions, fingerprint="x", place="end", hidden=16, seed=0)
    among = actions_of(planner, model, descriptions)
    frozen = Frozen(model, bos_id=tokenizer.bos_token_id)

    def nats(action: Tensor) -> float:
        rows = planner.embedded(action.expand(len(examples), -1))
        losses, there = frozen.losses([one.ids for one in examples], [one.reply for one in examples], rows, "end")
        return float(losses.sum() / there.sum())

    begun = begin_near(room, planner, among, examples)

    assert begun == pytest.approx(min(nats(action) for action in among), rel=1e-4)
    assert begun < max(nats(action) for action in among) - 1e-3
    acted = planner.act(torch.randn(50, RECIPE.width))
    best = among[min(range(len(among)), key=lambda place: nats(among[place]))]
    assert (acted @ best).min() > 0.8  # in every state, near it


def test_what_is_read_again_is_what_was_said(made: tuple[Any, Any]) -> None:
    model = made[0]
    room = room_of(made, most_turns=4, longest=6)
    game = room.play(tables(1), Plain(temperature=1.0))[0]
    read = room.read([game])[0]
    prompts = room.prompts(game)
    mine = [said for side, said in game.said if side == 0]
    for number, (prompt, said) in enumerate(zip(prompts, mine, strict=True)):
        whole = torch.tensor([[*prompt, *said, room.rules.stop]])
        output = model(input_ids=whole, output_hidden_states=True)
        states, chances = output.hidden_states[-1][0], output.logits[0].log_softmax(-1)
        expected = sum(float(chances[place - 1, whole[0, place]]) for place in range(len(prompt), whole.shape[1]))
        assert np.allclose(read.before[number], states[len(prompt) - 1], atol=1e-4)
        assert np.allclose(read.behind[number], states[-1], atol=1e-4)
        assert read.log_probability[number] == pytest.approx(expected, abs=1e-3)
        assert read.tokens[number] == len(said) + 1
    assert len(read_back(model, [])) == 0


def test_tokens_are_drawn_by_their_probabilities_and_the_likeliest_without_warmth() -> None:
    logits = torch.log(torch.tensor([[0.1, 0.6, 0.3]])).expand(1000, -1)
    chances = torch.linspace(0, 0.999, 1000, dtype=torch.float64)
    found = torch.bincount(drawn(logits, torch.ones(1000), chances), minlength=3) / 1000
    assert torch.allclose(found, torch.tensor([0.1, 0.6, 0.3]), atol=0.01)
    assert drawn(logits, torch.zeros(1000), chances).unique().tolist() == [1]


def test_games_of_one_context_count_as_one_draw() -> None:
    values = np.repeat(np.arange(10.0), 50)
    together = interval(values, [f"context {int(value)}" for value in values])
    apart = interval(values, [str(place) for place in range(500)])
    assert together[1] - together[0] > 3 * (apart[1] - apart[0])


def test_a_paired_gain_is_surer_than_the_arms_themselves() -> None:
    chance = np.random.default_rng(3)
    keys = [str(place // 4) for place in range(400)]
    luck = chance.normal(size=400)
    found, (low, high) = gain(luck + 0.2 + 0.1 * chance.normal(size=400), luck, keys)
    assert 0 < low < 0.2 < high
    assert found == pytest.approx(0.2, abs=0.03)


def test_what_was_made_is_found_again_and_a_broken_making_leaves_nothing(tmp_path: Path) -> None:
    made_times = []

    def make() -> dict[str, int]:
        made_times.append(1)
        if len(made_times) == 1:
            raise KeyboardInterrupt
        return {"one": 1}

    with pytest.raises(KeyboardInterrupt):
        Kept(tmp_path).facts("thing", digest("a"), make)
    assert Kept(tmp_path).facts("thing", digest("a"), make) == {"one": 1}
    kept = Kept(tmp_path)
    assert kept.facts("thing", digest("a"), make) == {"one": 1}
    assert len(made_times) == 2
    assert kept.minutes() > 0
    assert kept.facts("thing", digest("b"), make) == {"one": 1}
    assert len(made_times) == 3
