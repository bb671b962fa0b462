"""`make fuzz`: each target for so many seconds, half of them by hypothesis, half by atheris, then the API by its own document.

    python -m tests.fuzz [--seconds 60] [--only feeds]

A find is printed with its bytes and kept under `corpus/`, so that the normal tests have it from then on; the exit status
says whether there was one. atheris and schemathesis come with the extra `fuzz`; without one of them its part is left out,
and that is said.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.mutation import mutated
from tests.fuzz.targets import CORPUS, TARGETS, _client, is_left_out, seeds_of

AT_ONCE = 40
PHASES = (Phase.generate, Phase.shrink)
DOCUMENT = "openapi"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=60, help="for each target")
    parser.add_argument("--only", choices=[*TARGETS, DOCUMENT], action="append", help="this target alone")
    given_ = parser.parse_args()
    finds = 0
    for name in given_.only or [*TARGETS, DOCUMENT]:
        started = time.monotonic()
        if name == DOCUMENT:
            told = by_document(given_.seconds)
        else:
            told = [*by_hypothesis(name, given_.seconds / 2), *by_coverage(name, given_.seconds / 2)]
        finds += len(told)
        print(f"{name}: {len(told)} finds in {time.monotonic() - started:.0f} s", flush=True)
        for one in told:
            print(one, flush=True)
    return 1 if finds else 0


def by_hypothesis(name: str, seconds: float) -> list[str]:
    """Broken copies of the seeds, and of what was found before."""
    target, until, last = TARGETS[name], time.monotonic() + seconds, [b""]

    @settings(
        max_examples=AT_ONCE, deadline=None, database=None, phases=PHASES, suppress_health_check=list(HealthCheck)
    )
    @given(data=mutated(seeds_of(name), target.words))
    def some(data: bytes) -> None:
        last[0] = data
        target.run(data)

    return _found(some, until, lambda: kept(name, last[0]))


def by_coverage(name: str, seconds: float) -> list[str]:
    """libFuzzer in a process of its own, led by what the code does with its bytes."""
    if importlib.util.find_spec("atheris") is None:
        print(f"{name}: atheris is not installed; that half is left out", flush=True)
        return []
    with tempfile.TemporaryDirectory(prefix="telos-fuzz-") as folder:
        ran = subprocess.run(
            [sys.executable, "-m", "tests.fuzz.coverage", name, str(int(seconds)), folder],
            capture_output=True,
            text=True,
            errors="replace",
        )
        crashes = sorted(Path(folder).glob("crash-*")) + sorted(Path(folder).glob("timeout-*"))
        if ran.returncode and not crashes:
            return [f"{name}: atheris ended with {ran.returncode}\n{ran.stderr[-3000:]}"]
        return [f"{kept(name, path.read_bytes())}\n{ran.stderr[-3000:]}" for path in crashes]


def by_document(seconds: float) -> list[str]:
    """Requests that the API's own OpenAPI document allows, and answers that it foretells."""
    if importlib.util.find_spec("schemathesis") is None:
        print(f"{DOCUMENT}: schemathesis is not installed; it is left out", flush=True)
        return []
    schemathesis: Any = importlib.import_module("schemathesis")
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", _client().app)
    operations = [one.ok() for one in schema.get_all_operations()]
    operations = [one for one in operations if not is_left_out(one.path) or one.method.upper() == "GET"]
    operations = [one for one in operations if not one.path.startswith(("/api/doctor", "/api/models"))]
    found: list[str] = []
    for operation in operations:
        until = time.monotonic() + max(seconds / len(operations), 0.2)
        found += _found(_requests(operation), until, lambda one=operation: f"{one.method.upper()} {one.path}")  # type: ignore[misc]
    return found


def _requests(operation: Any) -> Callable[[], None]:
    @settings(max_examples=10, deadline=None, database=None, phases=PHASES, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def some(case: Any) -> None:
        case.headers = None
        answer = case.call()
        # 503 says in a sentence what is not here, such as a model that can be steered; every other one is a defect.
        assert answer.status_code < 500 or answer.status_code == 503, f"{answer.status_code}: {answer.text[:500]}"
        if answer.status_code == 200 and answer.headers["content-type"][0].startswith("application/json"):
            operation.validate_response(answer)

    return some


def _found(some: Callable[[], None], until: float, where: Callable[[], str]) -> list[str]:
    """The first find before `until`, as it is told; it ends the search, for the same would only be found again."""
    while time.monotonic() < until:
        try:
            some()
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001  (a find, whatever it is)
            return [f"{where()}\n{traceback.format_exc(limit=-6)}"]
    return []


def kept(name: str, data: bytes) -> str:
    """Put a find among the seeds; where it lies, and what it is."""
    path = CORPUS / name / f"found-{sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    return f"{path}\n{data[:300]!r}"


if __name__ == "__main__":
    sys.exit(main())
