"""`telos jobs`: the recurring work, and running a piece of it now."""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.cli.screen import JsonOption, ago, client_from, print_json, print_table, progress_bar, say

app = typer.Typer()


@app.callback(invoke_without_command=True)
def jobs(context: typer.Context, as_json: JsonOption = False) -> None:
    """The recurring work: when each job is due, how its last run went; `run` does one now.

    Examples: telos jobs, telos jobs run index, telos jobs run poll:example
    """
    if context.invoked_subcommand is not None:
        return
    with client_from(context) as client:
        answers = client.jobs.list()
    if as_json:
        print_json(answers)
        return
    rows = [
        (
            job.name,
            "running" if job.is_running else ago(job.next_at) if job.next_at else "-",
            ago(job.last_finished_at),
            job.last_error or job.last_outcome or "",
        )
        for job in answers
    ]
    print_table(("Job", "Due", "Last run", "How it went"), rows)


@app.command("run")
def run_job(context: typer.Context, name: Annotated[str, typer.Argument(help="As `telos jobs` lists it.")]) -> None:
    """Run a job now, due or not, and wait for it.

    Example: telos jobs run digest
    """
    with client_from(context) as client, progress_bar(name) as progress:
        ran = client.jobs.run(name, progress)
    say(ran.outcome)
