"""What is kept: rows, words, vectors. Knows no connector, no model that talks, nothing of `assistant`."""
