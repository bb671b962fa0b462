"""From a source to the indexes: `polling` stores what came through the gate of `arrival`, `indexing` does the rest."""
