"""What the profile chose, as a form that texts are written in, and as what a version keeps of it.

Where the number of sentences and the number of words disagree, the more confident one is used. Pure functions; the verbs
of drafts call them between `Profile.choose` and `compose`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assistant.answers.drafts import Used
from assistant.style.trait import Form, Setting
from memory.models import Draft, DraftVersion
from memory.profile.context import Chosen
from memory.profile.lengths import LENGTHS

Says = Callable[[str, Setting], str]
"""`assistant.style.traits.say`."""
EXTRACTIVE = "extractive"
"""The writer of what was composed without a model."""
FRAME = ("greeting", "greeting/title", "closing", "signature", "layout", "heading")
"""What a composed draft has of its own, whatever it says."""
OF_ITEMS = (*LENGTHS, "paragraphs")
"""How much is taken from items is chosen as well; of the user's points all is said."""


def decided(chosen: Sequence[Chosen]) -> list[Chosen]:
    """One of each dimension, the most confident, and one length at most."""
    best: dict[str, Chosen] = {}
    for one in chosen:
        if one.dimension not in best or one.confidence > best[one.dimension].confidence:
            best[one.dimension] = one
    lengths = sorted((best[name] for name in LENGTHS if name in best), key=lambda one: -one.confidence)
    for weaker in lengths[1:]:
        del best[weaker.dimension]
    return list(best.values())


def form_of(chosen: Sequence[Chosen]) -> Form:
    return {one.dimension: Setting(one.value, one.amount) for one in chosen}


def phrases(form: Form, say: Says) -> list[str]:
    """Each preference in words."""
    return [said for name, setting in form.items() if (said := say(name, setting))]


def chosen_by_telos(draft: Draft, version: DraftVersion) -> Callable[[str], bool]:
    """Whether a dimension of a version was Telos's to choose, so that it shows something when the user lets it be: what was
    learned, the frame, and all but the length where a model found the words. How long it is was, if it is drawn from items."""
    ours = {one["dimension"] for one in version.used} | set(OF_ITEMS if draft.item_ids else ())
    is_by_model = version.writer != EXTRACTIVE
    return lambda dimension: dimension in ours or (dimension not in LENGTHS and (is_by_model or dimension in FRAME))


def rows(chosen: Sequence[Chosen]) -> list[dict[str, Any]]:
    """What `DraftVersion.used` keeps."""
    return [
        {
            "preference": one.preference_id,
            "dimension": one.dimension,
            "value": one.value,
            "amount": one.amount,
            "why": one.why,
        }
        for one in chosen
    ]


def used(row: Mapping[str, Any], say: Says) -> Used:
    """A kept row as it is shown."""
    setting = Setting(row["value"], row.get("amount"))
    name = row["dimension"]
    return Used(
        preference=row.get("preference"),
        dimension=name,
        value=setting.value,
        says=say(name, setting),
        why=row.get("why", ""),
    )
