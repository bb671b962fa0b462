"""The mailbox both ways: which mail awaits an answer, its draft in the Drafts folder, what was sent, what was promised, and
the digest answered by mail. Read `mail`, `awaiting`, `replying`, `placing`, `sent`; then `promises`, `following`; then
`commands`, `trust`, `obeying`, `answering`."""
