"""Models, each in a process of its own: the daemon imports no torch. Read `weights`, then `embedder`."""
