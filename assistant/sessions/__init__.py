"""Conversations with a goal. Read `playbook`, `card`, then a turn in its order: `reading`, `acts`, `context`, `turn`,
`checking`, `remembering`; `judge` looks at the whole from outside."""
