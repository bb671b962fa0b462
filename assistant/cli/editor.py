"""A text in the user's editor: `VISUAL`, `EDITOR`, else vi. Whatever becomes of it, what they wrote is not lost.

It knows files and processes, and nothing of what the text is. `telos drafts` and `telos goals` edit with it.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from assistant.cli.screen import harmless
from assistant.errors import BadRequest, TelosError

MOST_BYTES = 4 * 1024 * 1024
_USUAL = ("vi", "nano")
"""Tried in turn where the user named no editor."""
_AT_ONCE_S = 0.5
"""An editor that ends so soon without a change has likely opened a window of its own, and did not wait for it."""


@contextmanager
def edited(text: str, folder: Path, name: str, *, takes_up: str = "") -> Iterator[str | None]:
    """Yields the text as the user left it in a file called like `name` in `folder`; `None` where they left it as it was.

    If the block fails, or the editor does, a changed file stays, and the failure says where it is; `takes_up` is the
    command that reads it, such as `telos drafts edit 3 --text`.

    Raises: BadRequest where there is no editor, or it fails, or what it saved is no text.
    """
    path = _written(text, folder, name)
    try:
        _run(path, text)
        left = _read(path)
        yield None if left == text else left
    except BaseException as err:
        if not _is_worth_keeping(path, text):
            path.unlink(missing_ok=True)
            raise
        where = shlex.quote(str(path))
        kept = f"What you wrote is kept in {where}"
        kept += f"; `{takes_up} {where}` takes it up." if takes_up else "."
        if isinstance(err, TelosError):
            raise type(err)(err.sentence, f"{err.remedy} {kept}".strip()) from err
        print(kept, file=sys.stderr)
        raise
    path.unlink(missing_ok=True)


def decoded(content: bytes, named: str) -> str:
    """Bytes as a text with plain line ends. `named` begins the complaint: "The file x".

    Raises: BadRequest for what is no text: too large, not UTF-8, or with NUL in it.
    """
    if len(content) > MOST_BYTES:
        raise BadRequest(f"{named} is larger than {MOST_BYTES // 2**20} MB.")
    if b"\0" in content:
        raise BadRequest(f"{named} is no text: byte {content.index(0)} is NUL.", "Nothing was changed.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise BadRequest(
            f"{named} is not written in UTF-8: byte {err.start} is 0x{content[err.start]:02x}.", "Nothing was changed."
        ) from err
    return text.replace("\r\n", "\n")


def _written(text: str, folder: Path, name: str) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stem, dot, ending = name.rpartition(".")
    descriptor, path = tempfile.mkstemp(prefix=f"{stem or name}-", suffix=f"{dot}{ending}" if stem else "", dir=folder)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    return Path(path)


def _run(path: Path, text: str) -> None:
    """Start the editor on a file and wait until it ends."""
    editor = _editor()
    began = time.monotonic()
    try:
        with ExitStack() as opened:
            opened.enter_context(_interrupts_left_to_the_editor())
            screen = _terminal(opened)
            status = subprocess.run(
                [*shlex.split(editor), str(path)],
                check=False,
                stdin=None if screen is None or _is_terminal(0) else screen,
                stdout=None if _is_terminal(1) else screen if screen is not None else 2,
            ).returncode
    except (OSError, ValueError) as err:
        raise BadRequest(
            f"The editor {editor!r} cannot be started: {getattr(err, 'strerror', None) or err}.",
            "Set EDITOR to one that is installed, such as EDITOR=nano.",
        ) from err
    if status:
        raise BadRequest(f"The editor {editor!r} {_ended(status)}.", "Nothing was changed.")
    if time.monotonic() - began < _AT_ONCE_S and _is_terminal(2) and _content(path) == text.encode():
        print(
            f"The editor {harmless(editor)!r} ended at once. One with a window of its own has to wait for it, "
            "as in EDITOR='code --wait'.",
            file=sys.stderr,
        )


def _editor() -> str:
    named = os.environ.get("VISUAL", "").strip() or os.environ.get("EDITOR", "").strip()
    if named:
        return named
    if not _is_terminal(0) and not Path("/dev/tty").exists():
        raise BadRequest("There is no terminal for an editor.", "Set EDITOR, or give the text in a file.")
    found = next((name for name in _USUAL if shutil.which(name)), None)
    if found is None:
        raise BadRequest("No editor was found.", "Set EDITOR to one that is installed, such as EDITOR=nano.")
    return found


def _terminal(opened: ExitStack) -> int | None:
    """The terminal itself, for an editor whose standard input or output goes elsewhere; `None` where there is none."""
    if _is_terminal(0) and _is_terminal(1):
        return None
    try:
        descriptor = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    opened.callback(os.close, descriptor)
    return descriptor


@contextmanager
def _interrupts_left_to_the_editor() -> Iterator[None]:
    """Ctrl-C in an editor is the editor's; it would otherwise be killed with what is not yet saved."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGQUIT)}
    try:
        yield
    finally:
        for number, handler in heard.items():
            signal.signal(number, handler)


def _ended(status: int) -> str:
    if status > 0:
        return f"ended with status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"


def _read(path: Path) -> str:
    content = _content(path)
    if content is None:
        raise BadRequest("The editor left no file behind.", "Nothing was changed.")
    return decoded(content, "What the editor saved")


def _content(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError:
        return None


def _is_worth_keeping(path: Path, text: str) -> bool:
    content = _content(path)
    return bool(content) and content != text.encode()


def _is_terminal(descriptor: int) -> bool:
    return os.isatty(descriptor)
