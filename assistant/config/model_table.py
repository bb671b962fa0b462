"""Changes the `[model]` and `[model.TASK]` tables of `config.toml`: comments, order and spelling stay as they are.

An edit for `config.edit.change`, which checks what comes of it and puts it in place. `assistant.models` calls it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import tomlkit

from assistant.errors import BadConfiguration


def set_model(text: str, task: str | None, keys: Mapping[str, str | None]) -> str:
    """With `keys` in the table of the task, or in `[model]` for all of them; a key that is `None` is taken out.

    New keys stand below the table's head: what follows its last key may be about the next table.
    Raises: BadConfiguration where the table is written in one line.
    """
    document = tomlkit.parse(text)
    table: Any = document.get("model", {})
    table = table if task is None else table.get(task, {})
    missing = [key for key, value in keys.items() if value is not None and key not in table]
    for key, value in keys.items():
        if value is None:
            table.pop(key, None)
        elif key in table:
            table[key] = value
    new = tomlkit.table()
    for key in missing:
        new.add(key, keys[key])
    return _with_keys(tomlkit.dumps(document), task, tomlkit.dumps(new)) if missing else tomlkit.dumps(document)


def _with_keys(text: str, task: str | None, keys: str) -> str:
    """With lines below the head of the table, which comes at the end where there is none."""
    name = "model" if task is None else f"model.{task}"
    dots = re.escape(name).replace(r"\.", r"\s*\.\s*")
    if head := re.search(rf"^[ \t]*\[\s*{dots}\s*\][^\n]*(\n|\Z)", text, re.MULTILINE):
        line_end = "" if head[0].endswith("\n") else "\n"
        return f"{text[: head.end()]}{line_end}{keys}{text[head.end() :]}"
    if re.search(rf"^\s*({dots}\s*[.=]|model\s*=)", text, re.MULTILINE):
        raise BadConfiguration(f"The table {name} stands in one line, which Telos cannot change.", "Change it by hand.")
    gap = "" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
    return f"{text}{gap}[{name}]\n{keys}"
