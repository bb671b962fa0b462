"""`telos model ...`: which language model serves which task, on the command line."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.screen import JsonOption, client_from, count, print_json, print_table, progress_bar, say
from assistant.errors import BadRequest

if TYPE_CHECKING:
    from assistant.answers.models import ModelLine, Tested

GPU, CPU = "Qwen/Qwen3-4B-Instruct-2507", "Qwen/Qwen3-0.6B"

_LABEL = len("where    ")

app = typer.Typer(
    help=(
        "The language model: fetch one, use it, show it, test it.\n\n"
        "Without one, the digest is made of the items' own sentences, and a conversation shows what memory holds. "
        f"On a GPU with 12 GB or more take {GPU}; on a CPU one of 0.5 to 0.6 B parameters, such as {CPU}. "
        "A server with an OpenAI-compatible API will do as well.\n\n"
        f"Example: telos model pull {CPU}, then: telos model use {CPU}"
    ),
    no_args_is_help=True,
)


class TaskName(StrEnum):
    CHAT = "chat"
    DIGEST = "digest"
    DRAFTS = "drafts"


Revision = Annotated[str, typer.Option(help="A branch, tag or commit of the model on the hub.")]


@app.command()
def pull(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help=f"On the hub, such as {CPU}.")],
    revision: Revision = "main",
    as_json: JsonOption = False,
) -> None:
    """Fetch a model's files from the hub: safetensors and small files, nothing that runs code.

    Example: telos model pull Qwen/Qwen3-0.6B
    """
    from assistant.answers.models import Wanted

    wanted = Wanted(name=name, revision=revision)
    with client_from(context) as client:
        waiting = client.models.to_fetch(wanted).size_bytes
        if waiting and not as_json:
            say(f"{_size(waiting)} to fetch.")
        with progress_bar("Fetching") as progress:
            fetched = client.models.fetch(wanted, progress)
    if as_json:
        print_json(fetched)
        return
    said = "" if waiting else "It is here already. "
    say(
        f"{said}{fetched.architecture}, {_parameters(fetched.parameters)}, {_size(fetched.size_bytes)}: {fetched.folder}"
    )
    say(f"Use it with: telos model use {name}")


@app.command()
def use(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A name on the hub, a folder, a server's address, or none.")],
    task: Annotated[TaskName | None, typer.Option(help="Only for this task; for all without it.")] = None,
    revision: Revision = "main",
    served_name: Annotated[str, typer.Option("--served-name", help="How the server calls the model.")] = "",
    key_file: Annotated[
        Path | None, typer.Option(help="A file of mode 0600 with the server's key.", metavar="FILE")
    ] = None,
    no_test: Annotated[bool, typer.Option("--no-test", help="Write it down without trying it.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Let a model serve a task, or all of them. It is tried first, and then written into config.toml.

    Examples: telos model use Qwen/Qwen3-0.6B, telos model use ~/models/mine --task digest,
    telos model use http://127.0.0.1:8000/v1 --key-file ~/.config/telos/key, telos model use none
    """
    from assistant.answers.models import ModelChoice

    if (served_name or key_file) and "://" not in name:
        raise BadRequest("--served-name and --key-file are for a server, named by its address.")
    folder = Path(name).expanduser()
    choice = ModelChoice(
        name=str(folder.resolve()) if "://" not in name and folder.is_dir() else name,
        task=task.value if task else None,
        revision=revision,
        served_name=served_name,
        key_file=str(key_file.expanduser().resolve()) if key_file else "",
        test=not no_test,
    )
    with client_from(context) as client, progress_bar("Trying it" if choice.test else "") as progress:
        used = client.models.use(choice, progress)
    if as_json:
        print_json(used)
        return
    if used.tested is not None:
        _print_tested(used.tested)
    say(f"Written. {'; '.join(f'{_tasks(line)}: {line.name}' for line in used.models)}")


@app.command()
def show(context: typer.Context, as_json: JsonOption = False) -> None:
    """Which model serves which task, where it is, and what is known of it. Nothing is loaded.

    Example: telos model show
    """
    with client_from(context) as client:
        lines = client.models.show()
    if as_json:
        print_json(lines)
        return
    for number, line in enumerate(lines):
        if number:
            say("")
        _print_line(line)
    if all(line.engine == "extractive" for line in lines):
        say(f"Use one with: telos model use {CPU} (on a GPU with 12 GB or more: {GPU})")


@app.command("test")
def try_out(
    context: typer.Context,
    task: Annotated[TaskName, typer.Option(help="Whose model.")] = TaskName.CHAT,
    as_json: JsonOption = False,
) -> None:
    """Load a task's model, try each of its abilities, and measure how fast it reads and writes.

    Example: telos model test --task digest
    """
    with client_from(context) as client, progress_bar("Trying it") as progress:
        tested = client.models.test(task.value, progress)
    if as_json:
        print_json(tested)
    else:
        _print_line(tested.model)
        _print_tested(tested)


def _print_line(line: ModelLine) -> None:
    say(f"{_tasks(line)}: {line.name} ({line.engine})")
    if line.where:
        say(f"  where    {line.where}", _LABEL)
    if line.size_bytes:
        say(f"  what     {line.architecture}, {_parameters(line.parameters)}, {_size(line.size_bytes)}", _LABEL)
    if line.is_running:
        context = f", {count(line.context_tokens, 'token')} at once" if line.context_tokens else ""
        say(
            f"  running  on {line.device or 'its device'} in {line.dtype or 'its numbers'}, {line.rss_mb:.0f} MB{context}",
            _LABEL,
        )
        say(f"  can      {', '.join(line.capabilities) or 'nothing'}", _LABEL)
    elif line.engine == "local":
        say("  running  not now; it is loaded when it is needed")
    for note in line.notes:
        say(f"  note     {note}", _LABEL)


def _print_tested(tested: Tested) -> None:
    from rich.text import Text

    marks = {True: Text("yes", style="green"), False: Text("no", style="yellow")}
    rows: list[list[str | Text]] = [[trial.ability, marks[trial.works], trial.sentence] for trial in tested.trials]
    print_table(["Ability", "", "How it went"], rows)
    speeds = [
        f"loaded in {tested.load_s:.1f} s",
        _speed("first token after {:.2f} s", tested.first_token_s),
        _speed("reads {:.0f} tokens/s", tested.prompt_tokens_per_s),
        _speed("writes {:.1f} tokens/s", tested.reply_tokens_per_s),
    ]
    say(", ".join(speed for speed in speeds if speed))


def _speed(words: str, figure: float | None) -> str:
    return "" if figure is None else words.format(figure)


def _tasks(line: ModelLine) -> str:
    return ", ".join(line.tasks)


def _parameters(number: int) -> str:
    if number < 1_000_000:
        return f"{number:,} parameters"
    return f"{number / 1e9:.1f} B parameters" if number >= 100_000_000 else f"{number / 1e6:.0f} M parameters"


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 100_000_000 else f"{size_bytes / 1e6:.1f} MB"
