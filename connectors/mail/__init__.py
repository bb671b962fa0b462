"""The source kind `mail`: any IMAP mailbox."""
