"""Reading a message without a model. `listening` asks the rest: `message`, `manner`, `quantities`, `days`, `places`,
`wishes`. English first; yes, no, numbers, dates and lengths in German, French and Spanish, too."""

from assistant.sessions.rules.listening import listen

__all__ = ["listen"]
