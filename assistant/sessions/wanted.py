"""How the user wants replies written, as their edits have shown: phrases for the head of a conversation.

What was learned from replies serves here, and what holds for every kind of text. Greetings and closings belong to
letters, headings to documents. `conversations` asks when one begins, since the head is frozen then; what a conversation
will be about is not known there, so preferences that hold for a subject alone do not count.
"""

from __future__ import annotations

from assistant.drafting.form import decided, form_of, phrases
from assistant.style import traits
from memory.models import DraftKind
from memory.profile.context import Context
from memory.profile.profile import Profile

NOT_IN_REPLIES = ("greeting", "closing", "signature", "heading", "section", "stock")


def wishes(profile: Profile) -> list[str]:
    chosen = [
        one
        for one in profile.choose(Context(kind=DraftKind.CHAT), traits.reach)
        if one.dimension.partition("/")[0] not in NOT_IN_REPLIES
    ]
    return phrases(form_of(decided(chosen)), traits.say)
