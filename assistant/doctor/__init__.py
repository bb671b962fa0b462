"""Examines what a user can get wrong, and names the remedy. Read `ground` (files and locks), then `parts` (the service)."""
