"""Ways to keep a model on its instructions over a conversation: nothing, instructions repeated, guidance, split-softmax.

A method says how a conversation is told to the model and what is asked of the engine beside. Knows no probe; `conversing`
and the benchmark use them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.engine.contract import Message, Request, Sampling


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """`repeat_every`: so many rounds until the instruction is said again, 0 never. `guidance`: the strength of
    classifier-free guidance. `exponent`: the k of split-softmax. What is 0, 1 and 1 does nothing."""

    name: str
    repeat_every: int = 0
    guidance: float = 1.0
    exponent: float = 1.0

    def told(self, instruction: str, said: Sequence[str], *, begins: bool = False) -> list[Message]:
        """The conversation as one of its speakers sees it; `begins`, whether that one spoke first.

        The instruction is repeated before the other's words, so that no message is changed later and a cache stays good.
        """
        messages = [Message("system", instruction)]
        for place, text in enumerate(said):
            is_own = (place % 2 == 0) == begins
            rounds = (place + begins) // 2
            if not is_own and self.repeat_every and rounds and rounds % self.repeat_every == 0:
                messages.append(Message("system", instruction))
            messages.append(Message("assistant" if is_own else "user", text))
        return messages

    def asked(self, messages: Sequence[Message], *, max_tokens: int, sampling: Sampling) -> Request:
        """The request for what comes next; `wants_attention` is for the caller to set."""
        return Request(
            messages=messages,
            max_tokens=max_tokens,
            sampling=sampling,
            guidance=self.guidance,
            focus=self.exponent,
        )


NOTHING = Method(name="nothing")


def repeated(every: int) -> Method:
    return Method(name=f"repeated every {every}", repeat_every=every)


def guided(strength: float) -> Method:
    return Method(name=f"guidance {strength:g}", guidance=strength)


def split(exponent: float) -> Method:
    return Method(name=f"split {exponent:g}", exponent=exponent)


BASELINES = (NOTHING, repeated(4), guided(1.5))
SPLITS = (split(0.9), split(0.7), split(0.5))
ALL = (*BASELINES, *SPLITS)
