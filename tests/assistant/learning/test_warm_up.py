"""Warming up from past texts: whose they are, each once, in the context they were written in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant import profile
from assistant.answers.profile import LearnText, LearnTexts
from assistant.errors import BadRequest
from assistant.service import Service
from tests.assistant.learning.teacher import drafted, open_service, values

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = open_service(tmp_path)
    yield service
    service.close()


def own(number: int, *, to: str = "Ann Lee <ann@example.org>", greeting: str = "Hey Ann,") -> LearnText:
    says = ("The boat was late.", "Coffee is on me.", "The pump works again.", "Lunch was good.")[number % 4]
    text = f"{greeting}\n\n{says} See number {number} in the list.\n\nCheers\nAda"
    return LearnText(name=f"{number}.eml", text=text, kind="mail", to=to, at=AT.replace(day=number + 1))


def learn(service: Service, *texts: LearnText) -> tuple[int, int, list[str]]:
    told = profile.learn(service, LearnTexts(texts=list(texts)))
    return told.read, told.lessons, told.skipped


def test_drafts_follow_what_past_mails_have_in_common(service: Service) -> None:
    told = profile.learn(service, LearnTexts(texts=[own(number) for number in range(6)]))
    assert (told.read, told.lessons, told.skipped) == (6, 6, [])
    assert "greeting" in {one.dimension for one in told.preferences}
    text = drafted(service).current.text
    assert text.startswith("Hey Ann,")
    assert text.endswith("Cheers\nAda")


def test_the_same_folder_twice_teaches_nothing_new(service: Service) -> None:
    texts = [own(number) for number in range(3)]
    learn(service, *texts)
    before = profile.export(service).preferences
    read, lessons, skipped = learn(service, *texts)
    assert (read, lessons, len(skipped)) == (3, 0, 3)
    assert "learned from before" in skipped[0]
    assert profile.export(service).preferences == before


def test_one_text_in_two_files_is_learned_from_once(service: Service) -> None:
    copy = own(1).model_copy(update={"name": "copy.eml"})
    assert learn(service, own(1), copy)[1:] == (1, ["copy.eml: the same text stands in another file."])


def test_a_saved_mail_of_somebody_else_is_left_out_and_said(service: Service) -> None:
    theirs = LearnText(
        name="in.txt", text="From: Bo <bo@example.org>\nTo: ada@example.org\nSubject: Hi\n\nYo Ada,\n\nIt rains.\n\nBo"
    )
    mine = LearnText(
        name="out.txt",
        text="From: Ada <ada+x@example.org>\nTo: Bo <bo@example.org>\n\nHey Bo,\n\nIt rains here.\n\nAda",
    )
    assert learn(service, theirs, mine)[1:] == (1, ["in.txt: bo@example.org wrote it, not you."])
    assert values(service, "bo@example.org")["greeting"] == "Hey {first},"


def test_without_an_address_of_the_users_no_saved_mail_is_known_to_be_theirs(tmp_path: Path) -> None:
    from assistant.config.schema import Settings

    service = open_service(tmp_path)
    try:
        service.settings = Settings()
        mail = LearnText(
            name="a.txt", text="From: Bo <bo@example.org>\nTo: c@example.org\n\nYo,\n\nIt rains today.\n\nBo"
        )
        assert "user.email" in learn(service, mail)[2][0]
    finally:
        service.close()


def test_what_a_past_mail_quotes_is_not_the_users(service: Service) -> None:
    text = "Fine with me, thanks.\n\nOn 3 May 2025, Bo wrote:\n> Most honoured Madam,\n>\n> we beg to remain\n"
    learn(service, LearnText(name="re.eml", text=text, kind="mail", to="bo@example.org"))
    assert all("honoured" not in one.value for one in profile.list_preferences(service, with_retired=True))


def test_plain_files_with_a_greeting_are_mails_and_others_documents(service: Service) -> None:
    note = "The harbour was built in 1910. It has two docks.\n\nThe northern one is closed. Boats wait outside."
    learn(
        service,
        LearnText(name="a.txt", text="Hey Ann,\n\nthe boat was late.\n\nCheers\nAda"),
        LearnText(name="b.md", text=note),
    )
    kinds = {one.scope.kind for one in profile.list_preferences(service, with_retired=True)}
    assert {"mail", "document"} <= kinds


@pytest.mark.parametrize("text", ["", "> all of it\n> is quoted\n", "\x00\x01\x02 bytes", "ok"])
def test_what_holds_no_words_of_the_users_is_left_out_and_said(service: Service, text: str) -> None:
    assert learn(service, LearnText(name="x.txt", text=text))[1] == 0


def test_nothing_and_too_much_are_refused(service: Service) -> None:
    with pytest.raises(BadRequest, match="no text"):
        learn(service)
    with pytest.raises(BadRequest, match="characters"):
        learn(service, LearnText(name="x.txt", text="word " * 6_000_000))


def test_lessons_from_past_texts_can_be_undone(service: Service) -> None:
    learn(service, *[own(number) for number in range(3)])
    for _ in range(3):
        profile.undo(service)
    assert profile.list_preferences(service) == []
