"""Which kinds of source there are: every class that a package registers under the entry-point group `telos.connectors`.

It imports each once and checks that it was written for this contract. `assistant.config.load` asks it for the `Options`
of a kind, `assistant.ingest` for the class.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType

from connectors.base import API_VERSION, ENTRY_POINT_GROUP, Connector

log = logging.getLogger(__name__)


@cache
def connectors() -> Mapping[str, type[Connector]]:
    """Kind -> connector class. One of another package that cannot be used is left out, and the log says why."""
    found: dict[str, type[Connector]] = {}
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        try:
            connector: type[Connector] = entry.load()
            version = connector.api_version
        except Exception as err:  # noqa: BLE001 - a package that nobody here wrote may fail in any way
            log.warning("The connector %s (%s) cannot be loaded: %s.", entry.name, entry.value, err)
            continue
        if version != API_VERSION:
            log.warning(
                "The connector %s is for version %s of the contract; this is %s.", entry.name, version, API_VERSION
            )
            continue
        found[connector.kind] = connector
    return MappingProxyType(found)
