"""A model is tried before it is used, shown without being loaded, and a sentence says what is missing."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant import models
from assistant.answers.models import ModelChoice, Wanted
from assistant.cli import model
from assistant.config.schema import ModelSettings
from assistant.doctor.parts import examine_parts
from assistant.engine.choice import Choice
from assistant.engine.contract import Capability, Engine, ModelFailed, Piece, Request
from assistant.engine.trial import measure
from assistant.errors import BadConfiguration, BadRequest, Unavailable
from assistant.generation import files
from assistant.home import Home
from assistant.progress import unheard
from assistant.service import Service
from tests.assistant.test_model_files import folder as folder
from tests.fakes import FakeEngine, HeldIndex, WordEmbedder

CITY = '{"name": "Lisbon", "country": "Portugal"}'


def answer(request: Request) -> str:
    return CITY if request.schema else "Hello, I am here and well."


class Steered(FakeEngine):
    """Shows a hidden state, and reads again only what is new of a session."""

    def stream(self, request: Request) -> Iterator[Piece]:
        read = any(one.session == request.session for one in self.requests) if request.session else False
        for piece in super().stream(request):
            if piece.usage is None:
                yield piece
                continue
            usage = replace(piece.usage, prompt_reused=5 if read else 0, first_token_s=0.5, total_s=1.0)
            hidden = np.ones(8, dtype=np.float32) if request.wants_hidden else None
            yield Piece(piece.text, usage, hidden, attention=0.1 if request.wants_attention else None)


class Made:
    """Makes the engines of a service, and remembers for which choices."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._engine = engine
        self.choices: list[Choice] = []

    def __call__(self, choice: Choice, settings: ModelSettings) -> Engine:
        self.choices.append(choice)
        return self._engine()


@pytest.fixture
def made() -> Made:
    return Made(lambda: Steered(answer, name="maker/model"))


@pytest.fixture
def service(tmp_path: Path, made: Made) -> Iterator[Service]:
    yield from served(tmp_path, made)


def served(tmp_path: Path, made: Made) -> Iterator[Service]:
    home = Home.at(tmp_path / "home")
    home.prepare()
    home.config_file.write_text("# mine\n[user]\nname = 'Ada'\n")
    service = Service(home, embedder=WordEmbedder(), make_index=HeldIndex, make_engine=made)
    yield service
    service.close()


def configured(service: Service) -> dict[str, object]:
    found: dict[str, object] = tomllib.loads(service.home.config_file.read_text()).get("model", {})
    return found


def test_a_folder_is_tried_and_then_used_for_every_task(service: Service, folder: Path) -> None:
    used = models.use(service, ModelChoice(name=str(folder)), unheard)
    assert used.tested is not None
    assert used.tested.writes
    assert {trial.ability: trial.works for trial in used.tested.trials} == dict.fromkeys(Capability, True)
    assert configured(service) == {"engine": "local", "name": str(folder)}
    assert "# mine" in service.home.config_file.read_text()
    assert service.settings.model.name == str(folder), "the service took it up"
    [line] = used.models
    assert (line.tasks, line.engine, line.where) == (["chat", "digest", "drafts"], "local", str(folder))
    assert (line.architecture, line.parameters, line.is_running) == ("Qwen3ForCausalLM", 2, False)


def test_a_trial_says_how_fast_it_was_and_what_came(service: Service, folder: Path) -> None:
    models.use(service, ModelChoice(name=str(folder), test=False), unheard)
    tested = models.test(service, "chat", unheard)
    assert tested.first_token_s == 0.5
    assert tested.prompt_tokens_per_s is not None
    assert tested.prompt_tokens_per_s > 100
    assert tested.reply_tokens_per_s == 10.0, "five tokens after the first in half a second"
    said = {trial.ability: trial.sentence for trial in tested.trials}
    assert "Hello, I am here" in said["generate"]
    assert "Lisbon" in said["schema"]
    assert "8 numbers" in said["hidden"]
    assert "5 of" in said["crop"]


def test_what_a_model_cannot_is_said_and_not_tried(service: Service, made: Made, folder: Path) -> None:
    plain = FakeEngine(answer, capabilities=[Capability.GENERATE])
    made._engine = lambda: plain
    models.use(service, ModelChoice(name=str(folder), test=False), unheard)
    tested = models.test(service, "chat", unheard)
    assert [trial.ability for trial in tested.trials if trial.works] == ["generate"]
    said = {trial.ability: trial.sentence for trial in tested.trials}
    assert said["crop"] == "Its layers cannot be cut back, so every turn is read again from the beginning."
    assert not any(request.wants_hidden or request.prefix for request in plain.requests)
    server = models.use(service, ModelChoice(name="http://127.0.0.1:8000/v1"), unheard)
    assert server.tested is not None
    kept = next(trial.sentence for trial in server.tested.trials if trial.ability == "crop")
    assert "a server may keep a conversation by itself" in kept


def test_a_model_that_fails_is_not_used(tmp_path: Path, folder: Path) -> None:
    broken = Made(lambda: FakeEngine([ModelFailed("Its process died.", "Ask again.")]))
    for service in served(tmp_path, broken):
        before = service.home.config_file.read_text()
        with pytest.raises(Unavailable, match=r"writes nothing\. Its process died"):
            models.use(service, ModelChoice(name=str(folder)), unheard)
        assert service.home.config_file.read_text() == before
        models.use(service, ModelChoice(name=str(folder), test=False), unheard)
        assert configured(service)["engine"] == "local"
        [finding] = [one for one in examine_parts(service, unheard) if one.subject == "model"]
        assert (finding.verdict, finding.sentence) == ("error", "Its process died.")


def test_a_folder_without_a_model_is_not_used(service: Service, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelFailed, match="holds no model"):
        models.use(service, ModelChoice(name=str(tmp_path / "empty")), unheard)
    assert configured(service) == {}


def test_a_task_may_have_a_server_of_its_own_with_a_key(service: Service, made: Made, folder: Path) -> None:
    models.use(service, ModelChoice(name=str(folder), test=False), unheard)
    key = service.home.config_file.parent / "key"
    key.write_text("sesame-sesame\n")
    key.chmod(0o600)
    server = ModelChoice(name="http://127.0.0.1:8000/v1", task="chat", served_name="small", key_file=str(key))
    used = models.use(service, server, unheard)
    chat = {"engine": "server", "address": "http://127.0.0.1:8000/v1", "name": "small", "api_key_file": str(key)}
    assert configured(service)["chat"] == chat
    assert [(line.engine, line.tasks) for line in used.models] == [
        ("server", ["chat"]),
        ("local", ["digest", "drafts"]),
    ]
    assert [choice.api_key.get_secret_value() for choice in made.choices if choice.api_key] != []
    assert "sesame" not in used.model_dump_json()


def test_a_password_in_a_servers_address_is_not_shown(service: Service) -> None:
    address = "http://ann:sesame-sesame@127.0.0.1:8000/v1"
    used = models.use(service, ModelChoice(name=address, served_name="small", test=False), unheard)
    assert used.models[0].where == "http://***@127.0.0.1:8000/v1"
    assert "sesame" not in used.model_dump_json()
    assert configured(service)["address"] == address


def test_none_goes_back_to_extraction(service: Service, folder: Path) -> None:
    models.use(service, ModelChoice(name=str(folder), test=False), unheard)
    used = models.use(service, ModelChoice(name="none"), unheard)
    assert configured(service) == {"engine": "extractive"}
    assert [line.engine for line in used.models] == ["extractive"]
    with pytest.raises(Unavailable, match="No language model is set up for chat") as failure:
        models.test(service, "chat", unheard)
    assert "telos model use" in failure.value.remedy


def test_a_revision_is_kept_where_it_is_not_the_usual_one(service: Service) -> None:
    models.use(service, ModelChoice(name="maker/model", revision="v2", test=False), unheard)
    assert configured(service) == {"engine": "local", "name": "maker/model", "revision": "v2"}
    models.use(service, ModelChoice(name="maker/model", test=False), unheard)
    assert configured(service) == {"engine": "local", "name": "maker/model"}


def test_nothing_is_no_model(service: Service) -> None:
    with pytest.raises(BadRequest):
        models.use(service, ModelChoice(name=" ", test=False), unheard)


def test_a_file_with_a_mistake_is_left_alone(service: Service, folder: Path) -> None:
    service.home.config_file.write_text("[modle]\n")
    with pytest.raises(BadConfiguration):
        models.use(service, ModelChoice(name=str(folder), test=False), unheard)
    assert service.home.config_file.read_text() == "[modle]\n"


def test_a_folder_is_fetched_by_being_there(service: Service, folder: Path) -> None:
    wanted = Wanted(name=str(folder))
    assert models.to_fetch(wanted).size_bytes == 0
    fetched = models.fetch(service, wanted, unheard)
    assert (fetched.folder, fetched.parameters) == (str(folder), 2)


def test_the_doctor_lets_each_model_write(service: Service, folder: Path) -> None:
    models.use(service, ModelChoice(name=str(folder), test=False), unheard)
    [finding] = [one for one in examine_parts(service, unheard) if one.subject == "model"]
    assert finding.verdict == "ok"
    assert finding.sentence.startswith("maker/model answers, for chat, digest, drafts")


def test_the_help_suggests_what_the_remedies_suggest() -> None:
    assert (model.GPU, model.CPU) == (files.SUGGESTED_GPU, files.SUGGESTED_CPU)


def test_a_reply_that_came_all_at_once_tells_nothing_of_the_speed() -> None:
    class AtOnce(FakeEngine):
        def stream(self, request: Request) -> Iterator[Piece]:
            for piece in super().stream(request):
                usage = piece.usage and replace(piece.usage, new_tokens=40, first_token_s=0.5, total_s=0.500001)
                yield replace(piece, usage=usage)

    _, speed = measure(AtOnce())
    assert speed.prompt_per_s is not None
    assert speed.reply_per_s is None
