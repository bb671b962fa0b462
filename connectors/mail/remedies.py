"""What to do when a mail server refuses a login, by its provider: the words of the failures, and nothing else.

Called by `connectors.mail.connection` and `connectors.mail.tokens`.
"""

from __future__ import annotations

_BUSY = ("UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "CONTACTADMIN", "THROTTLED", "TOO MANY", "TRY AGAIN")

LONGEST_ANSWER = 200
"""Characters of a server's answer that are repeated to the user."""

_HINTS = (
    (
        ("gmail.", "googlemail.", "google."),
        "Google takes no account password here: make an app password (it needs 2-step verification) at "
        'https://myaccount.google.com/apppasswords, or log in with login = "oauth" and `telos mail login`.',
    ),
    (
        ("office365.", "outlook.", "hotmail.", "live.", "microsoft."),
        'Microsoft takes no password here: set login = "oauth" with your own client, then run `telos mail login`.',
    ),
    (
        ("fastmail.", "messagingengine."),
        "Fastmail wants an app password with access to IMAP: https://app.fastmail.com/settings/security/apps.",
    ),
    (
        ("mail.me.com", "icloud."),
        "iCloud wants an app-specific password: https://account.apple.com, Sign-In and Security.",
    ),
    (
        ("yahoo.", "aol."),
        "Yahoo and AOL want an app password: account security, Generate app password.",
    ),
)
_OTHERWISE = "Check username and password; many providers want an app password, made in their web mail's settings."


def about_login(host: str) -> str:
    """What to do about a refused login at `host`."""
    name = host.lower()
    return next((hint for hosts, hint in _HINTS if any(part in name for part in hosts)), _OTHERWISE)


def is_busy(answer: str) -> bool:
    """Whether a refusal is one of those that pass by themselves."""
    return any(code in answer.upper() for code in _BUSY)


def words(answer: object) -> str:
    """A server's answer on one line, without control characters, cut to a bearable length."""
    while isinstance(answer, list | tuple):
        answer = answer[-1] if answer else ""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer or "")
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line.rstrip(".") if len(line) <= LONGEST_ANSWER else f"{line[:LONGEST_ANSWER]}..."
