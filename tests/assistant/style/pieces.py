"""Pieces such as people write, for the tests of the traits."""

from __future__ import annotations

from hypothesis import strategies as st

from assistant.style.piece import Block, People, Piece

PEOPLE = People(writer="Ada Byron", reader="Ann Lee", language="en")

_SUBJECTS = ("The report", "Our meeting", "The budget", "This week's plan", "The second draft", "The room")
_VERBS = (
    "is ready",
    "has moved to Friday",
    "costs more than last year",
    "needs one more look",
    "was sent to the board",
)
_ENDS = (".", ".", ".", "!", " 😊.")
SENTENCES = st.builds(
    lambda subject, verb, end: subject + " " + verb + end,
    st.sampled_from(_SUBJECTS),
    st.sampled_from(_VERBS),
    st.sampled_from(_ENDS),
)
KINDS = st.sampled_from(
    (
        "Thank you for your message.",
        "I hope you are well.",
        "Let me know if you have any questions.",
        "Could you send the figures?",
        "In short, all is well.",
        "Sorry for the delay.",
        "It rained all day, and we stayed at home with the children.",
    )
)
ITEMS = st.sampled_from(("Bread", "Two bottles of milk", "The budget is 300 EUR.", "Call the office", "Done?"))
GREETINGS = st.sampled_from(
    ("", "Hi Ann,", "Dear Ms. Lee,", "Ann:", "Hello", "Hi all,", "Hallo Frau Lee,", "Ann -", "Dear Ann Lee,")
)
CLOSINGS = st.sampled_from(
    ("", "Best regards,", "Thanks!", "Viele Grüße", "Cheers,", "Thanks and best wishes,", "Un saludo,")
)
SIGNATURES = st.sampled_from(("", "Ada", "Ada Byron", "AB", "-- Ada", "Ada Byron\nEngines Ltd.\nTel: +44 20 1234 567"))
QUOTED = st.sampled_from(
    ("", "On Mon, 3 Mar 2025, Ann Lee wrote:\n> Shall we?", "-----Original Message-----\nFrom: Ann\nTo: Ada\n\nHi")
)


@st.composite
def blocks(draw: st.DrawFn) -> tuple[Block, ...]:
    found: list[Block] = []
    for _ in range(draw(st.integers(1, 4))):
        kinds = ["prose", "prose", "bullets", "numbered", "heading"]
        if found:
            kinds = [kind for kind in kinds if kind != found[-1].kind or kind == "prose"]
        match draw(st.sampled_from(kinds)):
            case "bullets":
                found.append(Block("bullets", tuple(draw(st.lists(ITEMS, min_size=1, max_size=4)))))
            case "numbered":
                found.append(
                    Block(
                        "numbered",
                        tuple(draw(st.lists(ITEMS, min_size=1, max_size=4))),
                        draw(st.sampled_from(("", "1)", "a)"))),
                    )
                )
            case "heading":
                found.append(Block("heading", (draw(st.sampled_from(("# Plan", "## What is next"))),)))
            case _:
                found.append(Block("prose", tuple(draw(st.lists(st.one_of(SENTENCES, KINDS), min_size=1, max_size=6)))))
    if found[-1].kind == "heading":
        found.append(Block("prose", ("That is all for today.",)))
    return tuple(found)


@st.composite
def pieces(draw: st.DrawFn) -> Piece:
    """Letters and documents. A text that nobody signs ends in no line that could be read as a name."""
    return Piece(
        greeting=draw(GREETINGS),
        blocks=draw(blocks()),
        closing=draw(CLOSINGS),
        signature=draw(SIGNATURES),
        postscript=draw(st.sampled_from(("", "P.S. Bring milk."))),
        quoted=draw(QUOTED),
    )
