"""A draft as a file for the user's editor, and what they changed in it.

    % Draft 3: a mail to Ann Lee <ann@example.org>.
    % Lines that begin with % are not read.
    Subject: The ferry

    Hi Ann,

A line of the text that begins with % has a backslash before it. It knows the answers' models and nothing of editors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.cli.screen import harmless

if TYPE_CHECKING:
    from assistant.answers.drafts import DraftView

_MARK = "% Draft "
_SUBJECT = "Subject:"
_KINDS = {
    "mail": "a mail",
    "reply": "a reply",
    "document": "a document",
    "note": "a note",
    "digest": "an entry of the digest",
    "chat": "a reply in a conversation",
}


@dataclass(frozen=True, slots=True)
class Written:
    """What a file says. `subject` is `None` where the file has no line for it."""

    text: str
    subject: str | None = None

    def differs_from(self, view: DraftView) -> bool:
        subject = self.subject if self.subject is not None else view.current.subject
        return (self.text.rstrip(), subject.strip()) != (view.current.text.rstrip(), view.current.subject.strip())


def name_of(view: DraftView) -> str:
    """What its file is called: editors colour a document by its ending."""
    return f"draft-{view.line.id}.{'txt' if has_subject(view) else 'md'}"


def described(view: DraftView) -> str:
    """`a mail to Ann Lee <ann@example.org>`, on one line."""
    readers = ", ".join(view.line.to)
    return _line(f"{_KINDS[view.line.kind]} to {readers}" if readers else _KINDS[view.line.kind])


def has_subject(view: DraftView) -> bool:
    """Whether the subject is a line of its file; the title of a document is a heading in its text."""
    return view.line.kind in ("mail", "reply")


def as_file(view: DraftView) -> str:
    """The draft's last version, for `read` to read back."""
    lines = [f"{_MARK}{view.line.id}: {described(view)}. What you change, Telos learns from."]
    if view.current.gaps:
        lines.append(f"% To be filled in: {_line('; '.join(view.current.gaps))}")
    lines.append("% Lines that begin with % are not read. Close it unchanged, and nothing happens.")
    if has_subject(view):
        lines += [f"{_SUBJECT} {' '.join(view.current.subject.split())}", ""]
    return "\n".join(lines) + "\n" + re.sub(r"^(\\*%)", r"\\\1", view.current.text, flags=re.M).rstrip("\n") + "\n"


def is_one(text: str) -> bool:
    """Whether a file was made by `as_file`; any other is the text, as it stands."""
    return text.startswith(_MARK)


def read(text: str, *, with_subject: bool) -> Written:
    """What a file says that `as_file` made, also where its first lines were removed."""
    lines = [line for line in text.split("\n") if not line.startswith("%")]
    subject = None
    if with_subject and _is_subject_first(text):
        first = next(number for number, line in enumerate(lines) if line.startswith(_SUBJECT))
        subject = lines[first].removeprefix(_SUBJECT).strip()
        lines = lines[first + 1 :]
    body = "\n".join(lines).strip("\n")
    return Written(re.sub(r"^\\(\\*%)", r"\1", body, flags=re.M), subject)


def _is_subject_first(text: str) -> bool:
    """Whether the first line that is read and not empty names the subject."""
    said = (line for line in text.split("\n") if line.strip() and not line.startswith("%"))
    return next(said, "").startswith(_SUBJECT)


def _line(text: str) -> str:
    return " ".join(harmless(text).split())
