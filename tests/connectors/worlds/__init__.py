"""The servers of all sources, played by tests: one `World` a kind (see `tests.connectors.world`)."""
