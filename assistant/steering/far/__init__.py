"""Steering a model behind a server: a state, rows, a beginning and the gate's figures without its weights."""
