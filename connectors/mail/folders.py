"""The folders of a mailbox and what each is for: by SPECIAL-USE (RFC 6154), by name where the server does not say.

Called by `connectors.mail.mailbox`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from imap_tools.folder import FolderInfo

    from connectors.mail.connection import Connection

Role = Literal["inbox", "drafts", "sent", "trash", "junk", "archive", "all"]
ROLES: tuple[Role, ...] = get_args(Role)

_NAMES: dict[Role, tuple[str, ...]] = {
    "drafts": ("drafts", "draft", "entwürfe", "brouillons", "borradores", "bozze", "concepten", "rascunhos"),
    "sent": (
        "sent", "sent items", "sent messages", "sent mail", "gesendet", "gesendete elemente", "gesendete objekte",
        "envoyés", "éléments envoyés", "messages envoyés", "enviados", "elementos enviados", "posta inviata",
        "verzonden", "verzonden items",
    ),
    "trash": (
        "trash", "deleted items", "deleted messages", "bin", "papierkorb", "gelöschte elemente", "corbeille",
        "éléments supprimés", "papelera", "cestino", "prullenbak", "lixeira",
    ),
    "junk": (
        "junk", "spam", "junk e-mail", "junk email", "bulk mail", "spamverdacht", "courrier indésirable",
        "correo no deseado", "ongewenste e-mail",
    ),
    "archive": ("archive", "archives", "archiv", "archivo", "archivio", "archief"),
    "all": ("all mail", "alle nachrichten", "tous les messages", "todos"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Folder:
    """`name` is as the server knows it, with its levels. `role` is what it is for, if that is known."""

    name: str
    role: Role | None


def folders_of(connection: Connection) -> list[Folder]:
    """All that can be opened, those with a role first; no role is given twice. Raises: the library's errors."""
    search: Any = b"*"  # bytes are sent as they are; the library says no more than str
    if "SPECIAL-USE" in connection.client.capabilities:
        search = b"* RETURN (SPECIAL-USE)"  # else a server may keep it to itself
    return with_roles(connection.folder.list(search_args=search))


def with_roles(infos: Sequence[FolderInfo]) -> list[Folder]:
    """What a server lists as folders; what it says of their use goes before their names."""
    listed = [info for info in infos if _can_be_opened(info)]
    roles: dict[str, Role] = {}
    for by in (_role_told, _role_by_name):
        for info in listed:
            role = by(info)
            if role and role not in roles.values() and info.name not in roles:
                roles[info.name] = role
    found = [Folder(info.name, roles.get(info.name)) for info in listed]
    return sorted(found, key=lambda folder: ROLES.index(folder.role) if folder.role else len(ROLES))


def _can_be_opened(info: FolderInfo) -> bool:
    return not {"\\noselect", "\\nonexistent"} & {flag.lower() for flag in info.flags}


def _role_told(info: FolderInfo) -> Role | None:
    if info.name.upper() == "INBOX":
        return "inbox"
    told = {flag.lower().lstrip("\\") for flag in info.flags}
    return next((role for role in ROLES if role in told), None)


def _role_by_name(info: FolderInfo) -> Role | None:
    """By the last level of its name, and only near the root: `Projects/2019/Sent` is something else."""
    levels = info.name.split(info.delim) if info.delim else [info.name]
    if len(levels) > 2:
        return None
    name = levels[-1].casefold()
    return next((role for role, names in _NAMES.items() if name in names), None)
