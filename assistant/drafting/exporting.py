"""A version of a draft as a text for a file: plain, markdown, HTML, or the mail as mail programs open it.

An exported mail is unsent (`X-Unsent`), so that a mail program opens it to be sent by the user. It knows rows and no
server; `drafts.export` calls it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from html import escape

from assistant.answers.drafts import ShapeName
from assistant.drafting.recipients import Recipient
from assistant.errors import BadRequest
from assistant.style.piece import Block, People, Piece, parse
from memory.models import Draft, DraftKind, DraftVersion

_FENCE = re.compile(r"^```[^\n`]*$", re.MULTILINE)
MAILS = (DraftKind.MAIL, DraftKind.REPLY)


def exported(draft: Draft, version: DraftVersion, sender: Recipient, shape: ShapeName | None = None) -> str:
    """`version` in `shape`: of a mail `eml`, of all else `md` where none is named.

    Raises: BadRequest for what is no mail as one.
    """
    shape = shape or ("eml" if draft.kind in MAILS else "md")
    match shape:
        case "txt":
            return version.text.rstrip() + "\n"
        case "md":
            return _markdown(draft, version)
        case "html":
            return _html(draft, version)
        case "eml":
            return _mail(draft, version, sender)


def _markdown(draft: Draft, version: DraftVersion) -> str:
    """With its subject as the title, where the text has no heading of its own."""
    text = version.text.rstrip() + "\n"
    has_heading = any(block.kind == "heading" for block in _piece(draft, version).blocks[:1])
    return text if not version.subject or has_heading else f"# {version.subject}\n\n{text}"


def _html(draft: Draft, version: DraftVersion) -> str:
    piece = _piece(draft, version)
    has_heading = any(block.kind == "heading" for block in piece.blocks[:1])
    ending = "<br>\n".join(escape(one) for one in (piece.closing, *piece.signature.splitlines()) if one)
    parts = [
        f"<h1>{escape(version.subject)}</h1>" if version.subject and not has_heading else "",
        f"<p>{escape(piece.greeting)}</p>" if piece.greeting else "",
        *(_BLOCKS[block.kind](block) for block in piece.blocks),
        f"<p>{ending}</p>" if ending else "",
        f"<p>{escape(piece.postscript)}</p>" if piece.postscript else "",
    ]
    body = "\n".join(part for part in parts if part)
    language = f' lang="{escape(draft.language)}"' if draft.language else ""
    return (
        f'<!doctype html>\n<html{language} dir="auto">\n<head><meta charset="utf-8">'
        f"<title>{escape(version.subject)}</title></head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _prose(block: Block) -> str:
    return f'<p dir="auto">{escape(" ".join(block.parts))}</p>'


def _list(tag: str) -> Callable[[Block], str]:
    def written(block: Block) -> str:
        return f"<{tag}>\n" + "\n".join(f"<li>{escape(part)}</li>" for part in block.parts) + f"\n</{tag}>"

    return written


_BLOCKS: Mapping[str, Callable[[Block], str]] = {
    "prose": _prose,
    "bullets": _list("ul"),
    "numbered": _list("ol"),
    "heading": lambda block: f"<h2>{escape(' '.join(block.parts).lstrip('# '))}</h2>",
    "verbatim": lambda block: "<pre>" + escape(_FENCE.sub("", "\n".join(block.parts)).strip("\n")) + "</pre>",
}


def _piece(draft: Draft, version: DraftVersion) -> Piece:
    reader = Recipient.of_row(draft.recipients[0]).name if draft.recipients else ""
    return parse(version.text, People(reader=reader, language=draft.language))


def _mail(draft: Draft, version: DraftVersion, sender: Recipient) -> str:
    if draft.kind not in MAILS:
        raise BadRequest(f"Draft {draft.id} is a {draft.kind.value}, and no mail.", "Export it as md, txt or html.")
    message = EmailMessage(policy=SMTP.clone(utf8=True, linesep="\n"))
    if sender.address:
        message["From"] = _address(sender)
    if to := [_address(one) for row in draft.recipients if (one := Recipient.of_row(row)).address]:
        message["To"] = to
    message["Subject"] = " ".join(version.subject.split())
    message["Date"] = version.at
    message["X-Unsent"] = "1"
    if answered := str(draft.incoming.get("message_id", "")):
        message["In-Reply-To"] = answered
        message["References"] = " ".join([*draft.incoming.get("references", []), answered])
    message.set_content(version.text, cte="8bit")
    return message.as_string()


def _address(one: Recipient) -> Address:
    """Raises: BadRequest for an address that no mail can go to."""
    try:
        return Address(one.name, addr_spec=one.address)
    except (MessageError, ValueError, IndexError) as err:  # IndexError: the standard library's, of an odd address
        raise BadRequest(f"{one.address!r} is not an address that mail can go to.", "Write another draft.") from err
