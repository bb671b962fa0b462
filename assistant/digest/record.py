"""Keeps a built digest in rows and brings it back as it was read. Called by delivery, `show`, `resend`."""

from __future__ import annotations

from sqlmodel import Session

from assistant.digest.view import DigestView


def keep(session: Session, view: DigestView) -> DigestView:
    """Insert the digest, its entries, citations and the audit's `shown`; the view comes back with its `id`.

    The caller commits, together with the delivery. A second digest of the same edition fails on the unique key.
    """
    raise NotImplementedError


def load(session: Session, digest_id: int) -> DigestView:
    """The digest as it was built, from its rows.

    Raises: NotFound if there is none.
    """
    raise NotImplementedError
