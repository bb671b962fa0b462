"""How a model behind a server is steered: by rows among those of its prompt, chosen by what an embedder makes of its end.

A server shows no hidden states, so the planner's state is the embedder's vector of the conversation's end; the rows of the
prompt's own tokens come from the model's tokenizer and table, which must be here. `engine` asks what is possible (`Fit`),
and for the prompts; the work is done in a process of its own (`workers.rows`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import sqrt
from pathlib import Path
from typing import Protocol

from assistant.engine.choice import Choice
from assistant.engine.contract import Floats, Message, Prefix, Request, Steer
from assistant.engine.server.abilities import Abilities, goes_on_alike, surprise
from assistant.engine.server.wire import Wire
from assistant.errors import TelosError, Unavailable
from assistant.generation.embedding_files import EmbeddingFiles, locate_embeddings
from assistant.steering.far.ending import ending
from assistant.workers.model_pipe import Appraisal
from assistant.workers.rows import WorkerRows
from assistant.workers.rows_pipe import Beginning, Embedded, Fitted


class Embeds(Protocol):
    """What turns texts into vectors; any of its members may raise TelosError."""

    @property
    def slug(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Fit:
    """`fitted` where the model can be steered; else `why` not, and `remedy`."""

    fitted: Fitted | None
    why: str = ""
    remedy: str = ""


class ServerSteering:
    """Of one model behind one server. Nothing is looked for before the first `fit`."""

    def __init__(self, choice: Choice, embedder: Callable[[], Embeds] | None, idle_s: float) -> None:
        self._choice = choice
        self._embedder = embedder
        self._idle_s = idle_s
        self._rows: WorkerRows | None = None
        self._files: EmbeddingFiles | None = None
        self._scale: float | None = None
        """What the table's rows are sent times; 0 where they lead nowhere. None: it was not tried."""

    def fit(self, wire: Wire, model: str, abilities: Abilities) -> Fit:
        """Whether the model can be steered as things are. The server is tried once, until `forget`.

        Raises: ModelFailed where it does not answer.
        """
        name = self._choice.embeddings
        if not name or self._embedder is None:
            return Fit(
                None,
                "A model behind a server is steered with its input embeddings, and none are configured.",
                "Set `embeddings` under [model] to a folder with its tokenizer and embeddings.",
            )
        if not abilities.prompt_embeddings:
            return Fit(
                None,
                f"The server at {wire.server} takes no prompts as embeddings.",
                "vLLM does when it is started with --enable-prompt-embeds.",
            )
        try:
            files = self._located(name)
            embedder = self._embedder()
            slug, width = embedder.slug, embedder.dimension
        except TelosError as err:
            return Fit(None, err.sentence, err.remedy)
        if self._scale is None:
            self._scale = self._tried(wire, model, files)
        if not self._scale:
            return Fit(
                None,
                f"The input embeddings of {name} are not those of {model} at {wire.server}: it goes on otherwise from them.",
                "Set `embeddings` under [model] to the very model that the server has.",
            )
        return Fit(Fitted(fingerprint=fingerprint(model, slug, width, files.width), width=width, scale=self._scale))

    def states(self, prompts: Sequence[Sequence[Message]]) -> Floats:
        """The planner's states, (n, width). Raises: TelosError where the embedder cannot be had."""
        if self._embedder is None:
            raise Unavailable("There is no embedder to read the conversation's end with.")
        return self._embedder().encode([ending(messages) for messages in prompts])

    def embedded(self, request: Request, fitted: Fitted, state: Floats | None) -> Embedded:
        """Raises: ModelFailed; BadRequest."""
        behind: Prefix | Steer | None = request.prefix or request.steer
        return self._worker().embedded(request.messages, fitted, behind, state)

    def appraise(self, planner: Path, fitted: Fitted, states: Floats, actions: Floats | None) -> Appraisal:
        """Raises: ModelFailed; Conflict; BadRequest."""
        return self._worker().appraise(planner, fitted, states, actions)

    def begin(self, path: Path, fitted: Fitted, wanted: Beginning, states: Floats, action: Floats | None) -> str:
        """Raises: ModelFailed."""
        return self._worker().begin(path, fitted, wanted, states, action)

    def surprise(self, wire: Wire, model: str, messages: Sequence[Message], reply: str) -> tuple[float, int]:
        """Nats of a reply behind its prompt, and of how many tokens.

        Raises: ModelFailed, also where the server does not say how likely a prompt's tokens are.
        """
        ids, said = self._worker().tokens(messages, reply)
        return surprise(wire, model, ids, said), len(said)

    @property
    def row_width(self) -> int:
        return 0 if self._files is None else self._files.width

    def forget(self) -> None:
        """What was found of the server: it is tried anew."""
        self._scale = None

    def close(self) -> None:
        """End the process. A later call starts another."""
        rows, self._rows = self._rows, None
        if rows is not None:
            rows.close()

    def _located(self, name: str) -> EmbeddingFiles:
        if self._files is None:
            self._files = locate_embeddings(name, self._choice.revision or "main")
        return self._files

    def _tried(self, wire: Wire, model: str, files: EmbeddingFiles) -> float:
        """The scale at which rows lead where their tokens do; 0 where none does.

        Gemma multiplies a table's rows by the root of their width. Some servers do it to rows that they are sent, and
        some only to those that they look up.
        """
        for scale in (1.0, sqrt(files.width)):
            if goes_on_alike(wire, model, self._worker().trials(scale)):
                return scale
        return 0.0

    def _worker(self) -> WorkerRows:
        if self._rows is None:
            self._rows = WorkerRows(self._located(self._choice.embeddings), self._idle_s)
        return self._rows


def fingerprint(model: str, slug: str, width: int, row_width: int) -> str:
    """Of a server's model as a planner sees it: another name, embedder or width is another model to it."""
    return sha256(json.dumps(["server", model, slug, width, row_width]).encode()).hexdigest()[:32]
