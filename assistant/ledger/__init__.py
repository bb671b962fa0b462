"""What language models may spend, spent and said: `book` keeps it, `metered` puts it around an engine."""
