"""Reads `config.toml` whole and checks it, or says what cannot be used, where it stands and what to write instead.

Nothing is taken from a file with a mistake in it: the service keeps the settings it has. Secrets are filled in here
from wherever `assistant.secrets` finds them, so that nobody else asks for files or the environment.
"""

from __future__ import annotations

import os
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from assistant.config.schema import ApiSettings, ModelSettings, Settings, SourceSettings, TaskSettings, host_and_port
from assistant.errors import BadConfiguration
from assistant.secrets import SecretPlaces
from connectors.base import Connector
from connectors.reading.links import is_web
from connectors.registry import connectors

_REMEDY = "Correct it there; config.example.toml explains every key, and `telos doctor` checks the file."
_SERVICE_KEYS = frozenset(SourceSettings.model_fields) - {"options"}
_LONGEST_NAME = 60
SHORTEST_TOKEN = 16
"""Characters of `api.token`: it is all that stands between the API and whoever reaches its port."""
_TASKS = [name for name, field in ModelSettings.model_fields.items() if field.annotation is TaskSettings]
_SectionT = TypeVar("_SectionT", bound=BaseModel)


def load(path: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings in the file, or the defaults where there is no file yet.

    Raises: BadConfiguration, with a line for each mistake.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
    except (OSError, UnicodeDecodeError) as err:
        raise BadConfiguration(f"The configuration {path} cannot be read: {err}.", "Correct the file.") from err
    return check(text, path, environment)


def check(text: str, path: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings in a text that is, or is to become, the configuration file at `path`.

    Raises: BadConfiguration.
    """
    try:
        return _parse(text, SecretPlaces(path.parent, environment))
    except _Mistakes as err:
        sentences = "".join(f"\n  {sentence}" for sentence in err.sentences)
        raise BadConfiguration(f"The configuration {path} cannot be used:{sentences}", _REMEDY) from err


def files_of(path: Path, settings: Settings) -> set[Path]:
    """The files that the settings came from: the configuration at `path`, and those that hold its secrets."""
    options = (source.options for source in settings.sources if source.options is not None)
    sections: list[BaseModel] = [settings.mail, settings.api, *_models(settings.model), *options]
    keys = ((section, key) for section in sections for key in type(section).model_fields if key.endswith("_file"))
    named = (getattr(section, key) for section, key in keys)
    return {path, *(path.parent / Path(name).expanduser() for name in named if name)}


def mistakes(text: str) -> list[str]:
    """A sentence for each mistake in a text that could become a configuration file, secrets aside."""
    try:
        _parse(text, SecretPlaces(Path(), {}))
    except _Mistakes as err:
        return err.sentences
    return []


def _parse(text: str, places: SecretPlaces) -> Settings:
    try:
        tables: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise _Mistakes([f"It is no TOML: {err}."]) from err
    sources, mistakes = _sources(tables.pop("sources", []), places)
    try:
        settings = Settings.model_validate(tables)
    except ValidationError as err:
        raise _Mistakes([*_sentences(err, Settings), *mistakes]) from err
    settings = _with_secrets(settings, places)
    mistakes.extend(_missing(settings))
    if mistakes:
        raise _Mistakes(mistakes)
    return settings.model_copy(update={"sources": sources})


class _Mistakes(Exception):
    def __init__(self, sentences: list[str]) -> None:
        super().__init__(*sentences)
        self.sentences = sentences


def _missing(settings: Settings) -> Iterator[str]:
    """What each key allows and the whole does not."""
    mail, user = settings.mail, settings.user
    if mail.via == "smtp" and not mail.host:
        yield 'mail.host is missing: via = "smtp" needs the name of your mail server.'
    if mail.via == "smtp" and not user.email:
        yield 'user.email is missing: via = "smtp" needs the address that the digest goes to.'
    if user.email and ("@" not in user.email or any(character.isspace() for character in user.email)):
        yield f"user.email is {user.email!r}, which is no address such as ada@example.org."

    yield from _missing_of_models(settings.model)
    yield from _missing_of_api(settings.api)


def _missing_of_models(model: ModelSettings) -> Iterator[str]:
    for name, section in (("model", model), *((f"model.{task}", getattr(model, task)) for task in _TASKS)):
        if section.address and not is_web(section.address):
            yield f"{name}.address is not usable: it takes an address such as http://127.0.0.1:8000/v1."
        elif section.engine == "server" and not (section.address or (model.engine == "server" and model.address)):
            yield f'{name}.address is missing: engine = "server" needs it, such as http://127.0.0.1:8000/v1.'
        elif section.engine == "local" and not (section.name or (model.engine == "local" and model.name)):
            yield f'{name}.name is missing: engine = "local" needs a model; `telos model use NAME` sets it.'


def _missing_of_api(api: ApiSettings) -> Iterator[str]:
    if not api.tcp:
        return
    try:
        host_and_port(api.tcp)
    except ValueError as err:
        yield f"api.tcp is {api.tcp!r}: {err}."
    token = api.token.get_secret_value() if api.token else ""
    if not token:
        yield "api.token is missing: api.tcp opens the API to programs that are told a token, and needs one."
    elif len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        yield f"api.token is not usable: it takes {SHORTEST_TOKEN} or more printable ASCII characters without a blank."


def _with_secrets(settings: Settings, places: SecretPlaces) -> Settings:
    """The settings with the secrets that stand elsewhere filled in."""
    tasks = {task: _filled(getattr(settings.model, task), f"model.{task}", "api_key", places) for task in _TASKS}
    return settings.model_copy(
        update={
            "mail": _filled(settings.mail, "mail", "password", places),
            "api": _filled(settings.api, "api", "token", places),
            "model": _filled(settings.model, "model", "api_key", places).model_copy(update=tasks),
        }
    )


def _filled(section: _SectionT, name: str, key: str, places: SecretPlaces) -> _SectionT:
    if getattr(section, key) is not None:
        return section
    found = places.find(f"{name}.{key}", getattr(section, f"{key}_file"))
    return section if found is None else section.model_copy(update={key: SecretStr(found)})


def _models(model: ModelSettings) -> list[BaseModel]:
    """`[model]`, and `[model.TASK]` of each task."""
    return [model, *(getattr(model, task) for task in _TASKS)]


def _sources(tables: object, places: SecretPlaces) -> tuple[tuple[SourceSettings, ...], list[str]]:
    """The sources, and the mistakes in their tables."""
    if not isinstance(tables, list):
        return (), ["sources must be tables: begin each with [[sources]]."]
    sources: list[SourceSettings] = []
    mistakes: list[str] = []
    for number, table in enumerate(tables, 1):
        if not isinstance(table, dict):
            mistakes.append(f"sources holds {table!r}; each source is a table that begins with [[sources]].")
            continue
        try:
            sources.append(_source(dict(table), places))
        except _Mistakes as err:
            name = table.get("name") or f"number {number}"
            mistakes.extend(f"In source {name}: {sentence}" for sentence in err.sentences)
    repeated = [name for name, times in Counter(source.name for source in sources).items() if times > 1]
    mistakes.extend(f"The name {name!r} stands at two sources; each needs its own." for name in repeated)
    return tuple(sources), mistakes


def _source(table: dict[str, Any], places: SecretPlaces) -> SourceSettings:
    """One `[[sources]]` table: the service's keys, and the rest for its connector."""
    own = {key: table.pop(key) for key in _SERVICE_KEYS & table.keys()}
    try:
        source = SourceSettings.model_validate(own)
    except ValidationError as err:
        raise _Mistakes(list(_sentences(err, SourceSettings))) from err
    if not source.name.strip() or not source.name.isprintable() or len(source.name) > _LONGEST_NAME:
        raise _Mistakes([f"name is {source.name!r}; it takes 1 to {_LONGEST_NAME} printable characters."])
    connector = _connector(source.kind)
    for key in _secret_keys(connector) - table.keys():
        found = places.find(f"{source.name}.{key}", str(table.get(f"{key}_file", "")))
        if found is not None:
            table[key] = found
    try:
        options = connector.Options.model_validate(table)
    except ValidationError as err:
        raise _Mistakes(list(_sentences(err, connector.Options, also=_SERVICE_KEYS))) from err
    return source.model_copy(update={"options": options})


def _connector(kind: str) -> type[Connector]:
    known = connectors()
    if kind not in known:
        raise _Mistakes([f"kind is {kind!r}, which is unknown{_nearest(kind, known)}. There are: {', '.join(known)}."])
    return known[kind]


def _secret_keys(connector: type[Connector]) -> set[str]:
    """The options that may come from a file, a credential or the environment: those with a `_file` twin."""
    fields = connector.Options.model_fields
    return {name for name in fields if f"{name}_file" in fields}


def _sentences(err: ValidationError, model: type[BaseModel], also: Iterable[str] = ()) -> Iterator[str]:
    """Pydantic's complaints, each as a sentence that names the key, and what it holds or the key that was meant."""
    for error in err.errors():
        location = [str(part) for part in error["loc"]]
        key = ".".join(location)
        if error["type"] == "extra_forbidden":
            known = [*_keys(model, location[:-1]), *also]
            yield f"The key {key} is unknown{_nearest(location[-1], known)}."
        elif error["type"] == "missing":
            yield f"{key} is missing."
        else:
            yield f"{key} is {_shown(location[-1] if location else '', error)}: {_message(error)}."


def _keys(model: type[BaseModel], location: list[str]) -> list[str]:
    """The keys of the section at `location`."""
    section: Any = model
    for part in location:
        annotation = section.model_fields[part].annotation if part in section.model_fields else None
        section = next((a for a in (annotation, *get_args(annotation)) if _is_model(a)), None)
        if section is None:
            return []
    return list(section.model_fields)


def _is_model(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _nearest(wrong: str, known: Iterable[str]) -> str:
    close = get_close_matches(wrong, list(known), n=1, cutoff=0.5)
    return f"; the nearest is {close[0]}" if close else ""


def _shown(key: str, error: ErrorDetails) -> str:
    """The value, unless it may hold a secret."""
    value = error.get("input")
    if any(word in key for word in ("password", "token", "secret", "url", "key")) or not isinstance(
        value, str | int | float
    ):
        return "not usable"
    return repr(value)


def _message(error: ErrorDetails) -> str:
    message = error["msg"].removeprefix("Value error, ")
    return message[:1].lower() + message[1:]
