"""What the user prefers, in which contexts, and how sure that is."""
