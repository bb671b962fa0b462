"""`telos profile`: what was learned, and the user's word on it."""
