"""Adding a source: what its kind asks for, the answers made keys and files, its login, the test, then the configuration.

The verbs take the service. Secrets that were typed are kept beside the configuration, in files of mode 0600, and go again
where the source does not answer. The API's router calls these, and nobody else.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_origin
from urllib.parse import urlsplit

from assistant import mail_login, sources
from assistant.answers import sources as answers
from assistant.answers.mail import LoginState, NeededLogin
from assistant.config import edit
from assistant.config.load import check, load
from assistant.config.naming import free, plain, slug
from assistant.config.private_file import secrets_beside
from assistant.config.questions import is_secret, meant, questions
from assistant.config.schema import SourceSettings
from assistant.errors import BadConfiguration, BadRequest
from assistant.secrets import SecretPlaces, mask_shapes
from assistant.service import Service
from connectors.base import Connector, SourceFailure
from connectors.registry import connectors
from connectors.transport import mask_url

_TITLES = 3


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A source to be added: its settings, and which of its keys go into the file and which into files of their own."""

    source: SourceSettings
    keys: dict[str, Any]
    secrets: dict[str, str]


def kinds() -> list[answers.Kind]:
    """Every kind of source that is installed, with what it asks for."""
    return [_kind(connector) for connector in connectors().values()]


def kind(name: str) -> answers.Kind:
    """Raises: BadRequest where there is no such kind."""
    return _kind(sources.connector_of(name))


def begin_login(service: Service, addition: answers.Addition) -> NeededLogin:
    """Ask for the code by which the source logs in, where it does so and nobody has logged in. Nothing is written down.

    Raises: BadRequest as `add` does, or what the provider fails with.
    """
    return NeededLogin(asked=mail_login.begin_if_needed(service, _wanted(service, addition).source.options))


def finish_login(service: Service, answered: answers.AnsweredAddition) -> LoginState:
    """Whether the user has typed the code by now; the login is kept then, for `add`. Raises: as `begin_login`."""
    return mail_login.finish_with(service, _wanted(service, answered.addition).source.options, answered.answered)


def add(service: Service, addition: answers.Addition) -> answers.Added:
    """Write a source into the configuration, once it has answered.

    Raises: BadRequest where it does not answer, its keys make no sense or a needed one is missing; Conflict where the
    name is taken.
    """
    wanted = _wanted(service, addition)
    name, path = wanted.source.name, service.home.config_file
    tested = _tested(service, wanted.source) if addition.is_tested else None
    if tested is not None and not addition.name:
        name = free(slug(tested.title) or name, sources.taken_names(service))
    is_link = path.resolve().parent != path.parent.resolve()  # into a folder of dotfiles, where no secret belongs
    with secrets_beside(path.parent, name, wanted.secrets) as files:
        named = {f"{key}_file": str(file.absolute()) if is_link else file.name for key, file in files.items()}
        keys = wanted.keys | named
        edit.change(path, lambda text: edit.add(text, {"name": name, "kind": addition.kind, **keys}))
    service.reload()
    return answers.Added(
        name=name,
        kind=addition.kind,
        items=None if tested is None else len(tested.items),
        titles=_titles(tested),
        notices=[] if tested is None else tested.notices,
        files=[str(file) for file in files.values()],
        advice=_advice(keys),
    )


def _kind(connector: type[Connector]) -> answers.Kind:
    options = connector.Options
    page = f"docs/sources/{connector.kind}.md" if connector.__module__.startswith("connectors.") else ""
    return answers.Kind(
        kind=connector.kind, first_key=sources.first_key(options), questions=questions(options), page=page
    )


def _wanted(service: Service, addition: answers.Addition) -> _Wanted:
    """What is to be added, by the rules of its kind and those of the file it would stand in. Nothing is written for that."""
    connector = sources.connector_of(addition.kind)
    keys, secrets = _given(connector, addition)
    name = addition.name or free(plain(keys, addition.kind), sources.taken_names(service))
    _refuse_missing(service, connector, name, {*keys, *secrets})
    path = service.home.config_file
    load(path)  # a mistake that stands there already is told with its place
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    try:
        table = {"name": name, "kind": addition.kind, **keys, **secrets}
        source = check(edit.add(text, table), path).source(name)
    except BadConfiguration as err:
        wrong = "\n".join(line.strip() for line in err.sentence.splitlines()[1:])
        raise BadRequest(wrong or err.sentence, "Nothing was added.") from err
    assert source is not None
    return _Wanted(source, keys, secrets)


def _tested(service: Service, source: SourceSettings) -> answers.Tested:
    """What the source says."""
    try:
        return sources.ask(service, source)
    except SourceFailure as err:
        remedy = "Nothing was added. Correct it, or give `--untested` to add it all the same."
        raise BadRequest(str(err), remedy) from err


def _given(connector: type[Connector], addition: answers.Addition) -> tuple[dict[str, Any], dict[str, str]]:
    """The keys of the new table, without name and kind, and the secrets that go into files of their own."""
    keys = _first(connector, addition) | addition.keys
    _refuse_open_secrets(connector, keys)
    secrets: dict[str, str] = {}
    asked = {question.key: question for question in questions(connector.Options)}
    for key, typed in addition.answers.items():
        if key not in asked:
            raise BadRequest(f"A source of kind {addition.kind} does not ask for {key!r}.")
        if not typed.strip():
            continue
        question = asked[key]
        if question.shape == "secret" and question.has_file:
            secrets[key] = typed.strip()
        elif typed.strip() != question.default:
            keys[key] = meant(question, typed)
    return keys, secrets


def _refuse_open_secrets(connector: type[Connector], keys: Mapping[str, Any]) -> None:
    """Raises: BadRequest where a key that is given outright holds a secret: a command line is shown by `ps` and kept by the
    shell, and the configuration would hold it open. The sentence does not repeat it."""
    fields = connector.Options.model_fields
    asked = {question.key for question in questions(connector.Options)}
    for key, value in keys.items():
        is_declared = key in fields and is_secret(fields[key])
        if not value or not (is_declared or _holds_secret(value)):
            continue
        ways = []
        if f"{key}_file" in fields:
            ways.append(f"put it into a file that only you can read (mode 0600) and give --set {key}_file=FILE")
        if is_declared and key in asked:
            ways.append(f"leave it out and type it where nobody sees it: telos sources add {connector.kind}")
        if not ways:
            secret_keys = [f"{other}_file" for other, field in fields.items() if is_secret(field)]
            ways.append(f"keep secrets in files: {', '.join(secret_keys)}" if secret_keys else "leave it out")
        raise BadRequest(
            f"{key} {'is' if is_declared else 'holds'} a secret, and what stands on a command line can be read by every "
            "program and stays in your shell's history. Nothing was added.",
            f"Instead, {'; or '.join(ways)}",
        )


def _holds_secret(value: object) -> bool:
    """Whether a value, or one of a list, is a key of a service by its shape, or an address with a password in it."""
    if isinstance(value, list):
        return any(_holds_secret(one) for one in value)
    return isinstance(value, str) and (mask_shapes(value) != value or _has_password(value))


def _has_password(address: str) -> bool:
    try:
        return "://" in address and bool(urlsplit(address).password)
    except ValueError:  # no address; the kind says so
        return False


def _first(connector: type[Connector], addition: answers.Addition) -> dict[str, Any]:
    """What the arguments of the command say: one value, or a list, of the kind's first key."""
    if not addition.arguments:
        return {}
    key = sources.first_key(connector.Options)
    if not key:
        raise BadRequest(f"A source of kind {addition.kind} takes no {addition.arguments[0]!r}.")
    is_list = get_origin(connector.Options.model_fields[key].annotation) in (tuple, list)
    if not is_list and len(addition.arguments) > 1:
        raise BadRequest(f"A source of kind {addition.kind} takes one {key}, not {len(addition.arguments)}.")
    return {key: list(addition.arguments) if is_list else addition.arguments[0]}


def _refuse_missing(service: Service, connector: type[Connector], name: str, given: set[str]) -> None:
    """Raises: BadRequest, naming what is needed and was not given, here or where secrets are looked for."""
    places = SecretPlaces(service.home.config_file.parent, os.environ)
    missing = [
        question
        for question in questions(connector.Options)
        if question.is_required
        and not given & {question.key, f"{question.key}_file"}
        and not (question.has_file and places.find(f"{name}.{question.key}"))
    ]
    if not missing:
        return
    wanted = ", ".join(f"{question.key} ({question.question})" for question in missing)
    ways = " ".join(f"--set {one.key}{'_file=FILE' if one.shape == 'secret' else '=VALUE'}" for one in missing)
    raise BadRequest(
        f"A source of kind {connector.kind} needs {wanted}.",
        f"Give it as {ways}, or answer the questions in a terminal: telos sources add {connector.kind}",
    )


def _titles(tested: answers.Tested | None) -> list[str]:
    if tested is None:
        return []
    named = (" ".join((item.title or item.text).split()) for item in tested.items)
    return [title for title in named if title][:_TITLES]


def _advice(keys: Mapping[str, Any]) -> str:
    url = keys.get("url", "")
    if not isinstance(url, str) or mask_url(url) == url:
        return ""
    return "Its address holds a secret. You may put it into a file that only you can read and name that in url_file."
