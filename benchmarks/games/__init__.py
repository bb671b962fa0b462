"""What the benchmarks that are games share: a model from scratch, self-play, arms and their statistics."""
