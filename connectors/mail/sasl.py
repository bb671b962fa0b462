"""What IMAP and SMTP both send for a login by token. Called by `connectors.mail.login` and `assistant.delivery.smtp`."""

from __future__ import annotations


def xoauth2(username: str, token: str) -> str:
    """The answer of the mechanism XOAUTH2, before it is encoded."""
    return f"user={username}\1auth=Bearer {token}\1\1"
