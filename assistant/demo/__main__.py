"""The whole main job, as a user would see it: a real service, real commands, real mail over SMTP to this machine.

Reads the sample feeds into a throw-away home, has the digest built and mailed to a sink that it starts itself, prints
it, and says where it lies and what to try next. It goes through the `telos` command alone.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.demo.samples import write_samples
from assistant.demo.sink import Sink

HOME = Path(".demo")
MARK = "telos-demo"
"""The file by which a home is known to be a throw-away one before it is removed."""
PATIENCE_S = 120.0

CONFIGURATION = """\
# The configuration of the demo. `telos init` writes your own.

[user]
name = "Ada"
email = "ada@example.org"
interests = ["dialogue planning", "tidal energy", "bread baking"]

[digest]
entries = 8

[mail]
via = "smtp"
host = "127.0.0.1"
port = {port}
security = "none"
"""

SOURCE = """
[[sources]]
kind = "feeds"
name = "{name}"
url = "{path}"
"""


def main() -> int:
    telos = [str(Path(sys.executable).with_name("telos")), "--home", str(HOME)]
    feeds = _new_home()
    with Sink(HOME / "mail") as sink:
        sources = "".join(SOURCE.format(name=name, path=path.resolve()) for name, path in feeds.items())
        (HOME / "config.toml").write_text(CONFIGURATION.format(port=sink.port) + sources, encoding="utf-8")
        with _service(telos):
            _say("Reading the sample feeds and learning where their texts lie ...")
            _wait_until_read(telos, len(feeds))
            _show([*telos, "status"])
            _show([*telos, "digest", "send"])
            _wait_for_mail(sink)
            _show([*telos, "digest", "show"])
        mail = sink.received[0]
    _say(
        f"The digest was mailed over SMTP to a sink on this machine: {mail}\n"
        f"The page to open in a browser: {mail.with_suffix('.html')}\n\n"
        "Try next, on the demo's home:\n"
        f"  {' '.join(telos)} digest more 2\n"
        f"  {' '.join(telos)} digest preview\n"
        f'  {" ".join(telos)} memory search "what did the council decide about the ferry?"\n'
        "Or begin with your own: .venv/bin/telos init"
    )
    return 0


def _new_home() -> dict[str, Path]:
    """An empty home with the sample feeds in it."""
    if HOME.exists():
        if not (HOME / MARK).exists():
            sys.exit(
                f"{HOME.resolve()} is not a demo's home, so it is left alone. Move it away, then run the demo again."
            )
        shutil.rmtree(HOME)
    HOME.mkdir(mode=0o700)
    (HOME / MARK).touch()
    return write_samples(HOME / "feeds", datetime.now(UTC))


@contextmanager
def _service(telos: Sequence[str]) -> Iterator[None]:
    """`telos run` for as long as the block lasts; its log lies in the home."""
    with (HOME / "service.log").open("w") as log:
        process = subprocess.Popen([*telos, "run"], stdout=log, stderr=subprocess.STDOUT)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_until_read(telos: Sequence[str], feeds: int) -> None:
    """Until every feed was polled and every text is indexed."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        answer = subprocess.run([*telos, "status", "--json"], capture_output=True, text=True, check=False)
        if answer.returncode == 0 and _is_read(json.loads(answer.stdout), feeds):
            return
        time.sleep(0.5)
    sys.exit(
        f"The sample feeds were not read within {PATIENCE_S:.0f} s. The service's log says why: {HOME / 'service.log'}"
    )


def _is_read(status: dict[str, Any], feeds: int) -> bool:
    read = [source for source in status["sources"] if source["last_success_at"]]
    return len(read) == feeds and status["memory"]["pending"] == 0


def _wait_for_mail(sink: Sink) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not sink.received:
        if time.monotonic() > deadline:
            sys.exit(f"No mail came within {PATIENCE_S:.0f} s. The service's log says why: {HOME / 'service.log'}")
        time.sleep(0.1)


def _show(command: Sequence[str]) -> None:
    _say(f"$ {' '.join(command)}")
    subprocess.run(command, check=True)


def _say(text: str) -> None:
    print(f"\n{text}\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
