"""A model's server on loopback that takes prompts as embeddings in vLLM's form, and answers from a tiny model of its own.

What it refuses, and in which words, is what vLLM does at `/v1/completions` with and without --enable-prompt-embeds.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.model_server import Body, ModelServer, problem, reply, stream
from tests.servers import Request, Response

Token = tuple[int, str, str | None]


class EmbeddingServer(ModelServer):
    """Serves the model in `folder` under the name "tiny". `is_enabled` is --enable-prompt-embeds; `scale` is what rows that
    are looked up are multiplied by, and rows that are sent are not. `embedded` are the tensors that it was sent."""

    def __init__(self, folder: Path, *, is_enabled: bool = True, scale: float = 1.0) -> None:
        super().__init__()
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.is_enabled, self.scale = is_enabled, scale
        self.embedded: list[Tensor] = []
        self.completions: list[Body] = []
        self.routes["/v1/completions"] = self._complete

    def _complete(self, request: Request) -> Response:
        body: Body = json.loads(request.body)
        self.completions.append(body)
        if "prompt_embeds" not in body:
            rows = self.looked_up(body["prompt"])
        elif not self.is_enabled:
            return problem(400, "You must set `--enable-prompt-embeds` to input `prompt_embeds`.")
        else:
            try:
                data = base64.b64decode(body["prompt_embeds"], validate=True)
            except binascii.Error:
                return problem(400, "Non-base64 digit found")
            rows = torch.load(io.BytesIO(data), weights_only=True)
            assert rows.dtype in (torch.float32, torch.bfloat16, torch.float16)
            assert rows.ndim == 2
            assert rows.shape[1] == self.model.config.hidden_size  # others may bring vLLM down
            self.embedded.append(rows)
        written = list(self._written(rows.float(), body))
        usage = {"prompt_tokens": len(rows), "completion_tokens": len(written)}
        if "prompt_logprobs" in body:
            return reply({"choices": [self._choice(written) | {"prompt_logprobs": self._logprobs(body["prompt"])}]})
        if not body.get("stream"):
            return reply({"choices": [self._choice(written)], "usage": usage})
        events = [{"choices": [{"index": 0, "text": text, "finish_reason": why}]} for _, text, why in written]
        return stream(*events, {"choices": [], "usage": usage})

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def looked_up(self, ids: Sequence[int]) -> Tensor:
        rows: Tensor = self.model.get_input_embeddings().weight[torch.tensor(ids)] * self.scale
        return rows

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def _written(self, rows: Tensor, body: Body) -> Iterator[Token]:
        """The likeliest tokens, each with its text and why it is the last."""
        stops = {self.tokenizer.eos_token_id, *body.get("stop_token_ids", [])}
        ids: list[int] = []
        inputs, read = rows, None
        for _ in range(body["max_tokens"]):
            output = self.model(inputs_embeds=inputs[None], past_key_values=read, use_cache=True, logits_to_keep=1)
            token, read = int(output.logits[0, -1].argmax()), output.past_key_values
            inputs = self.looked_up([token])
            if token in stops:
                yield token, "", "stop"
                return
            before = self._text(ids)
            ids.append(token)
            yield token, self._text(ids)[len(before) :], "length" if len(ids) == body["max_tokens"] else None

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def _logprobs(self, ids: list[int]) -> list[Any]:
        found = self.model(inputs_embeds=self.looked_up(ids)[None]).logits[0].log_softmax(-1)
        told: list[Any] = [{str(one): {"logprob": float(found[place, one])}} for place, one in enumerate(ids[1:])]
        return [None, *told]

    def _text(self, ids: list[int]) -> str:
        text: str = self.tokenizer.decode(ids, skip_special_tokens=True)
        return text

    def _choice(self, written: list[Token]) -> Body:
        return {"text": "".join(text for _, text, _ in written), "finish_reason": written[-1][2] if written else "stop"}
