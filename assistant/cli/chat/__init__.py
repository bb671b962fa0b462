"""`telos chat`: read `command`, then `loop` and `talk`; `page` is what a conversation looks like."""
