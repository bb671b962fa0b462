"""Whether a new planner may take the old one's place: what is measured, and the verdict."""
