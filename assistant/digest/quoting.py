"""What a conversation was about, in its own words: the terms that tell it from others, and the messages that say most.

Pure: it chooses and shortens, and writes nothing of its own. Called by `assistant.digest.missed`.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from assistant.digest.candidates import Article
from assistant.digest.view import Quote
from assistant.engine.sentences import content, covered, is_unspaced, shorten, split, words

MOST_TERMS = 4
MOST_QUOTES = 3
QUOTE_WORDS = 40
SAME = 0.8
_LINK = re.compile(r"https?://\S+")
_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)

Uttered = tuple[Article, str]
"""A message, and who said it."""


def about(texts: Sequence[str], everything: Sequence[str]) -> tuple[str, ...]:
    """The words that are said in several of the texts, or often, and seldom elsewhere; none of a short conversation."""
    if len(texts) < 3:
        return ()
    spread = Counter(word for text in everything for word in _terms(text))
    own = Counter(word for text in texts for word in _terms(text))
    total = len(everything) + len(texts)
    weight = {
        word: count * math.log(total / spread[word])
        for word, count in own.items()
        if count > 1 and len(word) > 2 and not word.isdigit() and not is_unspaced(word)
    }
    best = sorted(weight, key=lambda word: (-weight[word], word))[:MOST_TERMS]
    return tuple(_as_written(word, texts) for word in best if weight[word] > 0)


def quoted(conversation: Sequence[Uttered]) -> tuple[Quote, ...]:
    """In the order in which they were said: what speaks to the user, how it began, and what is nearest to everything, from
    its later half and then from anywhere."""
    every = [_terms(article.text) for article, _ in conversation]
    share = Counter(word for terms in every for word in terms)
    central = [sum(share[word] - 1 for word in terms) / math.sqrt(len(terms) + 4) for terms in every]
    to_me = [place for place, (article, _) in enumerate(conversation) if article.to_me]
    chosen = to_me[-MOST_QUOTES:]
    best_first = sorted(range(len(conversation)), key=lambda place: (-central[place], place))
    late = [place for place in best_first if place >= len(conversation) / 2]
    for place in (0, *late[:1], *best_first):
        if len(chosen) >= MOST_QUOTES:
            break
        is_new = all(covered(every[place], every[other]) < SAME for other in chosen)
        if place not in chosen and is_new and (every[place] or place == 0):
            chosen.append(place)
    return tuple(_quote(conversation[place]) for place in sorted(chosen))


def _quote(said: Uttered) -> Quote:
    article, author = said
    return Quote(
        item_id=article.item_id,
        author=author,
        text=_shortened(article.text),
        url=article.url,
        published=article.published,
        is_to_me=article.to_me,
    )


def _shortened(text: str) -> str:
    """The beginning of a message, its code and long addresses as marks."""
    plain = _LINK.sub(lambda link: _site(link[0]), _CODE.sub("[code]", text))
    flat = " ".join(plain.split())
    sentences = split(flat)
    kept = ""
    for sentence in sentences:
        if kept and len(words(f"{kept} {sentence}")) > QUOTE_WORDS:
            return f"{shorten(kept, QUOTE_WORDS)} …"
        kept = f"{kept} {sentence}".strip()
    return shorten(kept or flat, QUOTE_WORDS)


def _site(link: str) -> str:
    return link if len(link) <= 60 else f"{link.partition('://')[2].partition('/')[0]}/…"


def _terms(text: str) -> frozenset[str]:
    return frozenset(word for word in content(_LINK.sub(" ", _CODE.sub(" ", text))) if len(word) > 1)


def _as_written(word: str, texts: Sequence[str]) -> str:
    """The word with the capitals that it has most often."""
    forms = Counter(found for text in texts for found in re.findall(rf"\b{re.escape(word)}\b", text, re.IGNORECASE))
    return forms.most_common(1)[0][0] if forms else word
