"""Asks in the terminal what a kind of source needs, and again where an answer does not do. It knows no source.

`telos sources add KIND` calls `answered` where a person sits at the terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import click
import typer

from assistant.cli.screen import say

if TYPE_CHECKING:
    from assistant.answers.sources import Kind, Question

_KEPT = "Enter keeps what you typed"


def is_a_person_there() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def open_questions(kind: Kind, given: Collection[str]) -> list[Question]:
    """What is to be asked: everything where nothing was given, else only what is needed and missing."""
    if not given:
        return kind.questions
    return [one for one in kind.questions if one.is_required and not {one.key, f"{one.key}_file"} & set(given)]


def answered(kind: Kind, asked: Sequence[Question], before: dict[str, str]) -> dict[str, str]:
    """The answers by their keys; those of an earlier round are offered again."""
    if not before:
        page = f" {kind.page} says where to get it." if kind.page else ""
        say(f"What a source of kind {kind.kind} needs.{page} Ctrl-C leaves.")
    return {question.key: _answer(question, before.get(question.key, "")) for question in asked}


def _answer(question: Question, before: str) -> str:
    default = before or question.default
    while True:
        words = _words(question, before)
        end = " " if words.endswith("?") else ": "
        if question.shape == "secret":
            typed: str = typer.prompt(words, default="", show_default=False, hide_input=True, prompt_suffix=end)
            typed = typed or before
        elif question.choices:
            choices = click.Choice(question.choices)
            typed = typer.prompt(question.question, default=default or None, type=choices, prompt_suffix=end)
        else:
            typed = typer.prompt(words, default=default, show_default=bool(default), prompt_suffix=end)
        if typed.strip() or not question.is_required:
            return typed.strip()
        typer.echo("It is needed.", err=True)


def _words(question: Question, before: str) -> str:
    """The question, and what Enter and commas mean to it."""
    remarks = []
    if question.shape == "list":
        remarks.append("several with commas")
    if question.shape == "secret":
        remarks.append("not shown")
        if before:
            remarks.append(_KEPT)
    if not question.is_required and not question.default and not before:
        remarks.append("Enter for none")
    if not remarks:
        return question.question
    words, also = question.question, "; ".join(remarks)
    return f"{words.removesuffix(')')}; {also})" if words.endswith(")") else f"{words} ({also})"
