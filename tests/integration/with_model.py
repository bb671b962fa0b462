"""A daemon with a tiny model of random weights in a process of its own, steered, without embedder and digest; talking with it,
and with any such model whose process is killed on the way."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from assistant.answers.chat import Done, Event, Say, Text
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


def cut_short(begin: Callable[[int], Iterator[Event]], process: Callable[[], int]) -> Unavailable:
    """How a reply ends whose model's process is killed after its first words. Random weights may have nothing to say, or have said
    all by then: the reply to each of 20 seeds is begun until one was cut short."""
    for seed in range(20):
        events = begin(seed)
        try:
            next(event for event in events if isinstance(event, Text))
            os.kill(process(), signal.SIGKILL)
            list(events)
        except Unavailable as err:
            if "ended before" in err.sentence:
                return err
    pytest.fail("No reply was cut short.")
