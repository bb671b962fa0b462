"""A patch from a reply applies to the attached files, or says what does not fit."""

from __future__ import annotations

import difflib
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sessions.patch import Patched, from_reply

OLD = "def area(r):\n    return 3 * r * r\n\n\ndef edge(r):\n    return 6 * r\n"
FILES = {"src/circle.py": OLD, "notes.txt": "one\ntwo\nthree"}


def reply(diff: str) -> str:
    return f"This does it.\n\n```diff\n{diff.rstrip()}\n```\nTry it."


def applied(patched: Patched, files: dict[str, str], folder: Path) -> dict[str, str]:
    """The files after `git apply`."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    subprocess.run(["git", "apply", "-"], input=patched.text, text=True, cwd=folder, check=True)
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


CHANGES = {
    "exact": (
        "--- a/src/circle.py\n+++ b/src/circle.py\n@@ -1,2 +1,2 @@\n def area(r):\n-    return 3 * r * r\n+    return PI * r * r\n",
        {"src/circle.py": OLD.replace("3 * r", "PI * r")},
    ),
    "wrong-numbers": (
        "--- a/src/circle.py\n+++ b/src/circle.py\n@@ -40,9 +44,3 @@\n def edge(r):\n-    return 6 * r\n+    return 2 * PI * r\n",
        {"src/circle.py": OLD.replace("6 * r", "2 * PI * r")},
    ),
    "no-numbers-no-prefix": (
        "--- circle.py\n+++ circle.py\n@@\n-    return 6 * r\n+    return 7 * r\n",
        {"src/circle.py": OLD.replace("6 * r", "7 * r")},
    ),
    "no-line-end": (
        "--- a/notes.txt\n+++ b/notes.txt\n@@ -2,2 +2,2 @@\n two\n-three\n+four\n",
        {"notes.txt": "one\ntwo\nfour"},
    ),
    "new-file": (
        "--- /dev/null\n+++ b/src/new.py\n@@ -0,0 +1,2 @@\n+import math\n+PI = math.pi\n",
        {"src/new.py": "import math\nPI = math.pi\n"},
    ),
    "two-files": (
        "--- a/notes.txt\n+++ b/notes.txt\n@@ -1 +1 @@\n-one\n+1\n"
        "--- a/src/circle.py\n+++ b/src/circle.py\n@@ -6 +6,2 @@\n     return 6 * r\n+\n",
        {"notes.txt": "1\ntwo\nthree", "src/circle.py": OLD + "\n"},
    ),
}


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize("name", CHANGES)
def test_what_applies_is_given_as_git_takes_it(name: str, tmp_path: Path) -> None:
    diff, changed = CHANGES[name]
    patched = from_reply(reply(diff), FILES)
    assert patched.problems == ()
    assert applied(patched, FILES, tmp_path) == FILES | changed


def test_a_file_taken_away_is_a_deletion() -> None:
    patched = from_reply(reply("--- a/notes.txt\n+++ /dev/null\n@@ -1,3 +0,0 @@\n-one\n-two\n-three\n"), FILES)
    assert "deleted file mode" in patched.text
    assert patched.paths == ("notes.txt",)


@pytest.mark.parametrize(
    ("diff", "problem"),
    [
        ("--- a/src/circle.py\n+++ b/src/circle.py\n@@ -1 +1 @@\n-def volume(r):\n+def v(r):\n", "does not fit"),
        ("--- a/other.py\n+++ b/other.py\n@@ -1 +1 @@\n-a\n+b\n", "not attached"),
        ("--- a/../../etc/passwd\n+++ b/../../etc/passwd\n@@ -1 +1 @@\n-a\n+b\n", "outside"),
        ("--- /dev/null\n+++ /etc/cron.d/x\n@@ -0,0 +1 @@\n+a\n", "outside"),
        ("--- /dev/null\n+++ b/notes.txt\n@@ -0,0 +1 @@\n+a\n", "among the attached"),
        ("--- a/notes.txt\n+++ b/notes.txt\n", "changes no line"),
        ("-one\n+two\n", "names no file"),
    ],
)
def test_what_does_not_apply_is_said(diff: str, problem: str) -> None:
    patched = from_reply(reply(diff), FILES)
    assert patched.text == ""
    assert problem in " ".join(patched.problems)


def test_a_reply_without_a_diff_has_no_patch() -> None:
    assert not from_reply("```python\nprint('- a')\n```", FILES).is_any


def test_a_file_with_carriage_returns_keeps_them() -> None:
    patched = from_reply(
        reply("--- a/w.txt\n+++ b/w.txt\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n"), {"w.txt": "one\r\ntwo\r\n"}
    )
    assert "-two\r\n+2\r\n" in patched.text


lines = st.lists(
    st.sampled_from(["alpha", "beta", "    gamma", "", "delta  ", "+plus", "-minus", "@@ at"]), max_size=12
)


@given(lines, lines)
def test_every_diff_that_difflib_writes_gives_the_new_text(old: list[str], new: list[str]) -> None:
    before, after = "".join(f"{line}\n" for line in old), "".join(f"{line}\n" for line in new)
    diff = "".join(difflib.unified_diff(before.splitlines(True), after.splitlines(True), "a/f.txt", "b/f.txt"))
    patched = from_reply(f"```diff\n{diff}\n```", {"f.txt": before})
    if old == new or not old:
        return
    assert patched.problems == ()
    again = from_reply(f"```diff\n{patched.text}```", {"f.txt": before})
    assert again.text == patched.text
    expected = "".join(difflib.unified_diff(before.splitlines(True), after.splitlines(True), "a/f.txt", "b/f.txt"))
    assert patched.text.partition("\n")[2] == expected
