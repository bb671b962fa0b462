"""The world, read into `Item`s. Knows no database, no model, nothing of `memory` or `assistant`."""
