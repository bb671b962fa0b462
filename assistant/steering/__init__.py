"""Steering: a small planner chooses, before each reply, the rows that bend a frozen model toward the goal."""
