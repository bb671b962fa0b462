"""Who writes: one contract, and the engines behind it."""
