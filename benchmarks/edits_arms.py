"""Who writes the drafts: Telos that learns, Telos that does not, an oracle, and two ways of learning to compare with.

All write through what the command calls, `drafts.new`, or through the composer that it writes with. Each gives a draft of a
text and hears what became of it; none sees a context's number or a wish, but for the oracle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from assistant import drafts
from assistant.answers.drafts import DraftEdit, DraftView
from assistant.drafting.compose import compose
from assistant.drafting.context import context_of
from assistant.drafting.gathering import Gathered, Known, gather
from assistant.style import traits
from assistant.style.piece import People, parse
from assistant.style.trait import Form, Setting
from benchmarks.edits_home import Household
from benchmarks.edits_texts import WRITER, Round, Text
from memory.embed import Embedder, Rows
from memory.recall import Recall

NEIGHBOURS = 5
"""As many as the best of PRELUDE's learners looks at."""


class Arm(Protocol):
    def draft(self, number: int, played: Round) -> str:
        """What is shown to the user in round `number`."""
        ...

    def hear(self, text: Text, shown: str, left: str) -> None:
        """What the user made of what was shown."""
        ...


class Telos:
    """Drafts, edits and approvals as the command does them."""

    def __init__(self, house: Household) -> None:
        self._house = house
        self._shown: DraftView | None = None

    def draft(self, number: int, played: Round) -> str:
        self._house.at_round(number)
        self._shown = drafts.new(self._house.service, self._house.wish(played.text))
        return self._shown.current.text

    def hear(self, text: Text, shown: str, left: str) -> None:
        assert self._shown is not None
        service, draft_id = self._house.service, self._shown.line.id
        if left != shown:
            edit = DraftEdit(version=self._shown.current.number, text=left)
            decided = drafts.edit(service, draft_id, edit)
            if decided.question:
                drafts.edit(service, draft_id, edit.model_copy(update={"is_sure": True}))
        drafts.approve(service, draft_id)


class Unlearning:
    """Telos with nothing learned: its user never says a word. The same text is drafted once."""

    def __init__(self, house: Household) -> None:
        self._house = house
        self._written: dict[str, str] = {}
        self._gathered: dict[str, Gathered] = {}

    def draft(self, number: int, played: Round) -> str:
        key = played.text.key
        if key not in self._written:
            self._house.keep([played.text])
            self._written[key] = drafts.new(self._house.service, self._house.wish(played.text)).current.text
        return self._written[key]

    def hear(self, text: Text, shown: str, left: str) -> None:
        """It does not listen."""

    def meanings(self, texts: Sequence[Text]) -> list[str]:
        """What will be embedded of them: all at once is many times as fast as one by one."""
        made = [self.gathered(text) for text in texts]
        return [context_of(one.material, one.recipients, one.sources, None).text for one in made]

    def gathered(self, text: Text) -> Gathered:
        """What a draft of `text` is made of."""
        if text.key not in self._gathered:
            self._house.keep([text])
            service = self._house.service
            recall = Recall(service.database, service.embedder, service.vectors)
            self._gathered[text.key] = gather(Known(service.database, recall, language="en"), self._house.wish(text))
        return self._gathered[text.key]


class Oracle:
    """What Telos writes without having learned, as the user would leave it: nothing is left to be wished for."""

    def __init__(self, plain: Unlearning, fully: Callable[[Round, str], str]) -> None:
        self._plain = plain
        self._fully = fully

    def draft(self, number: int, played: Round) -> str:
        return self._fully(played, self._plain.draft(number, played))

    def hear(self, text: Text, shown: str, left: str) -> None:
        """It knows already."""


class Global:
    """One profile for everything, written anew after each edit: the form of the text that was edited last."""

    def __init__(self, plain: Unlearning) -> None:
        self._plain = plain
        self._form: Form = {}

    def draft(self, number: int, played: Round) -> str:
        return composed(self._plain, played.text, self._form)

    def hear(self, text: Text, shown: str, left: str) -> None:
        self._form = form_of(text, left)


class Nearest:
    """The form of the past texts that were about the nearest things, and for the nearest readers, by embedding.

    Of `NEIGHBOURS` texts the value that most of them have wins in each dimension, and the middle amount.
    """

    def __init__(self, plain: Unlearning, embedder: Embedder) -> None:
        self._plain = plain
        self._embedder = embedder
        self._forms: list[Form] = []
        self._rows: list[Rows] = []

    def draft(self, number: int, played: Round) -> str:
        form: Form = {}
        if self._rows:
            scores = np.array(self._rows) @ self._row(played.text)
            form = _voted([self._forms[int(place)] for place in np.argsort(-scores)[:NEIGHBOURS]])
        return composed(self._plain, played.text, form)

    def hear(self, text: Text, shown: str, left: str) -> None:
        self._forms.append(form_of(text, left))
        self._rows.append(self._row(text))

    def _row(self, text: Text) -> Rows:
        row: Rows = self._embedder.encode([about(text)])[0]
        return row


def _voted(forms: Sequence[Form]) -> Form:
    """The nearest comes first, and wins where votes are even."""
    voted: dict[str, Setting] = {}
    for dimension in {name for form in forms for name in form}:
        held = [form[dimension] for form in forms if dimension in form]
        if 2 * len(held) <= len(forms):
            continue
        amounts = sorted(one.amount for one in held if one.amount is not None)
        if amounts:
            middle = amounts[len(amounts) // 2]
            voted[dimension] = next(one for one in held if one.amount == middle)
        else:
            voted[dimension] = Setting(Counter(one.value for one in held).most_common(1)[0][0])
    return voted


def about(text: Text) -> str:
    """What is embedded of a text where nothing of Telos decides it: reader, title, beginning."""
    return " ".join(part for part in (text.to, text.case.title, *text.case.source) if part)[:1000]


def composed(plain: Unlearning, text: Text, form: Form) -> str:
    material = plain.gathered(text).material
    return compose(material, form, people(text)).text


def form_of(text: Text, left: str) -> Form:
    readings = traits.read(parse(left, people(text)), people(text))
    return {dimension: Setting(one.value, one.amount) for dimension, one in readings.items()}


def people(text: Text) -> People:
    return People(writer=WRITER, reader=text.case.reader, language="en")
