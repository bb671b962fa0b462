"""A daemon with a tiny model of random weights in a process of its own, steered, without embedder and digest; talking with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from assistant.answers.chat import Done, Say
from assistant.client import Client
from assistant.errors import Unavailable
from tests.integration.daemon import STEERED, Daemon, running
from tests.tiny_models import tiny_model

_CONFIGURATION = """
[user]
timezone = "UTC"

[digest]
days = []

[memory]
embedder = "nobody/has-this-model"

"""


@contextmanager
def serving(places: pytest.TempPathFactory) -> Iterator[Daemon]:
    """The daemon, which serves, for as long as the block lasts."""
    model = tiny_model("qwen3", places.mktemp("models") / "tiny", layers=2, context=4096)
    home = Daemon(places.mktemp("homes") / "home")
    (home.folder / "config.toml").write_text(_CONFIGURATION + STEERED.format(model=model), encoding="utf-8")
    with running(home):
        home.wait_until_it_serves()
        yield home


def answered(home: Daemon, say: Say) -> Done:
    """The turn, at its end; a random model may end before its first word, and is asked again."""
    with Client(home.home) as client:
        for seed in range(20):
            try:
                *_, done = client.conversations.say(say.model_copy(update={"seed": seed}))
                assert isinstance(done, Done)
                return done
            except Unavailable:
                say = Say(text="", last=True, retry=True)
    raise AssertionError("The model never said a word.")
