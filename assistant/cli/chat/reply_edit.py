"""The last reply in the user's editor: what they make of it teaches how replies are written, as with any draft.

The reply in the conversation stays as it was said. `cli.chat.commands` calls it.
"""

from __future__ import annotations

from assistant.answers.drafts import Decided, DraftEdit, NewDraft
from assistant.cli.chat.talk import Talk
from assistant.cli.editor import edited


def edit_reply(talk: Talk, conversation: int, turn: int) -> Decided | None:
    """What came of it; `None` where nothing was changed.

    Raises: what the editor and the service raise; a changed text then stays in its file.
    """
    draft = talk.client.drafts.new(NewDraft(kind="chat", conversation=conversation, turn=turn))
    takes_up = f"telos drafts edit {draft.line.id} --text"
    with edited(draft.current.text, talk.home.edits, "reply.md", takes_up=takes_up) as left:
        if left is None:
            return None
        # Whoever rewrites a reply from nothing has seen it a moment ago: they are not asked whether they mean it.
        return talk.client.drafts.edit(
            draft.line.id, DraftEdit(version=draft.current.number, text=left, is_sure=bool(left.strip()))
        )
