"""A draft without a model: what is to be said, in the form that was learned, the same every time.

What the user said is never reworded and nothing is made up; what is missing becomes a marked gap. It knows no row and no
profile: the verbs of drafts call it with the form the profile chose, the benchmark with forms of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.drafting import defaults, gaps, points
from assistant.drafting.choosing import Chosen, Length, choose
from assistant.drafting.material import Material
from assistant.style import traits
from assistant.style.piece import Block, People, Piece, parse, render
from assistant.style.splitting import sentences
from assistant.style.trait import Form, Setting
from memory.profile.lengths import LENGTHS

TRIES = 3
YES = "yes"
_SUCH = {"mail": "such mails", "reply": "such replies", "document": "such documents", "note": "such notes"}


@dataclass(frozen=True, slots=True)
class Composed:
    """`gaps` are the marks in the text, `notes` sentences on what was left out. `item_ids`: what it stands on."""

    text: str
    subject: str
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    item_ids: tuple[int, ...] = ()


def compose(material: Material, form: Form, people: People) -> Composed:
    """The draft of `material` in `form`. Deterministic."""
    form = form_for(material, form, people)
    subject = subject_of(material)
    if material.written.strip():
        written, chosen = parse(material.written, people), Chosen(())
        piece = traits.write(written, form, people)
        if piece == written:
            return Composed(material.written.strip(), subject, notes=tuple(material.notices))
    else:
        piece, chosen = _in_length(material, form, people, subject)
    asked = gaps.unanswered(material.questions, [one.text for one in material.statements], material.language)
    marks = tuple(Block("prose", (gaps.answer_to(question),)) for question in asked)
    if not (marks or chosen.said or material.written.strip()):
        marks = (Block("prose", (gaps.to_say(material.about),)),)
    if marks:
        piece = replace(piece, blocks=(*piece.blocks, *marks))
    text = render(piece)
    return Composed(
        text=text,
        subject=subject,
        gaps=tuple(gaps.gaps_in(f"{subject}\n{text}")),
        notes=tuple(_notes(material, form, chosen, people)),
        item_ids=tuple(dict.fromkeys(item_id for one in chosen.said for item_id in one.item_ids)),
    )


def size_in(material: Material, form: Form, people: People) -> tuple[float, float]:
    """How many sentences and words a draft would have in that form."""
    if material.written.strip():
        piece = traits.write(parse(material.written, people), form_for(material, form, people), people)
    else:
        piece, _ = _in_length(material, form_for(material, form, people), people, subject_of(material))
    sentences, words = _measured(piece, people)
    return float(sentences), float(words)


def form_for(material: Material, form: Form, people: People) -> Form:
    """`form` with the defaults of the kind; a greeting that wants a name nobody knows has a gap in its place."""
    is_to_several = material.readers > 1
    full = dict(defaults.completed(material.kind, form, people, is_to_several=is_to_several))
    greeting = full.get("greeting")
    if material.readers == 1 and greeting is not None and gaps.wants_name(greeting.value) and not people.reader:
        full["greeting"] = Setting(gaps.without_name(greeting.value))
    return full


def subject_of(material: Material) -> str:
    """The user's, or one made of what the text begins with."""
    if material.subject:
        return material.subject
    said = material.about or next((one.text for one in material.statements), "")
    return points.title(said or next((one.title for one in material.passages), ""))


def _in_length(material: Material, form: Form, people: People, subject: str) -> tuple[Piece, Chosen]:
    """The piece in its form, with so much said that it has its length once the form has added and taken its own."""
    length = room = Length.of(form)
    heading = _heading(material, form, subject)
    others: Form = {name: setting for name, setting in form.items() if name not in LENGTHS}
    tried: dict[Chosen, tuple[int, Piece]] = {}
    for _ in range(TRIES):
        chosen = choose(material, room)
        if chosen in tried:
            break
        piece = traits.write(_plain(chosen, heading), others, people)
        missing = length.missing(*_measured(piece, people))
        tried[chosen] = (abs(missing), piece)
        if missing == 0 or (missing > 0 and not chosen.has_more):
            break
        room = room.more(missing)
    best = min(tried, key=lambda one: tried[one][0])
    return tried[best][1], best


def _plain(chosen: Chosen, heading: str) -> Piece:
    """What is said as one paragraph, each sentence for itself."""
    parts = tuple(part for one in chosen.said for part in sentences(one.text))
    blocks = [Block("heading", (heading,))] if heading else []
    return Piece(blocks=(*blocks, *([Block("prose", parts)] if parts else [])))


def _heading(material: Material, form: Form, subject: str) -> str:
    """The title as a line over a document, unless it is not wanted, or only repeats what follows; over others, where it is."""
    wanted = form.get("heading")
    if wanted is None:
        is_named = bool(material.subject or material.about or not material.statements)
        return subject if material.kind == "document" and is_named else ""
    return subject if wanted.value == YES else ""


def _measured(piece: Piece, people: People) -> tuple[int, int]:
    """Its sentences and its words."""
    shown = traits.read(piece, people)
    sentences, words = (round(shown[name].amount or 0) if name in shown else 0 for name in LENGTHS)
    return sentences, words


def _notes(material: Material, form: Form, chosen: Chosen, people: People) -> Sequence[str]:
    notes = list(material.notices)
    if chosen.left_out:
        length = Length.of(form)
        bound = _counted(length.sentences, "sentence") if length.sentences else _counted(length.words or 0, "word")
        were = "point was" if chosen.left_out == 1 else "points were"
        notes.append(
            f"{chosen.left_out} {were} left out, as you keep {_SUCH.get(material.kind, 'such texts')} to {bound}."
        )
    if material.is_mail and not people.writer:
        notes.append("It is not signed: [user] name in the configuration is empty.")
    return notes


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
