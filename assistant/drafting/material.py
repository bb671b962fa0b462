"""What a draft is to say: statements with their source, texts to choose sentences from, questions to be answered.

It knows no row and no form: `gathering` makes it from what the user asked for, `compose` and `author` write from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.engine.brief import Passage

Origin = Literal["point", "fact", "item", "entry", "turn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Whole sentences that are to be said, and where they come from. `item_ids` are the items they stand on."""

    text: str
    origin: Origin = "point"
    item_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """`statements` are said as they are and in their order. From `passages` sentences are chosen. `written` is a text that
    is there already (a chat's reply), which is only given its form. `questions` are those of the mail that is answered.

    `subject` is the mail's or the title of a document; `about` what the user asked for, in their words, which is no
    statement but says what to choose.
    """

    kind: str
    subject: str = ""
    about: str = ""
    statements: Sequence[Statement] = ()
    passages: Sequence[Passage] = ()
    questions: Sequence[str] = ()
    written: str = ""
    incoming: str = ""
    """The text of the mail that is answered, without what it quotes: data from outside."""
    language: str = ""
    readers: int = 1
    notices: Sequence[str] = ()
    """What gathering has to tell."""

    @property
    def is_mail(self) -> bool:
        return self.kind in ("mail", "reply")

    @property
    def is_empty(self) -> bool:
        return not (self.statements or self.passages or self.written.strip() or self.incoming.strip())
