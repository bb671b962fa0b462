"""Whether a mail that left its folder is gone, or was only put elsewhere: who archives a mail does not delete it.

What is moved becomes the newest of the folder it comes to, so a look at the newest ones there tells, but for a folder of
"all mail", where it keeps its old place. Called by `connectors.mail.source`.
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.mail.folders import Folder
from connectors.mail.mailbox import Mailbox

_GONE = ("trash", "junk")
_MOST_FOLDERS = 200
_AT_LEAST = 50
_AT_MOST = 1000
_OF_ALL = 10_000


def gone_for_good(mailbox: Mailbox, identities: set[str], watched: set[str]) -> set[str]:
    """Those of `identities` that lie in no folder but the trash and the junk. `watched` are folders known to lack them."""
    others = [folder for folder in mailbox.folders() if folder.name not in watched][:_MOST_FOLDERS]
    sought, gone = set(identities), set()
    most = min(_AT_MOST, max(_AT_LEAST, 4 * len(identities)))
    for folder in sorted(others, key=lambda folder: (folder.role not in _GONE, folder.role == "all")):
        if not sought:
            break
        for found in _identities(mailbox, folder, most):
            gone |= sought & found if folder.role in _GONE else set()
            sought -= found
            if not sought:
                break
    return gone | sought


def _identities(mailbox: Mailbox, folder: Folder, most: int) -> Iterator[set[str]]:
    """Of the newest mails of a folder, newest page first."""
    mailbox.look(folder.name)
    numbers = mailbox.numbers(folder.name)
    wanted = numbers[-(_OF_ALL if folder.role == "all" else most) :]
    for end in range(len(wanted), 0, -_AT_MOST):
        yield {
            head.identity for head in mailbox.heads(folder.name, wanted[max(0, end - _AT_MOST) : end], identify=True)
        }
