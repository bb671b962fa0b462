"""Training a planner, in a process of its own: cloning, learning from rewards, and where a run stands."""
