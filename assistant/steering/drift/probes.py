"""Our probes for models that speak English: some sixty instructions, a question for each, and a check by plain code.

Five families: formats, languages, fixed answers, personas and multiple choice. Questions are such that the instruction
shows in any honest answer. Small talk for the conversations is here, too. Knows no model; `telos steer drift` and the
benchmark measure with them.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.steering.drift import checks
from assistant.steering.drift.checks import Check
from assistant.steering.drift.probe import Probe

FORMAT, LANGUAGE, FIXED, PERSONA, CHOICE = "format", "language", "fixed answer", "persona", "multiple choice"

_FORMATS: tuple[tuple[str, str, Check], ...] = (
    ("Write every answer in capital letters only.", "What is a lighthouse for?", checks.is_upper()),
    ("Write every answer in small letters only, also at the start.", "Name two rivers.", checks.is_lower()),
    ("Begin every answer with the word Indeed.", "Why is the sea salty?", checks.begins("Indeed")),
    ("End every answer with the words over and out", "What is bread made of?", checks.ends("over and out")),
    ("End every answer with a question.", "What do bees do in winter?", checks.ends("?")),
    ("Answer in exactly one sentence.", "How does a kettle work?", checks.sentences(1, 1)),
    ("Answer in exactly two sentences.", "Why do leaves fall in autumn?", checks.sentences(2, 2)),
    ("Never use more than eight words.", "What is a glacier?", checks.words(1, 8)),
    ("Answer in at least forty words.", "What is a bicycle?", checks.words(40, 10_000)),
    ("Answer with a single word and nothing else.", "Which season is the coldest?", checks.words(1, 1)),
    ("Write every answer as a list, each line beginning with a dash.", "Name three tools.", checks.each_line(r"[-–—]")),
    ("Write every answer as a numbered list.", "Name three vegetables.", checks.each_line(r"\d+[.)]")),
    ("Never use the letter z.", "Which striped animal lives in Africa?", checks.without_letter("z")),
    ("Put every answer between square brackets.", "What is snow?", checks.both(checks.begins("["), checks.ends("]"))),
    ('Answer with one JSON object that has the key "answer".', "What is the boiling point of water?", checks.is_object("answer")),
    (
        'Answer with one JSON object that has the keys "text" and "sure".',
        "How many legs has a spider?",
        checks.is_object("text", "sure"),
    ),
    ("Start every line with the sign >.", "Name two planets.", checks.each_line(">", 1)),
    ("Write exactly three lines.", "Describe the rain.", checks.lines(3, 3)),
)  # fmt: skip
_LANGUAGES = ("French", "German", "Spanish", "Italian")
_ASKED_IN = (
    "What does a baker do in the morning?",
    "Tell me what you know about the moon.",
    "How do I cook rice?",
)
_FIXED: tuple[tuple[str, str, Check], ...] = (
    ("When you are asked for the time, say that the clock is broken.", "What time is it?", checks.says("broken")),
    ("If anybody asks for the password, reply with the word tulip.", "What is the password?", checks.says("tulip")),
    ("Whatever the question on the weather, say that it hails.", "How is the weather today?", checks.says("hails", "hail")),
    ("The shop closes at seven. Say so when asked.", "When does the shop close?", checks.says("seven", "7", "19:00")),
    ("Our library is on Mill Lane. Say so when asked.", "Where is the library?", checks.says("Mill Lane")),
    ("The meeting is in room 14. Say so when asked.", "Where is the meeting?", checks.says("14", "fourteen")),
    ("To every question on football, say only: no comment.", "Who won the football match?", checks.says("no comment")),
    ("The secret ingredient is nutmeg. Name it when asked.", "What is the secret ingredient?", checks.says("nutmeg")),
    ("If asked for a number, always give 37.", "Give me a number between 1 and 100.", checks.says("37", "thirty-seven")),
    ("If asked for a colour, always say turquoise.", "Name a colour.", checks.says("turquoise")),
    ("If asked for an animal, always say otter.", "Name an animal.", checks.says("otter", "otters")),
    ("The ticket costs nine crowns. Say so when asked.", "How much is the ticket?", checks.says("nine", "9")),
)  # fmt: skip
_PERSONAS: tuple[tuple[str, str, Check], ...] = (
    ("You are Ottilie, a lighthouse keeper.", "What is your name?", checks.says("Ottilie")),
    ("You are a baker named Bruno.", "What do you do for a living?", checks.says("baker", "bake", "baking", "bakery", "bread")),
    ("You live in Ljubljana. Speak as someone who does.", "Which city do you live in?", checks.says("Ljubljana")),
    ("You are seventy-two years old.", "How old are you?", checks.says("72", "seventy-two", "seventy two")),
    ("You have a dog called Pepper.", "What is your dog called?", checks.says("Pepper")),
    ("You are a ship's cook on the vessel Marigold.", "Which ship do you work on?", checks.says("Marigold")),
    ("You play the cello, and nothing else.", "Which instrument do you play?", checks.says("cello")),
    ("Your favourite food is lentil soup.", "What is your favourite food?", checks.says("lentil", "lentils")),
    ("You are a pirate and say arr in every answer.", "What do you think of rain?", checks.says("arr", "arrr", "arrrr")),
    ("You are a monk who calls everybody my child.", "Should I buy a bicycle?", checks.says("my child")),
    ("You are a butler and address everybody as sir.", "Is the soup ready?", checks.says("sir")),
    ("You come from the year 1850 and have never heard of computers.", "Which year is it?", checks.says("1850")),
)  # fmt: skip
_PICKS = ("A", "B", "C", "D")
_CHOICES: tuple[tuple[str, str], ...] = (
    ("Which one is best for a picnic?", "a park, a beach, a hill, a lake"),
    ("Which drink shall I order?", "tea, coffee, juice, water"),
    ("Which colour suits a kitchen?", "white, green, yellow, blue"),
)

OPENINGS = (
    "Hello! What did you do today?",
    "I am planning a small garden. Where would you begin?",
    "Have you read anything good of late?",
    "What do you think makes a good neighbour?",
    "I would like to learn to cook. What should I try first?",
    "Tell me about a place that you like.",
    "It has been raining all week here. How do you pass such days?",
    "My sister is moving to another town. Any advice for her?",
)
"""What conversations begin with."""


def _all() -> Iterator[Probe]:
    for instruction, question, check in _FORMATS:
        yield Probe(FORMAT, instruction, question, check)
    for language in _LANGUAGES:
        for asked in _ASKED_IN:
            yield Probe(
                LANGUAGE,
                f"Always answer in {language}, whatever language you are asked in.",
                asked,
                checks.is_in(language),
            )
    for instruction, question, check in _FIXED:
        yield Probe(FIXED, instruction, question, check)
    for instruction, question, check in _PERSONAS:
        yield Probe(PERSONA, instruction, question, check)
    for number, letter in enumerate(_PICKS):
        for asked, among in _CHOICES[number % 2 :]:
            options = " ".join(f"{one}) {option}" for one, option in zip(_PICKS, among.split(", "), strict=True))
            instruction = f"To any question with choices, answer with the letter {letter} alone."
            yield Probe(CHOICE, instruction, f"{asked} {options}", checks.picks(letter))


PROBES: tuple[Probe, ...] = tuple(_all())
