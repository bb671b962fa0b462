"""Sources: what is configured, how each fares, and what a document would bring."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from typing import Any, Literal

from pydantic import Base64Bytes, BaseModel

from assistant.answers.mail import Answered
from assistant.answers.status import SourceStatus

Shape = Literal["text", "list", "number", "yes or no", "secret"]
"""What an answer is: a list is separated by commas, a secret is typed unseen."""


class SourceLine(SourceStatus):
    """A source in a list: how it fares, and the address it is read from, with secrets masked."""

    address: str


class Document(BaseModel):
    """A document to be tried: the address it is fetched from, or the name of a file and what is in it."""

    name: str
    content: Base64Bytes | None = None

    @classmethod
    def of_file(cls, name: str, content: bytes) -> Document:
        return cls(name=name, content=b64encode(content))


class TriedItem(BaseModel):
    """An item that a document would bring. `text` is plain."""

    id: str
    title: str
    url: str
    published: datetime | None
    updated: datetime | None
    authors: list[str]
    text: str


class Tried(BaseModel):
    """What came of a document: its items, or the sentence that says why there are none. `kind` is rss, atom or json."""

    document: str
    kind: str | None = None
    items: list[TriedItem] = []
    error: str | None = None


class Tested(BaseModel):
    """What a source brings at this moment, of which nothing was kept. `title` is its own name for itself, if it has one."""

    name: str
    kind: str
    items: list[TriedItem]
    notices: list[str]
    title: str = ""


class Question(BaseModel):
    """What a kind of source asks for: the answer becomes the key `key` of its table.

    One that is not required may be left empty; then `default` holds. `choices` are the answers there are, if they are
    counted. `has_file` says that the key has a twin `KEY_file`, which names a file with the answer.
    """

    key: str
    question: str
    shape: Shape
    choices: list[str] = []
    is_required: bool
    default: str = ""
    has_file: bool = False


class Kind(BaseModel):
    """A kind of source that is installed. `first_key` is what `telos sources add KIND VALUE` gives."""

    kind: str
    first_key: str
    questions: list[Question]
    page: str = ""
    """Where it is explained, in the project's folder."""


class Addition(BaseModel):
    """A source to be added. `arguments` are values of its kind's first key (an address, categories), `keys` the others."""

    kind: str
    arguments: list[str] = []
    name: str = ""
    keys: dict[str, Any] = {}
    answers: dict[str, str] = {}
    """What was typed to the questions of its kind, by their keys. Empty ones count as not given, secrets go to files."""
    is_tested: bool = True
    """Whether it must answer before it is written down."""


class AnsweredAddition(BaseModel):
    """A source to be added whose login was begun, and what to ask with whether the user has answered by now."""

    addition: Addition
    answered: Answered


class Added(BaseModel):
    name: str
    kind: str
    items: int | None
    """How many items it has now; unknown if it was not tested."""
    titles: list[str] = []
    """What some of them are called."""
    notices: list[str] = []
    files: list[str] = []
    """Where its secrets are kept."""
    advice: str = ""


class Change(BaseModel):
    """What to change about a source; what is left out stays as it is."""

    name: str | None = None
    paused: bool | None = None


class Subscriptions(BaseModel):
    """An OPML file to be imported."""

    content: Base64Bytes

    @classmethod
    def of_file(cls, content: bytes) -> Subscriptions:
        return cls(content=b64encode(content))


class Imported(BaseModel):
    """What became of an OPML file: names added, and addresses left out because a source has them already."""

    added: list[str]
    known: list[str]


class Exported(BaseModel):
    """An OPML document, and the names of the sources that could not be in it."""

    opml: str
    left_out: list[str]
