"""`telos steer`: the planner that steers, and how it is trained."""
