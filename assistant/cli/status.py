"""`telos status`: how Telos fares, at a glance."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from assistant.cli.screen import (
    JsonOption,
    ago,
    client_from,
    console,
    count,
    folded,
    harmless,
    print_json,
    print_table,
    say,
)

if TYPE_CHECKING:
    from assistant.answers.calls import SpendingLine
    from assistant.answers.digest import DigestStatus
    from assistant.answers.mailbox import MailboxStatus
    from assistant.answers.status import ModelStatus, SourceStatus, Status

_LABEL = len("Memory   ")
_COLOURS = {"ok": "green", "new": "cyan", "paused": "dim", "broken": "red", "stale": "yellow"}


def status(context: typer.Context, as_json: JsonOption = False) -> None:
    """How Telos fares: the service, the memory, the digest, each source, and what needs you.

    Example: telos status --json
    """
    with client_from(context) as client:
        answer = client.status()
    if as_json:
        print_json(answer)
        return
    _print_parts(answer)
    if answer.sources:
        say("")
        _print_sources(answer.sources)
    for sentence in answer.attention:
        _print_attention(sentence)


def _print_parts(answer: Status) -> None:
    service, memory = answer.service, answer.memory
    running = f"running, pid {service.pid}, started {ago(service.started_at)}" if service.serves else "not running"
    if service.serves:
        running += f", {service.rss_mb:.0f} MB"
    waiting = f", {memory.pending} waiting to be indexed" if memory.pending else ""
    embedder = f", the embedder holds {memory.embedder_rss_mb:.0f} MB" if memory.embedder_rss_mb else ""
    say(f"Telos {service.version}  {running}", _LABEL)
    say(f"Home     {service.home} (configuration: {service.config_file})", _LABEL)
    index = f", the index {memory.index_rss_mb:.0f} MB" if memory.index_rss_mb else ""
    stories = f", the one of stories {memory.stories_rss_mb:.0f} MB" if memory.stories_rss_mb else ""
    say(f"Memory   {memory.items} items, {memory.database_mb:.1f} MB{waiting}{embedder}{index}{stories}", _LABEL)
    for sentence in memory.retention:
        say(f"Kept     {sentence}", _LABEL)
    say(f"Digest   {_digest(answer.digest)}", _LABEL)
    if answer.mailbox is not None:
        say(f"Mailbox  {_mailbox(answer.mailbox)}", _LABEL)
    for model in answer.models:
        say(f"Model    {_model(model)}", _LABEL)
    for line in answer.spending:
        say(f"Today    {_spent(line)}", _LABEL)


def _mailbox(mailbox: MailboxStatus) -> str:
    answers = f"{count(mailbox.drafted, 'answer')} drafted and not sent, {mailbox.placed} in your Drafts folder"
    asked = f", {count(mailbox.questions, 'question')} of yours being answered" if mailbox.questions else ""
    return f"{answers}, {mailbox.following} followed up{asked}"


def _model(model: ModelStatus) -> str:
    holds = f", its process holds {model.rss_mb:.0f} MB" if model.rss_mb else ""
    return f"{model.name} ({model.engine}), for {', '.join(model.tasks)}{holds}"


def _spent(line: SpendingLine) -> str:
    tokens = f"{line.tokens:,}" + (f" of {line.tokens_a_day:,}" if line.tokens_a_day else "")
    seconds = f"{line.seconds:,.0f}" + (f" of {line.seconds_a_day:,.0f}" if line.seconds_a_day else "")
    return f"{line.task}: {count(line.calls, 'call')} of the model, {tokens} tokens, {seconds} s"


def _digest(digest: DigestStatus) -> str:
    timing, last = digest.timing, digest.last_sent
    if timing.paused_until:
        coming = f"paused until {timing.paused_until}"
    elif timing.next_at:
        coming = f"next {timing.next_at.astimezone():%a %d %b %H:%M} ({ago(timing.next_at)})"
    else:
        coming = "none is wanted"
    sent = f", last sent {last.day} with {last.entries} entries" if last else ", none was sent yet"
    missed = f", missed on {', '.join(str(day) for day in timing.missed)}" if timing.missed else ""
    return coming + sent + missed


def _print_sources(sources: list[SourceStatus]) -> None:
    from rich.text import Text

    rows = [
        (
            source.name,
            source.kind,
            Text(source.health, style=_COLOURS[source.health]),
            ago(source.last_success_at),
            ago(source.last_new_item_at),
            ago(source.next_poll_at) if source.next_poll_at else "-",
        )
        for source in sources
    ]
    print_table(("Source", "Kind", "Health", "Last read", "Last new item", "Next"), rows)


def _print_attention(sentence: str) -> None:
    from rich.text import Text

    line = Text(folded(f"! {harmless(sentence)}", sys.stdout, 2))
    line.stylize("bold yellow", 0, 1)
    console().print(Text(), line, sep="\n", soft_wrap=True)
