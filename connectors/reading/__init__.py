"""Documents from outside, made sense of: bytes to entries, markup to text, addresses to identities. No network here."""
