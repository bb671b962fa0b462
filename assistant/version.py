"""The version of what runs, as `pyproject.toml` gives it."""

from __future__ import annotations

VERSION = "0.1.0"
"""Written out because reading the metadata of an installed package costs every command 20 ms; a test compares the two."""
