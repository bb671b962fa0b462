"""A process that serves one object and may be killed: `parent` holds it, `served` runs in it, `pipe` is what they say."""
