"""The rows: one table a noun. Read `types`, then `source`, `item`, `story`, `digest`, `delivery`, `feedback`, `audit`."""

from memory.models.audit import Audit
from memory.models.delivery import Delivery, DeliveryState
from memory.models.digest import Digest, Entry, EntryItem
from memory.models.feedback import Feedback, Mute, MuteKind, Verb
from memory.models.item import Chunk, Item, Stage, Vector, Version
from memory.models.schedule import Job, Setting
from memory.models.source import IMPORT, NOTES, Source
from memory.models.story import Story

__all__ = [
    "IMPORT", "NOTES", "Audit", "Chunk", "Delivery", "DeliveryState", "Digest", "Entry", "EntryItem", "Feedback", "Item",
    "Job", "Mute", "MuteKind", "Setting", "Source", "Stage", "Story", "Vector", "Verb", "Version",
]  # fmt: skip
