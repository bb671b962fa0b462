"""The main job on sample feeds: `python -m assistant.demo`, which is what `make demo` runs."""
