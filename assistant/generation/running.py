"""A model that is loaded, with everything it needs to answer, and the ways to go on when memory runs short.

`served` asks it; it knows the parts of this room and nothing of requests beyond their length.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import replace

import torch

from assistant.engine.contract import Capability, Message, ModelFailed, Request, Steer, TooLong
from assistant.errors import BadRequest, Conflict
from assistant.generation.decoding import Decoder
from assistant.generation.grammar import Grammar
from assistant.generation.loading import Loaded, load
from assistant.generation.memory import is_short_of_memory, nothing_left_to_free
from assistant.generation.order import Guide
from assistant.generation.template import Prompts
from assistant.generation.vocabulary import Vocabulary
from assistant.progress import Progress, unheard
from assistant.steering.choosing import Chooser, Planners
from assistant.steering.split_softmax import Focus
from assistant.workers.model_pipe import Description, ModelOrder, WorkerBroken

FREED = "Memory was short: what was kept of earlier conversations was dropped."
SHRUNK = "Memory was short: from now on the model reads at most {tokens:,} tokens at once."
ON_CPU = "The GPU's memory ran out; the model goes on without the GPU, which is slower."
UNSTEERED = "Memory was short: the reply was not steered."
LEAST_CONTEXT = 512
"""Tokens: no conversation fits into less."""
_MB = 1024 * 1024
_TRIAL = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}},
    "required": ["ok"],
    "additionalProperties": False,
}


class Running:
    """The model an order names, on the device it found."""

    def __init__(self, order: ModelOrder, *, on_progress: Progress = unheard) -> None:
        """Raises: ModelFailed."""
        self.description: Description
        self._order = order
        self._on_progress = on_progress
        try:
            self._start(order.settings.device)
        except (RuntimeError, MemoryError) as err:
            if not is_short_of_memory(err) or order.settings.device != "auto" or self.loaded.device == "cpu":
                raise
            self._start_on_cpu()

    def fitting(self, messages: Sequence[Message], rows: int) -> list[int]:
        """The prompt of a conversation, with room for `rows` of embeddings and a reply behind it. Raises: TooLong."""
        ids = self.prompts.ids(messages)
        if len(ids) + rows + 1 > self.description.context_tokens:
            raise TooLong(
                f"The prompt has {len(ids):,} tokens, and {self._order.name} reads at most "
                f"{self.description.context_tokens:,} with its reply.",
                "Say it in fewer words, or raise context_tokens under [model].",
            )
        return ids

    def room(self, request: Request, ids: Sequence[int], rows: int) -> int:
        """How many tokens the reply may have behind its prompt and `rows` of embeddings."""
        return min(request.max_tokens, self.description.context_tokens - len(ids) - rows)

    def focus(self, messages: Sequence[Message], exponent: float, *, is_measured: bool = False) -> Focus | None:
        """Where the instructions of a conversation stand, if attention to them is to be raised or measured, and there are any.

        Raises: BadRequest for an exponent beyond 0 to 1.
        """
        if not 0 <= exponent <= 1:
            raise BadRequest(f"The exponent of attention is {exponent}.", "Set focus to a number from 0 to 1.")
        span = self.prompts.instructed(messages) if exponent != 1 or is_measured else None
        return None if span is None else Focus(*span, exponent)

    def guide(self, messages: Sequence[Message], strength: float) -> Guide | None:
        """What a reply is guided away from: the conversation without its first system message, and those told again."""
        if strength == 1 or not messages or messages[0].role != "system":
            return None
        return Guide(self.prompts.ids([one for one in messages[1:] if one != messages[0]]), strength)

    def chooser(self, steer: Steer | None) -> tuple[Chooser | None, str]:
        """Who is to choose the rows of a reply; nobody, and a sentence that says why, where the planner cannot be had.

        A reply is worth more than its steering, so that no planner's failure is a reply's.
        """
        if steer is None:
            return None, ""
        try:
            return Chooser(self.planners.get(steer.planner), steer), ""
        except Conflict as err:
            return None, f"The reply was not steered. {err.sentence}"
        except (RuntimeError, MemoryError) as err:
            if not is_short_of_memory(err):
                raise
            self.planners.clear()
            return None, UNSTEERED

    def make_room(self, err: Exception, *, failures: int, needed: int) -> str:
        """Do what helps next when memory ran out, and say it: drop the caches, read less at once, then leave the GPU.

        `failures` came before it in the same call, which takes `needed` tokens for prompt and reply.

        Raises: ModelFailed where nothing is left to do.
        """
        if failures == 0:
            return self.free_caches()
        if failures == 1 and self.description.context_tokens // 2 >= max(needed, LEAST_CONTEXT):
            return self._shrink()
        if self.loaded.device == "cpu":
            raise nothing_left_to_free(self._order.name) from err
        self._start_on_cpu()
        return ON_CPU

    def free_caches(self) -> str:
        self.decoder.forget_all()
        self.planners.clear()
        _free()
        return FREED

    def _shrink(self) -> str:
        """Half the context, so that the prompts of later calls are made for less."""
        tokens = self.description.context_tokens // 2
        self.description = replace(self.description, context_tokens=tokens)
        self.decoder.economise()
        self.free_caches()
        return SHRUNK.format(tokens=tokens)

    def _start_on_cpu(self) -> None:
        del self.loaded
        self.__dict__.pop("decoder", None)
        self.__dict__.pop("planners", None)
        _free()
        try:
            self._start("cpu")
        except ModelFailed as err:
            raise WorkerBroken(err.sentence, err.remedy) from err

    def _start(self, device: str) -> None:
        settings = self._order.settings
        quantize = "" if settings.quantize == "int4" and device == "cpu" else settings.quantize
        self.loaded: Loaded = load(
            self._order.folder, device=device, dtype=settings.dtype, quantize=quantize, on_progress=self._on_progress
        )
        self.prompts = Prompts(self.loaded.tokenizer, self.loaded.stop_ids)
        self.decoder = Decoder(
            self.loaded.model,
            device=self.loaded.device,
            sessions=settings.sessions,
            cache_bytes=settings.cache_mb * _MB,
            stop_ids=self.prompts.stop_ids,
            compile=settings.compile and self.loaded.device.startswith("cuda"),
            bos_id=self.loaded.tokenizer.bos_token_id,
        )
        self.planners = Planners(
            fingerprint=self.loaded.fingerprint,
            width=int(self.loaded.model.config.get_text_config().hidden_size),
            device=self.loaded.device,
        )
        self._on_progress(0, None, "trying what it can do")
        self.description = self._described()

    def _described(self) -> Description:
        text = self.loaded.model.config.get_text_config()
        capabilities = self.decoder.probe()
        notes = [*self.loaded.notes, self.prompts.notice, self.decoder.notice]
        if Capability.FOCUS in capabilities and (problem := self.prompts.why_unfocused()):
            capabilities -= {Capability.FOCUS}
            notes.append(problem)
        if problem := self._grammar_problem(int(text.vocab_size)):
            notes.append(f"It cannot be held to a schema: {problem}")
        else:
            capabilities |= {Capability.SCHEMA}
        return Description(
            name=self._order.name,
            device=self.loaded.device,
            dtype=self.loaded.dtype,
            parameters=self.loaded.parameters,
            context_tokens=min(self.loaded.context_tokens, self._order.settings.context_tokens),
            capabilities=capabilities,
            fingerprint=self.loaded.fingerprint,
            width=int(text.hidden_size),
            traits=tuple(self.prompts.traits.sentences()),
            notes=tuple(note for note in notes if note),
        )

    def _grammar_problem(self, logits: int) -> str:
        """Why this tokenizer cannot be held to a schema, if it cannot; found by trying."""
        try:
            self.vocabulary = Vocabulary(self.loaded.tokenizer, logits)
            Grammar(self.vocabulary, _TRIAL, max_tokens=logits)
        except (BadRequest, ValueError) as err:
            return str(err)
        return "" if self.vocabulary.is_complete else "its tokenizer does not know every character."


def _free() -> None:
    """Give back to the GPU what nothing refers to any more."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
