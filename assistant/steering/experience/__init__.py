"""What turns leave behind to learn from: the row of each, what became of it, and both as a replay's turns."""
