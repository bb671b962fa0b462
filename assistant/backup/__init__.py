"""Everything that cannot be made anew, in one file, and back. Read `archive` (the file), then `making`, then `restoring`, then `aside`."""
