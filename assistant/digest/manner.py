"""How the user wants a story told, and which sections they want none of, from what their edits of digests have taught.

It asks the profile for each story that is to be told and turns the answer into bounds for the writing, phrases for a
model, and a form for the sentences. It knows no page: `digest.write` asks it, `digest.build` makes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.digest.candidates import Candidate
from assistant.drafting.choosing import Length
from assistant.drafting.form import decided, form_of, phrases
from assistant.style import traits
from assistant.style.piece import Block, People, Piece
from assistant.style.trait import Form
from memory.models import DraftKind
from memory.profile.context import Context
from memory.profile.profile import Profile

OF_A_SENTENCE = (
    "contractions", "exclamation", "emoji", "dates", "times", "numbers", "thousands", "spelling", "term", "formality",
)  # fmt: skip
"""What can be written into a sentence without making two of it, or one of two: each keeps its citations."""


@dataclass(frozen=True, slots=True)
class Manner:
    """Bounds are `None` where nothing was learned. `wishes` are the same and more, as phrases for a model."""

    words: int | None = None
    sentences: int | None = None
    form: Form = field(default_factory=dict)
    wishes: tuple[str, ...] = ()

    def told(self, sentences: Sequence[str], language: str) -> list[str]:
        """The sentences in their form, as many as before."""
        if not self.form or not sentences:
            return list(sentences)
        plain = Piece(blocks=(Block("prose", tuple(sentences)),))
        written = traits.write(plain, self.form, People(language=language))
        parts = [part for block in written.blocks for part in block.parts]
        return parts if len(parts) == len(sentences) else list(sentences)


AS_IT_COMES = Manner()


def manner_of(profile: Profile, candidate: Candidate, embedder_slug: str | None) -> Manner:
    """How the story of `candidate` is to be told."""
    lead = candidate.lead
    context = Context(
        kind=DraftKind.DIGEST,
        source=lead.source.casefold(),
        language=lead.language,
        text=lead.title,
        vector=candidate.subject.vector,
        embedder=embedder_slug or "",
    )
    chosen = decided(profile.choose(context, traits.reach))
    wanted = form_of([one for one in chosen if not one.dimension.startswith(traits.SECTION)])
    length = Length.of(wanted)
    return Manner(
        words=length.words,
        sentences=length.sentences,
        form={name: setting for name, setting in wanted.items() if name.partition("/")[0] in OF_A_SENTENCE},
        wishes=tuple(phrases(wanted, traits.say)),
    )


def unwanted_sections(profile: Profile) -> frozenset[str]:
    """The keys of the sections that the user took out of their digests."""
    chosen = profile.choose(Context(kind=DraftKind.DIGEST), traits.reach)
    return frozenset(
        one.dimension.removeprefix(traits.SECTION)
        for one in chosen
        if one.dimension.startswith(traits.SECTION) and one.value == "no"
    )
