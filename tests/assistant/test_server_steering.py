"""A model behind a server is steered by rows among its prompt's: it says what the same model here says with the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from assistant.config.schema import ModelSettings
from assistant.engine.choice import Choice
from assistant.engine.contract import (
    Capability,
    Message,
    ModelFailed,
    Place,
    Prefix,
    Reply,
    Request,
    Steer,
    complete,
)
from assistant.engine.server import steering as server_steering
from assistant.engine.server.abilities import goes_on_alike
from assistant.engine.server.engine import ServerEngine
from assistant.engine.server.steering import fingerprint
from assistant.engine.server.wire import Wire
from assistant.engine.trial import try_abilities
from assistant.errors import Unavailable
from assistant.generation.embedding_files import EmbeddingFiles, locate_embeddings
from assistant.generation.running import Running
from assistant.progress import unheard
from assistant.steering import planner_file
from assistant.steering.far import beginning, measuring
from assistant.steering.far.ending import ending
from assistant.steering.far.rows import PromptRows
from assistant.steering.helm import fingerprint_of, why_unsteered
from assistant.steering.planner import Planner, Shape
from assistant.steering.settings import SMALL
from assistant.workers.model_pipe import ModelOrder
from assistant.workers.rows_pipe import Beginning
from tests.embedding_server import EmbeddingServer
from tests.fakes import WordEmbedder
from tests.tiny_models import tiny_model

pytestmark = pytest.mark.integration

ASKED = (Message("system", "Help with travel."), Message("user", "When does the ferry leave?"))
TOKENS = 12
NO_ROWS = Prefix(np.zeros((0, 64), dtype=np.float32))
PROMPTS = [(Message("user", f"Tell me of {what}."),) for what in ("the sea", "a train to Lyon", "two old towers")]
SETTINGS = replace(SMALL, gate_tokens=6, temperature=0.0)
BEGINNING = Beginning(place="end", dimension=8, rows=2, hidden=16, radius=1.0, seed=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with a BOS, whose rows are long enough to be heard."""
    return tiny_model("llama", tmp_path_factory.mktemp("model"), layers=2, template="bos")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[EmbeddingServer]:
    with EmbeddingServer(folder) as server:
        yield server


@pytest.fixture(scope="module")
def engine(server: EmbeddingServer, folder: Path) -> Iterator[ServerEngine]:
    engine = engine_of(server, folder)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def here(folder: Path) -> Running:
    """The same model on this machine."""
    settings = ModelSettings(engine="local", device="cpu", dtype="float32", compile=False)
    return Running(ModelOrder(folder, "tiny", settings))


class RowsHere(PromptRows):
    """What the process for rows does, without another process, which takes seconds to import torch."""

    def __init__(self, files: EmbeddingFiles, idle_s: float) -> None:
        super().__init__(files)

    def close(self) -> None: ...


@pytest.fixture
def rows_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_steering, "WorkerRows", RowsHere)


def engine_of(server: EmbeddingServer, embeddings: Path | str, width: int = 24) -> ServerEngine:
    choice = Choice("server", name="tiny", address=server.address, embeddings=str(embeddings))
    embedder = WordEmbedder(width)
    return ServerEngine(choice, ModelSettings(engine="server", silence_s=30.0), embedder=lambda: embedder)


def planner_of(engine: ServerEngine, path: Path, *, place: Place = "end", seed: int = 1, **changes: object) -> Path:
    """One that chooses something of its own."""
    width = engine.describe().width
    shape = {"fingerprint": engine.describe().fingerprint, "width": width, "row_width": engine.row_width, "norm": 4.0}
    torch.manual_seed(seed)
    planner = Planner(Shape(**{**shape, "dimension": 8, "hidden": 16, "place": place, **changes}))  # type: ignore[arg-type]
    planner_file.save(planner, path, {})
    return path


def said(engine: ServerEngine, **wanted: object) -> Reply:
    return complete(engine, Request(messages=ASKED, max_tokens=TOKENS, **wanted))  # type: ignore[arg-type]


def said_here(here: Running, rows: torch.Tensor | None, place: Place) -> str:
    """What the model says by itself, token by token, from its own rows with `rows` among them."""
    model, ids = here.loaded.model, here.prompts.ids(ASKED)
    embed = model.get_input_embeddings()
    inputs = embed(torch.tensor(ids))
    split = len(ids) if place == "end" else 1
    inputs = inputs if rows is None else torch.cat([inputs[:split], rows, inputs[split:]])
    written: list[int] = []
    with torch.no_grad():
        while len(written) < TOKENS:
            token = int(model(inputs_embeds=inputs[None]).logits[0, -1].argmax())
            if token in here.prompts.stop_ids:
                break
            written.append(token)
            inputs = torch.cat([inputs, embed(torch.tensor([token]))])
    text: str = here.loaded.tokenizer.decode(written, skip_special_tokens=True)
    return text


# Steered


@pytest.mark.parametrize("place", ["end", "start"])
def test_a_steered_reply_is_what_the_same_model_says_here_behind_the_same_rows(
    engine: ServerEngine, here: Running, tmp_path: Path, place: Place
) -> None:
    path = planner_of(engine, tmp_path / "one.safetensors", place=place)
    reply = said(engine, steer=Steer(planner=path))
    planner = planner_file.load(path, fingerprint=None)
    assert reply.hidden is not None
    assert reply.steered is not None
    state = torch.from_numpy(reply.hidden)[None]
    assert np.allclose(reply.steered.action, planner.act(state)[0].numpy(), atol=1e-5)
    rows = planner.embedded(planner.act(state))[0]
    assert reply.text == said_here(here, rows, place)
    assert reply.text != said_here(here, None, place)
    assert reply.usage.prompt_tokens == len(here.prompts.ids(ASKED)) + 2


def test_the_state_is_the_embedders_vector_of_the_conversations_end(engine: ServerEngine) -> None:
    reply = said(engine, wants_hidden=True)
    assert reply.hidden is not None
    assert np.allclose(reply.hidden, WordEmbedder(24).encode([ending(ASKED)])[0])
    assert reply.text == "The ferry runs at eight."  # by the chat, as any reply that nobody steers
    assert reply.steered is None


def test_given_rows_are_put_in_as_they_are(engine: ServerEngine, here: Running) -> None:
    rows = torch.randn(3, 64, generator=torch.Generator().manual_seed(5)) * 4
    assert said(engine, prefix=Prefix(rows.numpy())).text == said_here(here, rows, "end")


def test_what_is_sent_is_what_torch_saves_and_no_more(
    engine: ServerEngine, server: EmbeddingServer, here: Running
) -> None:
    said(engine, prefix=Prefix(np.zeros((1, 64), dtype=np.float32)))
    ids = here.prompts.ids(ASKED)
    sent = server.embedded[-1]
    assert torch.equal(sent[:-1], server.looked_up(ids))
    assert not sent[-1].any()
    body = server.completions[-1]
    assert "messages" not in body
    assert "prompt" not in body
    assert set(body["stop_token_ids"]) == here.prompts.stop_ids
    assert len(body["prompt_embeds"]) < sent.numel() * 4 * 1.4 + 4096  # its own numbers, not the whole table


def test_two_actions_lead_to_two_replies(engine: ServerEngine, tmp_path: Path) -> None:
    path = planner_of(engine, tmp_path / "one.safetensors")
    actions = np.eye(8, dtype=np.float32)[:2]
    one, other = (said(engine, steer=Steer(planner=path, action=action)).text for action in actions)
    assert one != other


def test_the_trial_of_what_it_can_says_that_it_is_steered(engine: ServerEngine) -> None:
    found = {outcome.capability: outcome for outcome in try_abilities(engine, is_ours=False)}
    assert found[Capability.STEER_END].works, found[Capability.STEER_END].sentence
    assert not found[Capability.HIDDEN].works


# Its planners


def test_a_planner_begins_from_the_table_alone(engine: ServerEngine, folder: Path, tmp_path: Path) -> None:
    fitted, states = engine.describe(), np.random.default_rng(2).normal(3, 2, (9, 24)).astype(np.float32)
    action = np.eye(8, dtype=np.float32)[2]
    lineage = engine.begin(tmp_path / "new.safetensors", BEGINNING, states, None)
    assert engine.begin(tmp_path / "new.safetensors", BEGINNING, states, action) == lineage
    planner = planner_file.load(tmp_path / "new.safetensors", fingerprint=fitted.fingerprint)
    assert (planner.shape.width, planner.shape.row_width) == (24, 64)
    with safe_open(folder / "model.safetensors", framework="pt") as file:
        table = file.get_tensor("model.embed_tokens.weight")
    assert planner.shape.norm == pytest.approx(float(table.norm(dim=1).mean()), rel=1e-5)
    seen = torch.from_numpy(states)
    assert planner.standard(seen).mean(0) == pytest.approx(torch.zeros(24), abs=1e-5)
    assert float((planner.act(seen) @ torch.from_numpy(action)).min()) > 0.99
    assert torch.equal(planner.act(seen), planner.cloned_act(seen))
    rows = planner.embedded(planner.act(seen))
    assert rows.norm(dim=-1) == pytest.approx(planner.shape.norm * torch.ones(9, 2), rel=1e-3)
    assert said(engine, steer=Steer(planner=tmp_path / "new.safetensors")).steered is not None


def test_of_several_actions_the_one_that_changes_replies_least_is_the_cloned_one(
    engine: ServerEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beginning, "DRAWN", 4)
    path, rests = tmp_path / "begun.safetensors", 0

    def rest() -> None:
        nonlocal rests
        rests += 1

    facts = beginning.begin(engine, path, BEGINNING, PROMPTS, SETTINGS, on_progress=unheard, rest=rest)
    assert rests == 5  # before each action, and before its own replies
    assert facts["likeness"] == max(facts["likeness_of_all"])
    assert facts["likeness"] > min(facts["likeness_of_all"])
    actions = beginning.drawn(8, BEGINNING.seed)
    best = torch.from_numpy(actions[int(np.argmax(facts["likeness_of_all"]))])
    states = torch.from_numpy(engine.states(PROMPTS))
    planner = planner_file.load(path, fingerprint=engine.describe().fingerprint)
    assert float((planner.cloned_act(states) @ best).min()) > 0.99
    # In whichever order they come, it is the same one.
    monkeypatch.setattr(beginning, "drawn", lambda dimension, seed: actions[::-1].copy())
    beginning.begin(engine, path, BEGINNING, PROMPTS, SETTINGS, on_progress=unheard, rest=rest)
    planner = planner_file.load(path, fingerprint=None)
    assert float((planner.cloned_act(states) @ best).min()) > 0.99


def test_the_gate_is_shown_what_the_servers_model_says_and_how_likely_it_finds_it(
    engine: ServerEngine, here: Running, tmp_path: Path
) -> None:
    path = planner_of(engine, tmp_path / "one.safetensors")
    found = measuring.measured(engine, path, PROMPTS, SETTINGS, on_progress=unheard, rest=lambda: None)
    assert found.replies == len(PROMPTS)
    assert sum(found.failed.values()) == 0  # it cannot spell
    for perplexity, steer in ((found.perplexity, Steer(planner=path)), (found.perplexity_unsteered, None)):
        nats, tokens = 0.0, 0
        for messages in PROMPTS:
            rows = NO_ROWS if steer is None else None
            reply = complete(engine, Request(messages=messages, max_tokens=6, steer=steer, prefix=rows)).text
            ids, own = here.prompts.ids(messages), here.prompts.encode(reply)
            with torch.no_grad():
                logits = here.loaded.model(torch.tensor([ids + own])).logits[0].log_softmax(-1)
            nats -= sum(float(logits[len(ids) - 1 + place, token]) for place, token in enumerate(own))
            tokens += len(own)
        assert perplexity == pytest.approx(float(np.exp(nats / tokens)), rel=1e-4)
    assert found.perplexity != found.perplexity_unsteered


def test_a_gate_whose_replies_are_not_steered_measures_nothing(engine: ServerEngine, tmp_path: Path) -> None:
    path = planner_of(engine, tmp_path / "one.safetensors", fingerprint="another")
    with pytest.raises(ModelFailed, match=r"was not steered.*trained for another model"):
        measuring.measured(engine, path, PROMPTS, SETTINGS, on_progress=unheard, rest=lambda: None)


def test_what_a_server_does_not_say_of_likelihoods_counts_against_the_planner(
    engine: ServerEngine, server: EmbeddingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_logprobs", lambda ids: None)
    path = planner_of(engine, tmp_path / "one.safetensors")
    found = measuring.measured(engine, path, PROMPTS[:1], SETTINGS, on_progress=unheard, rest=lambda: None)
    assert np.isnan(found.perplexity)


def test_a_planner_of_another_model_leaves_the_reply_unsteered_with_a_sentence(
    engine: ServerEngine, tmp_path: Path
) -> None:
    path = planner_of(engine, tmp_path / "other.safetensors", fingerprint="another")
    reply = said(engine, steer=Steer(planner=path))
    assert reply.steered is None
    assert reply.text == "The ferry runs at eight."
    assert "not steered: The planner other.safetensors was trained for another model" in reply.usage.notice


def test_a_planner_whose_rows_are_of_another_width_is_refused(engine: ServerEngine, tmp_path: Path) -> None:
    path = planner_of(engine, tmp_path / "other.safetensors", row_width=32)
    assert "makes rows of 32 numbers" in said(engine, steer=Steer(planner=path)).usage.notice


def test_what_a_planner_thinks_of_actions_is_told(engine: ServerEngine, tmp_path: Path) -> None:
    path = planner_of(engine, tmp_path / "one.safetensors")
    found = engine.appraise(path, np.ones((2, 24), dtype=np.float32))
    assert found.chosen.shape == (2, 8)
    assert np.allclose(found.values, found.values_chosen)


def test_the_fingerprint_is_of_the_name_the_embedder_and_the_widths(engine: ServerEngine) -> None:
    assert fingerprint_of(engine) == fingerprint("tiny", WordEmbedder.slug, 24, 64)
    others = {
        fingerprint("other", WordEmbedder.slug, 24, 64),
        fingerprint("tiny", "another", 24, 64),
        fingerprint("tiny", WordEmbedder.slug, 25, 64),
        fingerprint("tiny", WordEmbedder.slug, 24, 65),
    }
    assert len(others | {fingerprint_of(engine)}) == 5


# Not steered, and why


def test_without_embeddings_nothing_is_steered_and_it_says_so(server: EmbeddingServer, tmp_path: Path) -> None:
    engine = engine_of(server, "")
    assert fingerprint_of(engine) == ""
    assert Capability.STEER_END not in engine.capabilities
    assert why_unsteered(engine).startswith("Nothing is steered: A model behind a server is steered with its input")
    with pytest.raises(Unavailable, match="Steering needs"):
        said(engine, steer=Steer(planner=tmp_path / "none"))


def test_a_server_that_was_not_started_for_it_is_not_steered_and_it_says_so(folder: Path) -> None:
    with EmbeddingServer(folder, is_enabled=False) as server:
        engine = engine_of(server, folder)
        assert not engine.abilities.prompt_embeddings
        assert fingerprint_of(engine) == ""
        assert "takes no prompts as embeddings. vLLM does when it is started with" in why_unsteered(engine)


def test_a_folder_without_a_model_is_said(server: EmbeddingServer, tmp_path: Path) -> None:
    assert f"There is no model {tmp_path} on this machine" in why_unsteered(engine_of(server, tmp_path))


def test_the_table_of_another_model_is_found_out(server: EmbeddingServer, folder: Path, tmp_path: Path) -> None:
    """It has the same shape, and would be taken: what the server goes on with tells them apart."""
    wire = Wire(server.address, "", 30.0)
    other = PromptRows(locate_embeddings(str(tiny_model("llama", tmp_path, layers=2, template="bos", seed=9))))
    assert not goes_on_alike(wire, "tiny", other.trials(1.0))
    assert goes_on_alike(wire, "tiny", PromptRows(locate_embeddings(str(folder))).trials(1.0))
    wire.close()


def test_the_server_is_tried_once(engine: ServerEngine, server: EmbeddingServer) -> None:
    assert fingerprint_of(engine)
    asked = len(server.requests)
    assert fingerprint_of(engine)
    assert engine.capabilities
    assert len(server.requests) == asked


def test_rows_go_at_the_scale_at_which_the_server_reads_its_own_and_a_refusal_later_costs_no_reply(
    folder: Path, here: Running, tmp_path: Path, rows_here: None
) -> None:
    """As Gemma's, whose table a server may multiply when it looks tokens up and not when it is sent rows."""
    with EmbeddingServer(folder, scale=8.0) as server:
        engine = engine_of(server, folder)
        assert engine.describe().scale == 8.0
        said(engine, prefix=Prefix(np.zeros((1, 64), dtype=np.float32)))
        assert torch.equal(server.embedded[-1][:-1], server.looked_up(here.prompts.ids(ASKED)))
        path = planner_of(engine, tmp_path / "one.safetensors")
        server.is_enabled = False
        reply = said(engine, steer=Steer(planner=path))
        assert reply.text == "The ferry runs at eight."
        assert reply.steered is None
        assert "The reply is not steered" in reply.usage.notice
        assert fingerprint_of(engine) == ""  # it was tried anew
        engine.close()
