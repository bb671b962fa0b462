"""Whether a sentence is borne out by the texts it cites, told by plain rules. `check` answers; the others read texts for it."""
