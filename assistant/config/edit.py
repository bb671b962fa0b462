"""Changes the `[[sources]]` tables of `config.toml` and nothing else: comments, order and spelling stay as they are.

An edit takes the text of the file and gives back the changed text; `change` reads the file, applies one, sees that the
result can be loaded and puts it in the old one's place in one step, so that no reader finds half a file.
`assistant.sources` calls it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import tomlkit
from tomlkit import TOMLDocument
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Item, Key, Table

from assistant.config.load import load
from assistant.config.schema import Settings
from assistant.errors import BadConfiguration, Conflict, NotFound

_OWN = stat.S_IRUSR | stat.S_IWUSR


def change(path: Path, edit: Callable[[str], str]) -> Settings:
    """Apply `edit` to the file, which begins empty where there is none; the settings that it now holds.

    Raises: BadConfiguration where the file, or what would become of it, cannot be loaded; Conflict where somebody else
    changed it meanwhile. It is then as it was.
    """
    target = path.resolve()  # a link into a folder of dotfiles stays one
    with _draft(target, edit) as (draft, before, settings):
        if _text(target) != before:
            raise Conflict(f"{path} was changed by somebody else just now.", "Try again.")
        os.replace(draft, target)
    return settings


def would_be(path: Path, edit: Callable[[str], str]) -> Settings:
    """The settings that the file would hold after `edit`. Raises what `change` raises."""
    with _draft(path.resolve(), edit) as (_, _, settings):
        return settings


@contextmanager
def _draft(target: Path, edit: Callable[[str], str]) -> Iterator[tuple[Path, str, Settings]]:
    """The changed file beside the old one, the text it was made from, and the settings it holds."""
    load(target)
    before = _text(target)
    try:
        changed = edit(before)
    except TOMLKitError as err:
        raise BadConfiguration(f"{target} cannot be changed by Telos: {err}.", "Change it by hand.") from err
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with NamedTemporaryFile("w", encoding="utf-8", dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
        draft = Path(file.name)
        try:
            file.write(changed)
            file.flush()
            os.fchmod(file.fileno(), stat.S_IMODE(target.stat().st_mode) if target.exists() else _OWN)
            os.fsync(file.fileno())
            yield draft, before, _loaded(draft, target)
        finally:
            draft.unlink(missing_ok=True)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _loaded(draft: Path, path: Path) -> Settings:
    try:
        return load(draft)
    except BadConfiguration as err:
        raise BadConfiguration(err.sentence.replace(str(draft), str(path)), err.remedy) from err


def add(text: str, *sources: Mapping[str, Any]) -> str:
    """With more sources after the others, each given by its keys."""
    document = tomlkit.parse(text if not text or text.endswith("\n") else f"{text}\n")
    if "sources" not in document:
        document.append("sources", tomlkit.aot())
    tables = _tables(document)
    for keys in sources:
        _refuse_taken(tables, keys["name"])
        table = tomlkit.table()
        for key, value in keys.items():
            table.add(key, value)
        before = tables[-1].as_string() if tables else text
        if before and not before.endswith("\n\n"):
            table.trivia.indent = "\n"
        tables.append(table)
    if tables and not tomlkit.dumps(document).endswith(tables[-1].as_string()):
        tables[-1].add(tomlkit.nl())
    return tomlkit.dumps(document)


def set_key(text: str, name: str, key: str, value: Any) -> str:
    """With `key` of the source at `value`. Its `name` is a key like the others."""
    document = tomlkit.parse(text)
    tables = _tables(document)
    if key == "name":
        _refuse_taken(tables, value)
    table = tables[_index(tables, name)]
    tail = _cut_tail(table)
    table[key] = value
    table.value.body.extend(tail)
    return tomlkit.dumps(document)


def drop_key(text: str, name: str, key: str) -> str:
    """Without `key` at the source."""
    document = tomlkit.parse(text)
    tables = _tables(document)
    tables[_index(tables, name)].pop(key, None)
    return tomlkit.dumps(document)


def remove(text: str, name: str) -> str:
    """Without the source. The comments around it stay, because they may be about others."""
    document = tomlkit.parse(text)
    tables = _tables(document)
    index = _index(tables, name)
    tail = _cut_tail(tables[index])
    left = "".join(item.as_string() for _, item in tail)
    del tables[index]
    if not tables:
        del document["sources"]
        return tomlkit.dumps(document) + left.lstrip("\n")
    if index:
        tables[index - 1].value.body.extend(tail)
    else:
        tables[0].trivia.indent = left.lstrip("\n") + tables[0].trivia.indent
    return tomlkit.dumps(document)


def _tables(document: TOMLDocument) -> AoT:
    tables = document.get("sources", tomlkit.aot())
    if not isinstance(tables, AoT):
        raise BadConfiguration("The sources stand in one line, which Telos cannot change.", "Change it by hand.")
    return tables


def _index(tables: AoT, name: str) -> int:
    for index, table in enumerate(tables):
        if table.get("name") == name:
            return index
    names = [str(table.get("name")) for table in tables]
    close = get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"Did you mean {close[0]!r}?" if close else "`telos sources list` shows those there are."
    raise NotFound(f"There is no source named {name!r}.", hint)


def _refuse_taken(tables: AoT, name: str) -> None:
    if any(table.get("name") == name for table in tables):
        raise Conflict(f"There is a source named {name!r} already.", "Choose another name.")


def _cut_tail(table: Table) -> list[tuple[Key | None, Item]]:
    """Take off what follows the last key. tomlkit counts it to this table, a reader to what comes next."""
    body = table.value.body
    start = len(body)
    while start and body[start - 1][0] is None:
        start -= 1
    tail = body[start:]
    del body[start:]
    return tail
