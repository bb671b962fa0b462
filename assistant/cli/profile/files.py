"""`telos profile export`, `import` and `learn`: the profile as a file, and what is learned from files of the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli import exports
from assistant.cli.screen import Invocation, JsonOption, client_from, count, print_json, print_parts, progress_bar, say
from assistant.errors import BadRequest


def export(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="Where to; standard output without it.")] = None,
) -> None:
    """Write the whole profile as JSON, to be read or to be imported elsewhere.

    Example: telos profile export profile.json
    """
    with client_from(context) as client:
        exported = client.profile.export()
    text = exported.model_dump_json(indent=2) + "\n"
    if file is None:
        print(text, end="")
        return
    with exports.written(file) as target:
        target.write(text)
    say(f"Wrote {count(len(exported.preferences), 'preference')} to {file}.")


def import_(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="What `telos profile export` wrote; - for standard input.")],
    as_json: JsonOption = False,
) -> None:
    """Take in preferences from a file. What you have already, or ruled otherwise, stays as it is.

    Example: telos profile import profile.json
    """
    from pydantic import ValidationError

    from assistant.answers.profile import Exported
    from assistant.cli import piped

    try:
        told = Exported.model_validate_json(piped.text(file))
    except ValidationError as err:
        first = err.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadRequest(
            f"{file} is no profile of Telos: {f'{where}: ' if where else ''}{first['msg']}.",
            "A profile is what `telos profile export` writes.",
        ) from err
    with client_from(context) as client:
        done = client.profile.import_(told)
    if as_json:
        print_json(done)
    else:
        say(f"{count(done.added, 'preference')} added, {done.kept} left as you have them.")


def learn(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Option("--from", help="A folder of your own texts, or one file of them.", metavar="FOLDER")
    ],
    me: Annotated[
        list[str] | None,
        typer.Option(
            "--me", help="An address of yours, beside the configured one; may be repeated.", metavar="ADDRESS"
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Learn from texts that you wrote before Telos: mails (.eml, .mbox), and .txt and .md files. They are not kept as drafts.

    Only mails that are from you are read, and of them only what you wrote yourself: nothing quoted or forwarded.

    Example: telos profile learn --from ~/Mail/sent --me anna@example.org
    """
    from assistant.answers.profile import LearnTexts
    from assistant.cli.profile import own_texts

    home = context.ensure_object(Invocation).find_home()
    found = own_texts.found_in(folder, own_texts.addresses(home, me or []))
    if not found.texts and not as_json:
        for sentence in own_texts.summed_up(found.skipped):
            say(sentence)
        raise BadRequest(f"There is no text to learn from in {folder}.", "It reads .eml, .mbox, .txt and .md files.")
    with client_from(context) as client, progress_bar("Learning") as progress:
        learned = client.profile.learn(LearnTexts(texts=found.texts), progress)
    learned = learned.model_copy(update={"skipped": [*found.skipped, *learned.skipped]})
    if as_json:
        print_json(learned)
        return
    from assistant.cli.profile.page import list_page  # weight: Rich

    say(
        f"{count(learned.read, 'text')} read, {count(learned.lessons, 'lesson')} learned, {len(learned.skipped)} passed over."
    )
    for sentence in own_texts.summed_up(learned.skipped):
        say(f"  {sentence}", 2)
    if learned.preferences:
        print_parts(list_page(learned.preferences))
    if learned.lessons:
        say("\nEach is a lesson of its own: telos profile lessons; telos profile undo LESSON takes one back.")
