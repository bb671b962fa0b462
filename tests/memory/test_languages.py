"""Languages told by script and common words, and "" where nothing tells."""

from __future__ import annotations

import sys
from subprocess import run

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.languages import common_words, detect


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The government said on Monday that it would not change the law before the summer."),
        ("de", "Die Regierung hat am Montag erklärt, dass sie das Gesetz nicht vor dem Sommer ändern wird."),
        ("fr", "Le gouvernement a annoncé lundi qu'il ne changerait pas la loi avant l'été, selon les médias."),
        ("es", "El gobierno dijo el lunes que no cambiará la ley antes del verano, según los medios."),
        ("it", "Il governo ha detto lunedì che non cambierà la legge prima dell'estate, secondo i media."),
        ("pt", "O governo disse na segunda-feira que não mudará a lei antes do verão, segundo os meios."),
        ("nl", "De regering heeft maandag gezegd dat zij de wet niet voor de zomer zal veranderen."),
        ("sv", "Regeringen sade på måndagen att den inte kommer att ändra lagen före sommaren och att det är bra."),
        ("pl", "Rząd powiedział w poniedziałek, że nie zmieni prawa przed latem i że to jest dobre dla kraju."),
        ("ru", "Правительство заявило в понедельник, что не будет менять закон до лета."),
        ("uk", "Уряд заявив у понеділок, що не змінюватиме закон до літа."),
        ("zh", "政府周一表示，不会在夏天之前修改法律。"),
        ("zh", "OpenAI 周二发布了新的 GPT-5 Turbo 模型，速度更快"),
        ("ja", "政府は月曜日、夏までに法律を変えないと発表した。"),
        ("ko", "정부는 월요일 여름 전에 법을 바꾸지 않겠다고 밝혔다."),
        ("ar", "قالت الحكومة يوم الاثنين إنها لن تغير القانون قبل الصيف"),
        ("ur", "حکومت نے پیر کو کہا کہ وہ گرمیوں سے پہلے قانون نہیں بدلے گی۔"),
        ("el", "Η κυβέρνηση δήλωσε τη Δευτέρα ότι δεν θα αλλάξει τον νόμο."),
        ("hi", "सरकार ने सोमवार को कहा कि वह कानून नहीं बदलेगी।"),
        ("th", "รัฐบาลกล่าวเมื่อวันจันทร์ว่าจะไม่เปลี่ยนกฎหมาย"),
        ("", "GPT-4 vs LLaMA-2: 70B"),
        ("", "12345 67890"),
        ("", ""),
    ],
)
def test_the_language_of_a_text_is_told(language: str, text: str) -> None:
    assert detect(text) == language


@given(st.text(max_size=200))
def test_any_text_has_an_answer(text: str) -> None:
    assert len(detect(text)) in (0, 2)


def test_only_common_words_are_common() -> None:
    assert "the" in common_words("en")
    assert "war" not in common_words("en")
    assert common_words("xx") == frozenset()


def test_nothing_large_is_loaded() -> None:
    """The idle service must stay small, and every item that is read passes here."""
    code = "import sys; from memory.languages import detect; detect('ein Test'); print('numpy' in sys.modules)"
    assert run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"
