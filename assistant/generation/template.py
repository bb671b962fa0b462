"""From a conversation to the ids of a prompt, by the model's own chat template, up to where the reply begins.

The template's traits are probed, and the conversation is adapted to them. Text of a message stays text: a "<|im_end|>"
in a mail is spelled out, never the token of that name. It knows tokenizers and no model; `generation.served` asks it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from assistant.engine.contract import Message, ModelFailed
from assistant.errors import BadRequest
from assistant.generation.cache import common_prefix
from assistant.generation.traits import REFUSALS, Render, Traits, Turns, between_turns, find_traits, is_usable

_SURROGATE = re.compile("[\ud800-\udfff]")
_PRIVATE = range(0xE000, 0xF8FF)
_MORE = 8
"""Tokens that instructions may take more within a prompt than alone: they join what stands around them."""
_FILLER = "…"
"""A message where a template wants one and nobody wrote it."""


class Prompts:
    """The prompts of one tokenizer.

    `stop_ids` end a reply: the end-of-text token, and what closes a reply in the template. `stop_strings` do the same
    where a template closes it in writing. `notice` says what the user should know, mostly nothing.
    """

    def __init__(self, tokenizer: Any, stop_ids: Iterable[int] = ()) -> None:
        self._tokenizer = tokenizer
        self._controls = _controls(tokenizer)
        self._openings = frozenset(control[0] for control in self._controls)
        self._render, self.notice = _usable_render(tokenizer)
        self.traits: Traits = find_traits(
            self._render,
            bos_token=tokenizer.bos_token or "",
            adds_bos=_adds_bos(tokenizer),
            is_plain=bool(self.notice),
        )
        closing_ids, self.stop_strings = self._closing()
        own = [] if tokenizer.eos_token_id is None else [tokenizer.eos_token_id]
        self.stop_ids: frozenset[int] = frozenset([*own, *stop_ids, *closing_ids])

    def ids(self, messages: Sequence[Message]) -> list[int]:
        """The whole prompt: BOS exactly once where the model has one, every message, and the beginning of a reply.

        Raises: BadRequest without a message, ModelFailed where the template refuses the conversation.
        """
        if not messages:
            raise BadRequest("There is no message to answer.")
        turns = self._adapted(messages)
        mark = _unused(turn["content"] for turn in turns)
        guarded: Turns = [{**turn, "content": self._guarded(turn["content"], mark)} for turn in turns]
        try:
            rendered = self._render(guarded)
        except REFUSALS as err:
            raise ModelFailed(
                f"The model's chat template refuses this conversation: {err}.", "Choose another model."
            ) from err
        if self.traits.thinking is not None and self.traits.opens_thinking:
            rendered = f"{rendered.rstrip()}\n\n{self.traits.thinking[1]}\n\n"
        return self._with_bos(self._encoded(rendered.split(mark)))

    def lasting(self, messages: Sequence[Message]) -> list[int]:
        """What all prompts begin with that go on from these messages: where two of them part, it ends."""
        one, other = (self.ids([*messages, Message("user", text)]) for text in ("a", "1"))
        return one[: common_prefix(one, other)]

    def instructed(self, messages: Sequence[Message], *, with_first: bool = False) -> tuple[int, int] | None:
        """Where the words of the first system message stand among a prompt's ids: the first of them, and behind the last.

        None without such a message, and where the template says it twice, or not at all. What the template puts around the
        words is left out, and so is BOS, on which attention rests whatever is said; `with_first` takes all from the first
        id on. Found by what stays when the words are others.
        """
        if not messages or messages[0].role != "system" or not messages[0].text.strip():
            return None
        ids = self.ids(messages)
        others = [self.ids([Message("system", text), *messages[1:]]) for text in ("a", "1")]
        start = min(common_prefix(ids, other) for other in others)
        behind = min(common_prefix(ids[::-1], other[::-1]) for other in others)
        end = len(ids) - min(behind, len(ids) - start)
        is_one_place = 0 < end - start <= len(self.encode(messages[0].text)) + _MORE
        return (0 if with_first else start, end) if is_one_place else None

    def why_unfocused(self) -> str:
        """Why attention to the instructions can be neither raised nor measured with this template, if it cannot; by trying."""
        ids, span = self.ids(_TRIAL), self.instructed(_TRIAL)
        if span is not None:
            told: str = self._tokenizer.decode(ids[slice(*span)], skip_special_tokens=True)
            if told.split() == _TRIAL[0].text.split():
                return ""
        return f"Split-softmax is off for this template: {_NOWHERE}."

    def encode(self, text: str) -> list[int]:
        """A text alone, as it stands in a message: no special token, whatever it says."""
        text = _whole(text)
        mark = _unused([text])
        return self._encoded(self._guarded(text, mark).split(mark))

    def lengths(self, texts: Iterable[str]) -> list[int]:
        return [len(self.encode(text)) for text in texts]

    def _adapted(self, messages: Sequence[Message]) -> Turns:
        """The conversation as this template takes it. What comes first stays first, so that a cache stays good."""
        head = [message.text for message in _leading_instructions(messages)]
        rest: Turns = [self._turn(message) for message in messages[len(head) :]]
        if not rest:
            rest = [_said("user", "")]
        if rest[0]["role"] == "assistant" and not self.traits.takes_reply_first:
            rest.insert(0, _said("user", _FILLER))
        if rest[-1]["role"] == "assistant" and not self.traits.takes_reply_last:
            rest.append(_said("user", _FILLER))
        if head and not self.traits.takes_system:
            rest = [_said("user", _joined(head)), *rest]
            if len(rest) > 1 and rest[1]["role"] == "user":
                rest = [_said("user", _joined(turn["content"] for turn in rest[:2])), *rest[2:]]
        elif head:
            rest = [_said("system", _joined(head)), *rest]
        return rest if self.traits.takes_neighbours else _merged(rest)

    def _turn(self, message: Message) -> dict[str, str]:
        role, text = message.role, _whole(message.text)
        if role == "system" and not self.traits.takes_system_later:
            role = "user"
        if role == "assistant" and self.traits.thinking is not None:
            text = without_thoughts(text, self.traits.thinking)
        return _said(role, text)

    def _guarded(self, text: str, mark: str) -> str:
        """`text` with `mark` inside each spelling of a token that steers the model: it is cut there before it is read."""
        text = self._as_read(text)
        if self._openings.isdisjoint(text):  # nearly always; some tokenizers have thousands of them
            return text
        found = [control for control in self._controls if control in text]
        if not found:
            return text
        spelled = "|".join(re.escape(control) for control in sorted(found, key=len, reverse=True))
        return re.sub(f"(?=(?:{spelled}))(.)", lambda match: match[1] + mark, text, flags=re.DOTALL)

    def _as_read(self, text: str) -> str:
        """`text`, or what the tokenizer's normaliser makes of it where only that spells a control token (＜think＞)."""
        normalizer = self._tokenizer.backend_tokenizer.normalizer
        late = [control for control, is_normalized in self._controls.items() if is_normalized]
        if normalizer is None or not late:
            return text
        normal: str = normalizer.normalize_str(text)
        return normal if any(control in normal and control not in text for control in late) else text

    def _encoded(self, parts: Sequence[str]) -> list[int]:
        """The ids of a text that was cut into parts. Those after the first are read as going on, not as beginning."""
        ids = self._read(parts[0])
        anchor = self._tokenizer.eos_token
        for part in parts[1:]:
            read = self._read(anchor + part) if anchor else self._read(part)
            goes_on = anchor and read[:1] == [self._tokenizer.eos_token_id]
            ids += read[1:] if goes_on else self._read(part)
        return ids

    def _read(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        return ids

    def _with_bos(self, ids: list[int]) -> list[int]:
        bos = self._tokenizer.bos_token_id
        if self.traits.bos == "none" or bos is None:
            return ids
        start = next((place for place, one in enumerate(ids) if one != bos), len(ids))
        return [bos, *ids[start:]]

    def _closing(self) -> tuple[list[int], tuple[str, ...]]:
        """The token that closes a reply in the template; or, where it is closed in writing, the text that does."""
        between = between_turns(self._render)
        if between is None or not between.strip():
            return [], ()
        steering = {self._tokenizer.convert_tokens_to_ids(control) for control in self._controls}
        found = [one for one in self._read(between) if one in steering]
        return (found[:1], ()) if found else ([], (between.rstrip(),))


def without_thoughts(text: str, marks: tuple[str, str]) -> str:
    """A reply without the block of thoughts that it begins with, be it opened here or in the prompt."""
    opening, closing = marks
    if closing in text and (text.lstrip().startswith(opening) or opening not in text.split(closing, 1)[0]):
        return text.split(closing, 1)[1].lstrip()
    return text


def _usable_render(tokenizer: Any) -> tuple[Render, str]:
    """The model's own template; or the plain one, and a sentence why."""

    def by_template(turns: Turns) -> str:
        rendered: str = tokenizer.apply_chat_template(
            turns, tokenize=False, add_generation_prompt=True, enable_thinking=False
        )
        return rendered

    if not tokenizer.chat_template:
        return _plain, f"The model has no chat template, so {_PLAIN_IS}."
    if not is_usable(by_template):
        return _plain, f"The model's chat template cannot be used, so {_PLAIN_IS}."
    return by_template, ""


_TRIAL = (
    Message("system", "Answer in French, and name no colour."),
    Message("user", "Where does the ferry leave?"),
    Message("assistant", "From the north pier."),
    Message("user", "And when is that?"),
)
_NOWHERE = "the instructions do not stand in one place of the prompt, as they were written"
_PLAIN_IS = "it is asked in a plain form (User: ... Assistant: ...); a model made for chat answers better"


def _plain(turns: Turns) -> str:
    """A conversation as a model that was never taught one may have read it."""
    names = {"user": "User: ", "assistant": "Assistant: ", "system": ""}
    lines = [f"{names[turn['role']]}{turn['content']}\n" for turn in turns]
    return "".join([*lines, "Assistant:"])


def _controls(tokenizer: Any) -> dict[str, bool]:
    """The spellings of tokens that steer a model, and whether they are looked for in normalised text.

    All that were added to the vocabulary count: `<think>` is not marked as special and steers all the same. Runs of
    white space, which some add for code, and single letters are text.
    """
    added = tokenizer.added_tokens_decoder.values()
    return {token.content: token.normalized for token in added if len(token.content.strip(" \t\r\n▁")) > 1}


def _adds_bos(tokenizer: Any) -> bool:
    return tokenizer.bos_token_id is not None and tokenizer.encode("a")[:1] == [tokenizer.bos_token_id]


def _leading_instructions(messages: Sequence[Message]) -> Sequence[Message]:
    length = next((place for place, message in enumerate(messages) if message.role != "system"), len(messages))
    return messages[:length]


def _merged(turns: Turns) -> Turns:
    """With neighbours of one role in one turn."""
    merged: Turns = []
    for turn in turns:
        if merged and merged[-1]["role"] == turn["role"]:
            merged[-1] = _said(turn["role"], _joined([merged[-1]["content"], turn["content"]]))
        else:
            merged.append(turn)
    return merged


def _said(role: str, text: str) -> dict[str, str]:
    return {"role": role, "content": text}


def _joined(texts: Iterable[str]) -> str:
    return "\n\n".join(_whole(text) for text in texts if text)


def _whole(text: str) -> str:
    """`text` without halves of characters, which no tokenizer takes."""
    return _SURROGATE.sub("\ufffd", text)


def _unused(texts: Iterable[str]) -> str:
    """A character that occurs in none of the texts."""
    used = set().union(*texts)
    return next(chr(code) for code in _PRIVATE if chr(code) not in used)
