"""English letters full of dates, figures, names and habits, for the tests of the traits of wording."""

from __future__ import annotations

from hypothesis import strategies as st

from assistant.style.piece import Block, People, Piece

PEOPLE = People(writer="Ada Byron", reader="Ann Lee", language="en")

SENTENCES = (
    "I will organise the meeting on 20 November 2026 at 14:30.",
    "We don't expect the colour of the centre to change before December 3, 2026.",
    "My team has three reports and 2 drafts for the board.",
    "It's great that our clients paid $12,000 so far!",
    "I'm glad, and I wasn't sure that we could utilise it 🙂",
    "The behavior of Harbor Freight on 2026-11-20 cost 1,250 euros.",
    "Please send it to bob@example.org or see https://example.org/colour/2026-11-20 by 5 p.m. on Friday.",
    'He said "I don\'t organise 3 meetings on 05/06/2026!" and left.',
    "Do not run `we.don't(3)` before 9:00 am.",
    "Ann's car isn't here; she's finished with the 7 boxes.",
    "Thanks for the info, we would like to start prior to the 10 workshops.",
    "The invoice is due on 25/12/2026 and was sent on 03/04/2026.",
    "Therefore, the assistance of the department is sufficient.",
    "In May 2026 and on 20-22 June 2026 the 1 000 guests weren't there.",
    "Is it not late? You're right, let's go at 09:15!",
    "The analysis [... the figure] is missing, :) is not.",
)
OTHER = (
    "Wir treffen uns am 20. November 2026 um 14:30 Uhr, und das Programm ist noch nicht fertig.",
    "Nous avons organisé la réunion du 1er novembre 2026 pour les 3 clients de la ville.",
    "El informe de la reunión es para el 20 de noviembre de 2026 y no está listo.",
)


@st.composite
def letters(draw: st.DrawFn, sentences: tuple[str, ...] = SENTENCES) -> Piece:
    found = [
        Block(
            draw(st.sampled_from(("prose", "prose", "bullets"))),
            tuple(draw(st.lists(st.sampled_from(sentences), min_size=1, max_size=4))),
        )
        for _ in range(draw(st.integers(1, 3)))
    ]
    if draw(st.booleans()):
        found.append(Block("verbatim", ("    I don't organise 3 on 2026-11-20!",)))
    return Piece(
        greeting=draw(st.sampled_from(("", "Hi Ann,", "Dear Ms. Grey,"))),
        blocks=tuple(found),
        closing=draw(st.sampled_from(("", "Best regards,", "Thanks!"))),
        signature=draw(st.sampled_from(("", "Ada", "Ada Grey\nColour Ltd., 3 Honour Street"))),
        postscript=draw(st.sampled_from(("", "P.S. I don't need 2 drafts."))),
        quoted=draw(st.sampled_from(("", "On 20 November 2026, Ann wrote:\n> I don't organise 3 meetings!"))),
    )
