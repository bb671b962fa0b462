"""What the simulated user writes about, round by round: news to summarise, points to be sent to somebody.

A round's context shows in its text and its recipient alone. News comes from the BBC's five topics, the sentences of mails
from Enron's (two owners a context), where the folder of real documents is at hand; else from small texts made up here.
Matters of dates, times and amounts are made up in any case, so that a wish about them has something to wish about. It knows
no wish and nothing of Telos.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
from pathlib import Path
from random import Random

from benchmarks.edits_formats import MONTHS
from benchmarks.edits_letter import Case, sentences_of

WRITER = "Robin Marlow"
TOPICS = ("business", "entertainment", "politics", "sport", "tech")
LEAST_SENTENCES, MOST_SENTENCES = 10, 40
DOMAINS = (
    ("northfield.example", "northfield.example"),
    ("northfield.example", "board.northfield.example"),
    ("harbour-partners.example", "oakbank.example", "post.example"),
    ("post.example", "mailbox.example"),
)
"""Of each mail context. Two share one, and two another: there the reader or the text decides."""
READERS_EACH = 5
TYPICAL = 30
"""Texts by which it is seen which wishes matter in a context."""
_FIRST_NAMES = (
    "Ann Boris Carla Dmitri Elena Farid Greta Hugo Ines Jonas Karim Lena Marta Nils Olga Pavel Rosa Samir Tessa Umberto Vera "
    "Wanda Yusuf Zoe"
)
_LAST_NAMES = (
    "Abbott Brandt Castell Dorsey Eriksen Falk Grant Holm Ibarra Jansen Keller Lund Moreau Novak Orsini Petrov Quist Rossi "
    "Stone Tanaka Unger Vidal Weber Young"
)


@dataclass(frozen=True, slots=True)
class Text:
    """`key` names it among all. `to` is a recipient as one writes them, empty for a document; `body` a document's text."""

    key: str
    case: Case
    to: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    context: int
    text: Text


def documents(data: Path | None, seed: int, count: int) -> tuple[list[Round], list[list[Case]]]:
    """`count` rounds in five contexts, and typical cases of each."""
    chance = Random(f"documents {seed}")
    found = (
        _news(data)
        if data is not None
        else [[_made_news(topic, n) for n in range(count + TYPICAL)] for topic in range(5)]
    )
    return _rounds(chance, [chance.sample(texts, len(texts)) for texts in found], count)


def mails(data: Path | None, seed: int, count: int) -> tuple[list[Round], list[list[Case]]]:
    """`count` rounds in four contexts, and typical cases of each."""
    chance = Random(f"mails {seed}")
    names = list(zip(chance.sample(_FIRST_NAMES.split(), 24), chance.sample(_LAST_NAMES.split(), 24), strict=True))
    owners = _sent(data) if data is not None else [_made_points(topic, count) for topic in range(8)]
    chance.shuffle(owners)
    texts: list[list[Text]] = []
    for context, domains in enumerate(DOMAINS):
        mine = names[context * READERS_EACH : (context + 1) * READERS_EACH]
        readers = [(f"{first} {last}", f"{first}.{last}@{chance.choice(domains)}".lower()) for first, last in mine]
        groups = [group for owner in owners[2 * context : 2 * context + 2] for group in owner]
        chance.shuffle(groups)
        texts.append([_mail(chance, f"mail {seed} {context} {n}", group, readers) for n, group in enumerate(groups)])
    return _rounds(chance, texts, count)


def _rounds(chance: Random, texts: list[list[Text]], count: int) -> tuple[list[Round], list[list[Case]]]:
    """Contexts come at random, some more often than others; no text comes twice."""
    typical = [[text.case for text in some[:TYPICAL]] for some in texts]
    weights = [1 + chance.random() for _ in texts]
    places = [0] * len(texts)
    rounds: list[Round] = []
    for _ in range(count):
        left = [weight if place < len(some) else 0 for weight, place, some in zip(weights, places, texts, strict=True)]
        context = chance.choices(range(len(texts)), left)[0]
        rounds.append(Round(context, texts[context][places[context]]))
        places[context] += 1
    return rounds, typical


@lru_cache(maxsize=1)
def _news(data: Path) -> list[list[Text]]:
    """By topic, each text once; only those whose words show their topic, for nothing else tells a context."""
    found: dict[str, dict[str, Text]] = {topic: {} for topic in TOPICS}
    with (data / "ranking" / "bbc_news.jsonl").open(encoding="utf-8") as file:
        for number, line in enumerate(file):
            row = json.loads(line)
            title, _, body = row["text"].replace("\u00c2", "").partition("\n")  # of a pound sign that was read wrongly
            sentences = [one for part in body.split("\n") if part.strip() for one in sentences_of(part.strip())]
            if LEAST_SENTENCES <= len(sentences) <= MOST_SENTENCES and all(one[0] != "-" for one in sentences):
                case = Case(source=tuple(sentences), is_mail=False, title=title.strip(), writer=WRITER)
                found[row["topic"]].setdefault(row["text"], Text(f"news {number}", case, body=body.strip()))
    return _plain_ones([list(texts.values()) for texts in found.values()])


def _plain_ones(topics: list[list[Text]], folds: int = 5) -> list[list[Text]]:
    """The texts that a naive Bayes of words, which learned from the other folds, places in their own topic.

    PRELUDE's contexts are five kinds of source, which are told apart without an error.
    """
    words = {text.key: Counter(_words(f"{text.case.title} {text.body}")) for some in topics for text in some}
    kept: list[list[Text]] = [[] for _ in topics]
    for fold in range(folds):
        learned: list[Counter[str]] = [Counter() for _ in topics]
        for counts, some in zip(learned, topics, strict=True):
            for place, text in enumerate(some):
                counts.update(words[text.key] if place % folds != fold else {})
        totals = [sum(counts.values()) + len(counts) for counts in learned]
        for topic, some in enumerate(topics):
            for text in some[fold::folds]:
                scores = [
                    sum(count * log((counts[word] + 1) / total) for word, count in words[text.key].items())
                    for counts, total in zip(learned, totals, strict=True)
                ]
                if scores.index(max(scores)) == topic:
                    kept[topic].append(text)
    return kept


def _words(text: str) -> list[str]:
    return [word for word in re.findall(r"[a-z]+", text.lower()) if len(word) > 3]


def _sent(data: Path) -> list[list[tuple[str, ...]]]:
    """By owner: groups of three to five sentences that one mail says one after another."""
    owners: dict[str, list[tuple[str, ...]]] = {}
    with (data / "mail" / "sent_mails.jsonl").open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            body = row["text"].partition("@subject")[0]
            good = [
                one for part in body.split("\n") for one in sentences_of(re.sub(r"\s+", " ", part)) if _is_point(one)
            ]
            groups = owners.setdefault(row["owner"], [])
            size = 3 + len(groups) % 3
            groups += [tuple(dict.fromkeys(good[start : start + size])) for start in range(0, len(good) - 1, size)][:4]
    return list(owners.values())


def _is_point(sentence: str) -> bool:
    """A whole sentence and nothing else: no header, no list, no greeting or sign-off."""
    words = sentence.split()
    is_whole = 4 <= len(words) <= 32 and bool(re.match(r"[A-Z]", sentence)) and sentence[-1] in ".!?"
    odd = re.search(
        r"[@<>_=*#|\t\[\]]|https?:|--|\?.*\?|\.\.|Phase I|Exhibit I|[^\x20-\x7e]|\d\.\d|:\s*\d\.$|\d\.$", sentence
    )
    return (
        is_whole
        and odd is None
        and not re.match(r"\w+, [A-Z]", sentence)
        and not re.match(r"(hi|hello|dear|hey|thanks|thank you|regards|best)\b", sentence, re.IGNORECASE)
    )


def _mail(chance: Random, key: str, group: Sequence[str], readers: Sequence[tuple[str, str]]) -> Text:
    points = list(group)
    for matter in chance.sample(MATTERS, 2):
        points.insert(chance.randint(0, len(points)), _filled(chance, matter))
    name, address = chance.choice(readers)
    case = Case(source=tuple(points), is_mail=True, reader=name, writer=WRITER)
    return Text(key, case, to=f"{name} <{address}>")


MATTERS = (
    "The next call is on {date} at {time}.",
    "I have moved the visit to {date}.",
    "The contract ends on {date}, and I do not want to renew it.",
    "Delivery is planned for {date} before {time}.",
    "We need {small} copies of the report by {date}.",
    "The van leaves at {time} with {small} people.",
    "My train gets in at {time}, so I will be {small} minutes late.",
    "The estimate came to {large} euros for {small} rooms.",
    "They have ordered {large} units, which is more than I expected.",
    "I am waiting for {small} answers, and it is not clear when they come.",
    "You will receive the papers at {time} on {date}.",
    "The new programme will cost {large} euros.",
    "We are going to organise a visit for {small} customers at {time}.",
    "The centre is closed until {date}.",
    "I don't know yet whether we can come at {time}.",
    "It isn't decided, but they've asked for {large} euros.",
    "Thank you for your help with the {small} reports.",
    "Thanks for the list that you sent at {time}!",
    "That is good news for all {small} offices!",
    "The colour of the {small} labels has been changed!",
)


def _filled(chance: Random, sentence: str) -> str:
    return sentence.format(
        date=f"{chance.choice(MONTHS)} {chance.randint(1, 28)}, {chance.randint(2026, 2027)}",
        time=f"{chance.randint(1, 11)}:{chance.choice(('15', '30', '45'))} {chance.choice(('am', 'pm'))}",
        small=chance.randint(3, 9),
        large=f"{chance.randint(2, 90)},{chance.randint(0, 999):03}",
    )


def made_sentences(seed: int, count: int) -> list[str]:
    """`count` sentences, made up, on one topic after another."""
    return [one for topic in range(count) for one in _made(Random(f"{seed} {topic}"), topic % 5, 8)][:count]


def _made_news(topic: int, number: int) -> Text:
    chance = Random(f"{topic} {number}")
    sentences = list(_made(chance, topic, 14))
    title = f"{chance.choice(_PLACES.split())}: {chance.choice(_THINGS[topic].split(','))} in numbers, part {number}"
    case = Case(source=tuple(sentences), is_mail=False, title=title, writer=WRITER)
    return Text(f"made {topic} {number}", case, body=" ".join(sentences))


def _made_points(topic: int, count: int) -> list[tuple[str, ...]]:
    return [tuple(_made(Random(f"{topic} {number} points"), topic % 5, 3)) for number in range(count + TYPICAL)]


def _made(chance: Random, topic: int, count: int) -> Iterator[str]:
    """Sentences about a topic's things, no two alike."""
    shapes = chance.sample(_SHAPES, count)
    for shape in shapes:
        thing, other = chance.sample(_THINGS[topic].split(","), 2)
        place = chance.choice(_PLACES.split())
        yield _filled(chance, shape.replace("{thing}", thing).replace("{other}", other).replace("{place}", place))


_PLACES = "Aldon Brockhaven Carrow Dunmere Eastwick Fellgate Garston Hollin"
_THINGS = (
    "the merger,the share offer,the bond market,the savings bank,the export order,the price index",
    "the concert,the stage play,the film prize,the singer,the picture show,the comedy",
    "the bill,the coalition,the election date,the committee,the tax vote,the minister",
    "the final,the goalkeeper,the relay team,the stadium,the transfer,the long jump",
    "the browser,the battery,the mobile network,the chip plant,the game console,the search engine",
)
_SHAPES = (
    "People in {place} said that {thing} was worth {large} euros.",
    "A report about {other} in {place} is due on {date}.",
    "Many customers of {thing} did not wait for {small} hours.",
    "The company behind {other} has moved to {place} because of {thing}.",
    "However, {thing} was discussed in {place} until {time}.",
    "About {large} visitors came to {place} and asked for {other}.",
    "There were {small} questions about {thing} and none about {other}.",
    "The group in {place} likes the colour of {thing}.",
    "Last year {other} cost {small} times as much in {place}.",
    "Nobody in {place} had expected {thing} after {other}.",
    "A team of {small} from {place} will organise {thing}.",
    "They are not sure whether {other} helps {place}.",
    "The centre of {place} was closed for {thing} on {date}.",
    "Some say {thing} is likely to end before {other}.",
    "The government has plans for {other} in {place}.",
    "A big change to {thing} was announced in {place} at {time}.",
)
