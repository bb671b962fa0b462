"""`telos drafts`: what Telos drafts, and the user's word on it."""
