"""The morning digest: chosen, written, kept and rendered. Read `view`, `build`, then what it calls in order."""
