"""The verb on a reply: more like it, less, or nothing said. More of a reply is learned from as from a draft that was approved.

The API calls this, for the slash commands of `telos chat`.
"""

from __future__ import annotations

from assistant import conversations, drafts
from assistant.answers.chat import Opinion, TurnView
from assistant.answers.drafts import NewDraft
from assistant.errors import BadRequest
from assistant.service import Service
from assistant.sessions.views import turn_view
from memory.store import drafts as draft_rows


def opinion(service: Service, conversation_id: int, number: int | None, said: Opinion) -> TurnView:
    """Keep what the user says of a reply; what an earlier word on it taught is taken back with it.

    Raises: NotFound, BadRequest for a turn without a reply.
    """
    with service.database.write() as session:
        told = conversations.turn_of(session, conversations.conversation_of(session, conversation_id), number)
        if not told.reply:
            raise BadRequest(f"Turn {told.number} has no reply to have an opinion of.", "/retry asks for one.")
        told.verdict = said.verdict
        session.add(told)
        session.flush()
        view = turn_view(told)
        held = draft_rows.of_origin(session, turn_id=told.id)
    if said.verdict == "more":
        wish = NewDraft(kind="chat", conversation=conversation_id, turn=view.number)
        drafts.approve(service, drafts.new(service, wish).line.id)
    elif held is not None and held.id is not None:
        drafts.reject(service, held.id)
    return view
