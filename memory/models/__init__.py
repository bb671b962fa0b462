"""The rows: one table a noun. Read `types`, then `source`, `item`, `story`, `digest`, `delivery`, `feedback`, `audit`;
then `conversation`, `goal`, `fact`, `call`; then `draft`, `lesson`, `preference`; then `mailbox`; then `transition`."""

from memory.models.audit import Audit
from memory.models.call import Call, Spending
from memory.models.conversation import Conversation, Turn, TurnState, TurnVector
from memory.models.delivery import Delivery, DeliveryState
from memory.models.digest import Digest, Entry, EntryItem
from memory.models.draft import Draft, DraftKind, DraftState, DraftVersion
from memory.models.fact import Ended, Fact, FactDoubt, FactEvidence
from memory.models.feedback import Feedback, Mute, MuteKind, Verb
from memory.models.goal import Goal, GoalItem, GoalStatus, GoalVersion, Score
from memory.models.item import Chunk, Item, Stage, Vector, Version
from memory.models.lesson import Evidence, Lesson, LessonOrigin
from memory.models.mailbox import FollowUp, FollowUpKind, Reply, ReplyState, Request, RequestState
from memory.models.preference import Preference, PreferenceChange, PreferenceEvidence, PreferenceState
from memory.models.schedule import Job, Setting
from memory.models.source import IMPORT, NO_NEWS, NOTES, Source
from memory.models.story import Story
from memory.models.transition import Transition

__all__ = [
    "IMPORT", "NOTES", "NO_NEWS", "Audit", "Call", "Chunk", "Conversation", "Delivery", "DeliveryState", "Digest", "Draft",
    "DraftKind", "DraftState", "DraftVersion", "Ended", "Entry", "EntryItem", "Evidence", "Fact", "FactDoubt",
    "FactEvidence", "Feedback", "FollowUp", "FollowUpKind", "Goal", "GoalItem", "GoalStatus", "GoalVersion", "Item", "Job", "Lesson", "LessonOrigin", "Mute",
    "MuteKind", "Preference", "PreferenceChange", "PreferenceEvidence", "PreferenceState", "Reply", "ReplyState",
    "Request", "RequestState", "Score", "Setting", "Source", "Spending", "Stage", "Story", "Transition", "Turn",
    "TurnState", "TurnVector", "Vector", "Verb", "Version",
]  # fmt: skip
