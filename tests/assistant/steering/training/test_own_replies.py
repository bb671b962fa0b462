"""The model's own replies: drawn again alike, ended by the token that ends them, and kept without their prompts."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.progress import Cancelled
from assistant.steering.gate.naturalness import perplexity
from assistant.steering.training.clone import Cloned
from assistant.steering.training.own_replies import Author, KeptReplies
from tests.assistant.at_work import by_generate, decoder_of
from tests.assistant.steering.frozen_models import PROMPTS, frozen_of, planner_for

pytestmark = pytest.mark.integration  # loads models
GREEDY = [by_generate("llama", ids) for ids in PROMPTS]
STOPS = {GREEDY[0][3], GREEDY[1][2]}


def author_of(*, stop_ids: set[int]) -> Author:
    return Author(decoder=decoder_of("llama", stop_ids=stop_ids), frozen=frozen_of("llama"), stop_ids=stop_ids)


def test_a_reply_has_the_token_that_ended_it_and_one_cut_short_has_none() -> None:
    written = author_of(stop_ids=STOPS).replies(PROMPTS, tokens=12, temperature=0.0, seed=0)
    for one, whole in zip(written, GREEDY, strict=True):
        ends = [place for place, token in enumerate(whole) if token in STOPS]
        assert list(one.reply) == (whole[: ends[0] + 1] if ends else whole)


def test_a_prompt_gets_the_same_reply_again_whatever_is_asked_beside_it() -> None:
    author = author_of(stop_ids=set())
    together = author.replies(PROMPTS, tokens=6, temperature=1.0, seed=4)
    assert author.replies(PROMPTS[2:3], tokens=6, temperature=1.0, seed=4)[0].reply == together[2].reply
    other = author.replies(PROMPTS, tokens=6, temperature=1.0, seed=5)
    assert [one.reply for one in other] != [one.reply for one in together]


def test_a_planner_changes_what_is_written() -> None:
    author = author_of(stop_ids=set())
    steered = author.replies(PROMPTS, tokens=12, temperature=0.0, seed=0, planner=planner_for("llama", radius=4.0))
    assert [one.reply for one in steered] != GREEDY


def test_what_a_model_would_say_is_more_natural_to_it_than_what_it_would_not() -> None:
    frozen = frozen_of("llama")
    own = [Cloned(ids, reply) for ids, reply in zip(PROMPTS, GREEDY, strict=True)]
    others = [Cloned(ids, reply) for ids, reply in zip(PROMPTS, reversed(GREEDY), strict=True)]
    assert perplexity(frozen, own) < 0.7 * perplexity(frozen, others)
    assert perplexity(frozen, own) == pytest.approx(perplexity(frozen, own[::-1]), rel=1e-4)
    assert perplexity(frozen, []) != perplexity(frozen, [])


def test_a_cancel_leaves_no_half_reply() -> None:
    with pytest.raises(Cancelled):
        author_of(stop_ids=set()).replies(PROMPTS, tokens=6, temperature=0.0, seed=0, is_cancelled=lambda: True)


def test_kept_replies_are_found_again_by_their_prompt_which_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "training" / "replies.json"
    KeptReplies(path, "model").keep([Cloned(PROMPTS[1], [7, 8, 9])])
    again = KeptReplies(path, "model")
    assert again.of(PROMPTS) == [Cloned(PROMPTS[1], [7, 8, 9])]
    assert again.missing(PROMPTS) == [PROMPTS[0], *PROMPTS[2:]]
    assert ", ".join(map(str, PROMPTS[1][:4])) not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    assert KeptReplies(path, "another model").of(PROMPTS) == []


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"fingerprint": "model"}'])
def test_a_broken_file_counts_as_none(broken: str, tmp_path: Path) -> None:
    path = tmp_path / "replies.json"
    path.write_text(broken)
    assert KeptReplies(path, "model").missing(PROMPTS) == PROMPTS
