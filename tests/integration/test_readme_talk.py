"""The conversation that the README shows takes place, letter for letter, in a real terminal of 80 columns."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest

from tests.integration.daemon import TELOS, Daemon
from tests.terminal import CTRL_D, Terminal

pytestmark = pytest.mark.integration

README = Path(__file__).resolve().parents[2] / "README.md"
CONFIGURATION = '[user]\ntimezone = "UTC"\n[digest]\ndays = []\n[memory]\nembedder = "nobody/has-this-model"\n'
NOTE = "The night ferry from Santander to Portsmouth runs on Mondays and Thursdays. A cabin for two costs 180 euros."


def shown(today: datetime) -> str:
    """The README's conversation, as it is on this day: its ferry was noted on 21 November 2026."""
    block = re.search(r"^    Telos  /help.*?(?=^\S)", README.read_text(), re.M | re.S)
    assert block
    text = "\n".join(line.removeprefix("    ").rstrip() for line in block[0].splitlines())
    may = today.year + (today.month > 5)
    return text.replace("2026-11-21", f"{today:%Y-%m-%d}").replace("2027-05", f"{may}-05").strip()


def test_the_conversation_in_the_readme_takes_place(tmp_path: Path) -> None:
    home = Daemon(tmp_path / "home")
    (home.folder / "config.toml").write_text(CONFIGURATION)
    assert home.telos("memory", "add", NOTE, "--title", "Night ferry").returncode == 0
    [(noted,)] = home.rows("SELECT published_at FROM item")
    expected = shown(datetime.fromisoformat(noted))
    messages = re.findall(r"^› (.+)$", expected, re.M)
    assert len(messages) == 3
    arguments = ("--playbook", "travel", "--goal", "5 days in Europe, moderate budget")
    with Terminal(TELOS, "--home", home.folder, "chat", *arguments, lines=120) as terminal:
        for number, message in enumerate(messages, start=1):
            terminal.wait_for(lambda text, number=number: text.count("›") == number)  # type: ignore[misc]
            terminal.press(message + "\r")
        terminal.wait_for(lambda text: text.count("›") == 4)
        terminal.press(CTRL_D)
        assert terminal.wait() == 0
        text = terminal.text()
    talked = re.sub(r"  Found by words alone: .*\n(?:  .*\n)*", "", text[: text.rindex("›")]).strip()
    assert talked == expected
