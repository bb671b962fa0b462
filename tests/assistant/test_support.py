"""A sentence stands only if its sources name what it names: numbers, dates, names, quotations, in the languages people read."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.brief import Brief, Passage
from assistant.engine.extractive import Extractive
from assistant.engine.support.check import Source, missing
from assistant.engine.support.inflection import same_word
from connectors.reading.documents import read
from memory.languages import detect

ENGLISH = (
    "Ferry to run all winter. The council of Norden voted 7 to 2 on 20 November 2026 to keep the ferry to Baltrum running, "
    "said Mayor Ada Lindqvist. It will cost 3.5 million euros a year, about 12% more than in 2024, according to the European "
    "Union's transport agency. “We could not leave the islanders alone,” she said. The H200 engine, built by Rolls-Royce in "
    "the United States, was chosen on Tuesday. Shares of BMW AG rose. Thousands of passengers (3,200 a day) use it. OpenAI "
    "released GPT-4 in March 2023. More at https://norden.example/ferry."
)
GERMAN = (
    "Die Fähre fährt den ganzen Winter. Der Stadtrat von Norden stimmte am 20. November mit sieben zu zwei Stimmen dafür, die "
    "Fähre nach Baltrum weiter zu betreiben, sagte Bürgermeisterin Ada Lindqvist. Die Kosten betragen 3,5 Millionen Euro im "
    "Jahr. Die Regierung beschließt das Gesetz am Dienstag."
)
FRENCH = (
    "Le conseil municipal de Nantes a voté le 20 novembre. L'Europe paiera 12 % du coût, soit trois millions d'euros, selon la "
    "maire Jeanne Dupont."
)
SPANISH = "El alcalde de Sevilla anunció el 3 de mayo que el puente costará 1.250 millones de euros y abrirá en 2027."
RUSSIAN = (
    "Президент Владимир Путин встретился с канцлером Германии в Москве 20 ноября. Проект стоит 3,5 миллиарда рублей."
)
CHINESE = (
    "潮汐能试验开始。11月20日，国家主席习近平在北京宣布，潮汐发电站将于2026年投产，投资3.5亿元。专家张伟明表示欢迎。"
)
JAPANESE = "東京都は11月20日、新しいフェリーを2026年に運航すると発表した。費用は3億円。"

BORNE_OUT = {
    "en": (
        ENGLISH,
        [
            "The Norden council voted to keep the ferry running all winter.",
            "Mayor Ada Lindqvist said the ferry will cost €3,500,000 a year.",
            "Seven members of the council voted for the ferry and two against.",
            "The vote of the council was on November 20.",
            "The vote of the council was on 2026-11-20.",
            "In November 2026 the council voted for the ferry.",
            "The EU agency says it will cost 12 percent more than in 2024.",
            "The US engine was chosen on Tuesday.",
            "Researchers say the ferry will run all winter.",
            "“We could not leave the islanders alone,” the mayor said.",
            "BMW's shares rose.",
            "Thousands of passengers use the ferry each day.",
            "OpenAI's GPT-4 was released in March 2023.",
            "More on the ferry stands at https://norden.example/ferry.",
        ],
    ),
    "de": (
        GERMAN,
        [
            "Der Stadtrat beschloss, die Fährverbindung weiter zu betreiben.",
            "Die Kosten liegen bei 3.500.000 Euro im Jahr.",
            "7 Stimmen waren dafür, 2 dagegen.",
            "Am 20.11. stimmte der Stadtrat von Norden dafür.",
            "Die Fähre nach Baltrum wird den Winter über weiter betrieben.",
        ],
    ),
    "fr": (
        FRENCH,
        [
            "La maire, Jeanne Dupont, annonce que l’Europe paiera 12 pour cent du coût.",
            "Le coût est de 3 millions d'euros.",
            "Selon la maire, le conseil de Nantes a voté le 20 novembre.",
        ],
    ),
    "es": (
        SPANISH,
        [
            "El puente de Sevilla costará 1250 millones de euros.",
            "El puente abrirá en 2027, anunció el alcalde el 3 de mayo.",
        ],
    ),
    "ru": (RUSSIAN, ["Путина в Москве встретил канцлер Германии.", "Проект стоит 3,5 млрд рублей."]),
    "zh": (CHINESE, ["潮汐发电站将于2026年投产。", "投资为35000万元。", "专家张伟明欢迎潮汐能试验。"]),
    "ja": (JAPANESE, ["新しいフェリーは2026年に運航する。", "11月20日に東京都が発表した。"]),
}

NOT_BORNE_OUT = {
    "en": (
        ENGLISH,
        [
            ("Mayor Ada Lindquist said the ferry will run.", "Lindquist"),
            ("The ferry will cost 3.6 million euros.", "3.6 million"),
            ("The ferry will cost 3.5 billion euros.", "3.5 billion"),
            ("The vote was on November 21.", "November 21."),
            ("The council voted on 20 December.", "20 December"),
            ("In November 2025 the council voted for the ferry.", "2025"),
            ("In 2025 it cost less.", "2025"),
            ("The US engine was chosen on Wednesday.", "wednesday"),
            ("Merkel said the ferry will keep running all winter.", "Merkel"),
            ("The ferry, said Angela Merkel, will keep running.", "Angela"),
            (
                "“We will never leave the islanders alone,” the mayor said.",
                "“We will never leave the islanders alone,”",
            ),
            ("GPT-5 was released by OpenAI in March 2023.", "GPT-5"),
            ("GPT-4 was released by OpenAI in March 2024.", "March 2024"),
            ("The H100 engine was chosen.", "H100"),
            ("The ferry runs all winter; see https://evil.example now.", "https://evil.example"),
            ("The ferry will cost half as much.", "half"),
            ("More than 3,000 passengers use the ferry.", "3,000"),
            ("NATO keeps the ferry running.", "NATO"),
            ("xq lorem blah dolor", "xq lorem blah dolor"),
            ("Here is a summary of the article.", "Here is a summary of the article."),
            ("...", "..."),
        ],
    ),
    "de": (
        GERMAN,
        [
            ("Merkel lobte die Fähre der Regierung.", "Merkel"),
            ("Die Regierung von Bayern beschließt das Gesetz.", "Bayern"),
            ("Am 21. November stimmte der Stadtrat ab.", "21. November"),
            ("Am Mittwoch beschließt die Regierung das Gesetz.", "mittwoch"),
            ("Die Kosten betragen vier Millionen Euro.", "vier Millionen"),
        ],
    ),
    "fr": (
        FRENCH,
        [
            ("Le conseil de Lyon a voté.", "Lyon"),
            ("Le vote a eu lieu le 21 novembre.", "21 novembre."),
            ("Le coût est de quatre millions d'euros.", "quatre millions"),
        ],
    ),
    "es": (SPANISH, [("El puente costará 1.350 millones de euros.", "1.350 millones")]),
    "ru": (
        RUSSIAN,
        [("Байден встретился с канцлером в Москве.", "Байден"), ("Проект стоит 3,5 млн рублей.", "3,5 млн")],
    ),
    "zh": (
        CHINESE,
        [
            ("李克强宣布潮汐发电站投产。", "李克强宣布潮汐发电站投产"),
            ("投资为4亿元。", "4亿"),
            ("今天天气很好，股市大幅上涨。", "今天天气很好"),
        ],
    ),
    "ja": (JAPANESE, [("新しいロケットは2026年に運航する。", "ロケット"), ("費用は4億円。", "4億")]),
}


@pytest.mark.parametrize(
    ("language", "text", "sentence"),
    [(code, text, one) for code, (text, sentences) in BORNE_OUT.items() for one in sentences],
)
def test_what_the_source_says_in_other_words_stands(language: str, text: str, sentence: str) -> None:
    assert missing(sentence, [Source(text, language)], language) == []


@pytest.mark.parametrize(
    ("language", "text", "sentence", "why"),
    [(code, text, *one) for code, (text, sentences) in NOT_BORNE_OUT.items() for one in sentences],
)
def test_what_the_source_does_not_name_is_told(language: str, text: str, sentence: str, why: str) -> None:
    found = missing(sentence, [Source(text, language)], language)
    assert any(why in one for one in found), found


def test_what_one_of_several_sources_says_is_borne_out() -> None:
    sources = [Source("The ferry of Norden sails.", "en"), Source("It costs 12 euros.", "en")]
    assert missing("The ferry of Norden costs 12 euros.", sources, "en") == []
    assert missing("The ferry of Norden costs 12 euros.", sources[:1], "en") != []


def test_nothing_is_borne_out_by_nothing() -> None:
    assert missing("The ferry sails.", []) == ["The ferry sails."]


@pytest.mark.parametrize(
    ("word", "other", "language", "expected"),
    [
        ("germany", "german", "en", True),
        ("iran", "iranian", "en", True),
        ("peterson", "peters", "en", False),
        ("johnson", "johnston", "en", False),
        ("austria", "australia", "en", False),
        ("путину", "путин", "ru", True),
        ("ankara", "ankarada", "tr", True),
        ("fährverbindung", "fähre", "de", True),
        ("merkel", "merkmal", "de", False),
        ("the", "then", "en", False),
    ],
)
def test_forms_of_a_word_are_told_from_other_words(word: str, other: str, language: str, expected: bool) -> None:
    assert same_word(word, other, language) is expected


@given(st.text(max_size=80), st.text(max_size=200), st.sampled_from(["en", "de", "ru", "zh", "ar", ""]))
def test_any_texts_can_be_compared(sentence: str, text: str, language: str) -> None:
    missing(sentence, [Source(text, language)], language)


@pytest.mark.integration
def test_of_real_items_their_own_sentences_stand_and_changed_or_strange_ones_do_not(shared_data: Path) -> None:
    """Of sentences taken from an item all stand; of those with a number changed, or taken from another item, nearly none."""
    random_ = random.Random(0)
    texts = [text for path in sorted((shared_data / "feeds" / "publishers").glob("*.xml")) for text in _texts(path)]
    assert len(texts) > 60
    own: list[bool] = []
    changed: list[bool] = []
    strange: list[bool] = []
    for text in texts:
        language = detect(text)
        brief = Brief(title="", passages=[Passage(1, "", text, language)], max_words=80)
        other = random_.choice([one for one in texts if one != text])
        for claim in Extractive().summarise(brief):
            own.append(not missing(claim.text, [Source(text, language)], language))
            strange.append(not missing(claim.text, [Source(other, detect(other))], language))
            if re.search(r"\d", claim.text):
                wrong = re.sub(r"\d+", lambda found: found[0] + "7", claim.text, count=1)
                changed.append(not missing(wrong, [Source(text, language)], language))
    assert all(own)
    assert sum(strange) <= 0.02 * len(strange)
    assert sum(changed) <= 0.05 * len(changed)


def _texts(path: Path) -> list[str]:
    return [item.text for item in read(path.read_bytes(), {}, "").items if len(item.text) > 120]
