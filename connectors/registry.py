"""Which kinds of source there are: the entry points of the group `telos.connectors`, ours and other packages'.

A connector of another package that cannot be used costs a sentence, never the others. Called by `assistant.config.load`,
which needs the options of a kind, and by what builds a source.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from connectors.base import API_VERSION, ENTRY_POINT_GROUP, Connector, Options

log = logging.getLogger(__name__)

_OURS = "connectors."


@dataclass(frozen=True, slots=True)
class Installed:
    """The connectors by kind, and a sentence for each that was skipped."""

    connectors: Mapping[str, type[Connector]]
    skipped: tuple[str, ...] = ()


@cache
def connectors() -> Mapping[str, type[Connector]]:
    """The usable connectors by kind; what was skipped is logged. Looked for once: packages stay while a process runs."""
    found = installed()
    for sentence in found.skipped:
        log.warning("%s", sentence)
    return found.connectors


def installed(points: Iterable[EntryPoint] | None = None) -> Installed:
    """All that the entry points name, ours first, so that no other package takes one of our kinds."""
    named = entry_points(group=ENTRY_POINT_GROUP) if points is None else points
    usable: dict[str, type[Connector]] = {}
    skipped: list[str] = []
    for point in sorted(set(named), key=lambda point: (not point.value.startswith(_OURS), point.name, point.value)):
        try:
            if point.name in usable:
                raise _Unusable("there is one of that kind already")
            usable[point.name] = _loaded(point)
        except _Unusable as flaw:
            package = f" of the package {point.dist.name}" if point.dist else ""
            skipped.append(f"The connector {point.name!r}{package} is skipped: {flaw}.")
    return Installed(MappingProxyType(usable), tuple(skipped))


class _Unusable(Exception):
    """What is wrong with a connector."""


def _loaded(point: EntryPoint) -> type[Connector]:
    try:
        found = point.load()
    except Exception as err:
        raise _Unusable(f"it cannot be loaded ({type(err).__name__}: {err})") from err
    if not isinstance(found, type) or not callable(getattr(found, "poll", None)):
        raise _Unusable("it is no class with a `poll`")
    version = getattr(found, "api_version", None)
    if version != API_VERSION:
        raise _Unusable(f"it is written for version {version} of the connector contract, not for {API_VERSION}")
    if getattr(found, "kind", None) != point.name:
        raise _Unusable(f"its `kind` is {getattr(found, 'kind', None)!r}")
    options = getattr(found, "Options", None)
    if not (isinstance(options, type) and issubclass(options, Options)):
        raise _Unusable("its `Options` do not extend `connectors.base.Options`")
    for name in ("every", "quiet_after"):
        if not isinstance(getattr(found, name, None), timedelta):
            raise _Unusable(f"its `{name}` is no timedelta")
    return found
