"""Nothing that is secret or marked private leaves: in mails, in drafts, in answers to other programs. Canaries tell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from assistant import conversations, deliveries, digests, drafts, facts, memories, privacy
from assistant.answers.chat import Done, Say, Start
from assistant.answers.drafts import NewDraft
from assistant.answers.memory import Filters, Note, Query, SetPrivate
from assistant.api.app import create_app
from assistant.config.schema import MailSettings
from assistant.delivery import answer_letter
from assistant.delivery.mail import compose
from assistant.digest.view import SectionView, Sentence
from assistant.errors import BadRequest, Conflict
from assistant.guests import _masked
from assistant.jobs.runner import Runner
from assistant.withheld import INSTEAD, Withheld, looked_for
from memory.models import Request
from memory.store import private
from memory.store.private import Words
from tests.assistant.private_home import (
    ANN,
    CANARY,
    FACT,
    OWES,
    PRIVATE,
    SECRET,
    Home,
    edit,
    guest,
    private_home,
    publish,
)
from tests.assistant.talking import begin


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with private_home(tmp_path) as home:
        yield home


# What is looked for


WORDS = st.lists(
    st.sampled_from(["biopsy", "shadow", "kronor", "ferry", "quay", "marabel", "the", "of", "a", "on"]), max_size=30
)


def held_of(*texts: str, secrets: frozenset[str] = frozenset()) -> Withheld:
    return Withheld.of(texts, secrets=secrets)


@given(WORDS, WORDS, WORDS)
def test_of_a_private_text_no_five_telling_words_in_a_row_are_left(
    before: list[str], told: list[str], after: list[str]
) -> None:
    held = held_of(" ".join(told))
    masked = held.without(", ".join([*before, *told, *after]))
    assert not held.holds_private(masked)


@pytest.mark.parametrize(
    "text",
    ["A SHADOW, on the left side!", "a\nshadow\non  the\tleft side", "…<b>a</b> shadow on the left side"],
)
def test_case_spacing_and_marks_hide_nothing(text: str) -> None:
    held = held_of("There is a shadow on the left side of it.")
    assert held.holds_private(text)
    assert "shadow" not in held.without(text)


def test_words_that_everybody_says_are_nobodys_secret() -> None:
    held = held_of("It is one of the things that it would be good to have, and the ferry sails.")
    assert not held.holds_private("It is one of the things that he wants.")
    assert not held_of("I would have been with them, said Marabel of the quay.").holds_private(
        "I would have been with them"
    )


@pytest.mark.parametrize(
    "text",
    ["Anna is pregnant.", "My PIN is 4711.", "I have cancer.", "I am diabetic", "I will die.", "4711", "Hunter2hunter2",
     "Epilepsy", "We both had it", "I am going to have a baby.", "Yes, I did have the abortion.", "我怀孕了", "임신했어요"],
)  # fmt: skip
def test_a_text_without_five_telling_words_is_looked_for_as_a_whole(text: str) -> None:
    held = held_of(text)
    assert text not in held.without(f"So: “{text}” And more of that.")
    assert held.holds_private(f"<p>Well, {text.upper()}</p>")
    assert not held.holds_private("I have a ferry to catch, and it will not wait for us both.")


@pytest.mark.parametrize("text", ["", "...", "It is.", "I am", "No", "the", "Yes", "42"])
def test_what_everybody_says_and_single_short_words_stop_no_mail(text: str) -> None:
    assert not held_of(text).runs
    assert not looked_for(Words(titles=("Anna pregnant",), texts=(text or "No",)))


def test_a_title_of_one_word_is_nobodys_secret_and_a_text_of_one_word_is() -> None:
    held = Withheld.of(["Hunter2hunter2"], titles=["Invoice", "Anna pregnant"])
    assert not held.holds_private("The invoice is here.")
    assert held.holds_private("The word is hunter2hunter2!")
    assert held.holds_private("Is Anna pregnant?")


def test_ten_characters_of_chinese_are_a_run(home: Home) -> None:
    held = held_of("上海新建的图书馆下周开放，读者可以免费办理借书证。")
    assert held.holds_private("他说图书馆下周开放，读者可以来。")
    assert not held.holds_private("他说图书馆很大。")


def test_a_short_note_or_fact_stops_a_mail(home: Home) -> None:
    pin = memories.add(home.service, Note(title="Pin", text="Hunter2hunter2")).item_id
    ill = facts.add(home.service, "I have cancer").id
    privacy.set_private(home.service, SetPrivate(items=[pin], facts=[ill]))
    for words in ("It is Hunter2hunter2", "You know that I have cancer, Ann"):
        number = home.drafted(f"Hello Ann,\n\n{words}.\n\nBob")
        with pytest.raises(Conflict, match="marked as private"):
            drafts.send(home.service, number)
    assert home.files() == ""


def test_a_short_private_text_is_found_as_a_whole() -> None:
    held = held_of("Biopsy Quennell")
    assert held.without("About the biopsy, Quennell said no.") == f"About the {INSTEAD} said no."
    assert not held.holds_private("Quennell wrote.")


def test_a_secret_is_masked_wherever_it_stands() -> None:
    held = held_of(secrets=frozenset({SECRET}))
    assert held.without(f"x{SECRET}y") == "x***y"
    beside = held_of("The door is open now, sesame buns are inside", secrets=frozenset({SECRET}))
    assert beside.without(f"The door is {SECRET}.") == "The door is ***."


def test_what_is_escaped_for_a_page_is_found_as_what_it_is() -> None:
    held = held_of("Marabel's doctor's letter's shadow", secrets=frozenset({"it's<me>"}))
    assert held.without("<b>Marabel&#x27;s doctor&#39;s letter&apos;s shadow</b>") == f"<b>{INSTEAD}</b>"
    assert held.without("It is it&#39;s&lt;me&gt;&amp;so") == "It is ***&amp;so"


def test_names_in_json_are_masked_and_those_of_the_api_are_not() -> None:
    held = held_of("There is a shadow on the left side of it.", "status", secrets=frozenset({SECRET}))
    answer = {f"k {SECRET}": 1, "a shadow on the left side": [{"status": "status"}]}
    assert json.loads(_masked(json.dumps(answer), held)) == {"k ***": 1, f"a {INSTEAD}": [{"status": INSTEAD}]}


def test_what_takes_the_place_of_a_private_fact_is_private(home: Home) -> None:
    home.mark()
    corrected = facts.correct(home.service, home.fact, "The user owes Marabel fifty thousand kronor since March.")
    with home.service.database.read() as session:
        assert corrected.id in private.marked(session).facts


def test_what_a_private_fact_took_the_place_of_is_private(home: Home) -> None:
    corrected = facts.correct(home.service, home.fact, "The user owes Marabel nothing now at all.")
    moved = facts.add(home.service, "I live in Porto."), facts.add(home.service, "I live in Graz.")
    privacy.set_private(home.service, SetPrivate(facts=[corrected.id]))
    with guest(home) as client:
        told = client.get("/api/facts", params={"with_superseded": True}).text
        told += client.get("/api/facts/timeline").text
        refused = [client.get(f"/api/facts/{number}/why") for number in (home.fact, corrected.id)]
    assert OWES not in told
    assert "Marabel" not in told
    assert "Porto" in told
    assert [one.status_code for one in refused] == [404, 404]
    privacy.set_private(home.service, SetPrivate(facts=[moved[1].id]))
    assert home.held().marked.facts == {home.fact, corrected.id, *(one.id for one in moved)}


# Drafts


def test_a_draft_takes_nothing_private_whether_named_or_found(home: Home) -> None:
    found = NewDraft(kind="document", query="the biopsy of doctor Quennell")
    assert CANARY in drafts.new(home.service, found).current.text
    home.mark()
    assert CANARY not in drafts.new(home.service, found).current.text
    for named in ({"items": [home.item]}, {"facts": [home.fact]}):
        with pytest.raises(BadRequest, match="as private"):
            drafts.new(home.service, NewDraft(to=[ANN], **named))


@pytest.mark.parametrize(
    "words", [f"I have a {CANARY} side, they say.", f"I owe Marabel {OWES} since March, you know."]
)
def test_a_mail_with_private_words_is_not_sent_until_the_mark_is_gone(home: Home, words: str) -> None:
    home.mark()
    number = home.drafted(f"Hello Ann,\n\n{words}\n\nBob")
    with pytest.raises(Conflict, match="marked as private") as refused:
        drafts.send(home.service, number)
    assert CANARY not in str(refused.value)
    assert home.files() == ""
    home.mark(is_private=False)
    drafts.send(home.service, number)
    assert words.split()[3] in home.files()


# Digests, and answers by mail


def test_what_is_private_is_in_no_digest(home: Home) -> None:
    _, spoken = publish(home)
    assert "Quennell speaks" in [entry.title for entry in digests.preview(home.service).entries]
    privacy.set_private(home.service, SetPrivate(items=[spoken]))
    assert [entry.title for entry in digests.preview(home.service).entries] == ["The harbour"]


def test_what_became_private_after_the_digest_was_built_is_masked_in_its_mail(home: Home) -> None:
    _, spoken = publish(home)
    view = digests._queue(home.service, digests.preview(home.service))
    privacy.set_private(home.service, SetPrivate(items=[spoken]))
    deliveries.deliver_waiting(home.service)
    written = home.files().replace("=\n", "")
    assert view.entries
    assert "Portsmouth" in written
    assert CANARY not in written
    assert "Quennell speaks" not in written


def test_what_a_marked_item_said_before_it_was_edited_is_private_too(home: Home) -> None:
    """In the mail that waits, in the digest as a guest sees it, and in a draft."""
    _, spoken = publish(home)
    digests._queue(home.service, digests.preview(home.service))
    privacy.set_private(home.service, SetPrivate(items=[spoken]))
    edit(home, "Quennell speaks")
    deliveries.deliver_waiting(home.service)
    with guest(home) as client:
        shown, text = client.get("/api/digest/shown").text, client.get("/api/digest/text").text
    for told in (shown, text, home.files().replace("=\n", "")):
        assert CANARY not in told
        assert "Quennell speaks" not in told
        assert "Portsmouth" in told
    assert INSTEAD not in home.files()  # an entry on it is left out whole, in whatever words it tells it
    number = home.drafted(f"Hello Ann,\n\nThey saw a {CANARY} side.\n\nBob")
    with pytest.raises(Conflict, match="marked as private"):
        drafts.send(home.service, number)


def test_a_guest_that_edits_the_digest_takes_out_nothing_that_it_does_not_see(home: Home) -> None:
    _, spoken = publish(home)
    digests._queue(home.service, digests.preview(home.service))
    deliveries.deliver_waiting(home.service)
    privacy.set_private(home.service, SetPrivate(items=[spoken]))
    with guest(home) as client:
        text = client.get("/api/digest/text").json()
        corrected = client.put("/api/digest/text", json=text).json()
    assert corrected["less"] == []
    assert len(digests.show(home.service).entries) == 2


def test_a_mail_in_html_holds_no_private_words_and_no_secret_however_it_is_escaped(home: Home) -> None:
    mail = MailSettings(via="file", password=SecretStr("Portsmouth's <key>"))
    home.service.settings = home.service.settings.model_copy(update={"mail": mail})
    publish(home)
    told = "Portsmouth's <key> hangs at Marabel's uncle's harbour's gate."
    view = digests.preview(home.service)
    entry = replace(view.entries[0], sentences=(Sentence(text=told, citations=(1,)),))
    view = replace(view, sections=(SectionView(key="article", heading="News", entries=(entry,)),))
    held = Withheld.of(["Marabel's uncle's harbour's gate"])
    letter = compose(view, home.service.settings, bytes(32), held)
    for part in letter.message.walk():
        if not part.is_multipart():
            shown = unescape(str(part.get_content()))
            assert "uncle" not in shown
            assert "<key>" not in shown
            assert INSTEAD in shown


def test_an_answer_by_mail_holds_nothing_private(home: Home) -> None:
    home.mark()
    row = Request(
        id=1, key="k", item_id=1, digest_id=1, at=home.service.clock.now(), subject="Re", answer=f"It says: {PRIVATE}"
    )
    letter = answer_letter.compose(row, home.service.settings, bytes(32), home.held())
    assert CANARY not in str(letter.message.get_content())


# Conversations


def test_at_this_machine_private_memories_are_recalled_and_elsewhere_not(home: Home) -> None:
    home.mark()
    asked = "What came back of the biopsy from doctor Quennell, and what do I owe Marabel?"
    begin(home.service, asked)
    here = home.engine.chats[-1]
    assert CANARY in here.messages[-1].text
    assert OWES in "".join(one.text for one in here.messages)
    begin(home.service, asked, origin="v1")
    guest = list(conversations.say(home.service, Say(text=asked, start=Start()), is_guest=True))
    assert isinstance(guest[-1], Done)
    for request in home.engine.chats[-2:]:
        told = "".join(one.text for one in request.messages)
        assert CANARY not in told
        assert OWES not in told
        assert "ferry" in told.casefold()  # what is not private is recalled all the same


# Other programs


def test_no_route_tells_a_guest_what_is_private_or_secret(home: Home) -> None:
    """Every route that reads, after the words have been wherever they can be: rows, drafts, a conversation, the log."""
    begin(home.service, f"Remember this: {PRIVATE} My password is {SECRET}. What of the biopsy of Quennell?")
    home.drafted(f"Hello Ann,\n\nI have a {CANARY} side, they say, and {SECRET}.\n\nBob")
    home.mark()
    with guest(home) as client:
        paths = client.get("/api/openapi.json").json()["paths"]
        told: dict[str, str] = {}
        for path, verbs in paths.items():
            if "get" in verbs:
                filled = path.replace("{kind}", "feeds").replace("{name}", "telos")
                for number in (home.item, home.open, home.fact, 1):
                    url = filled
                    while "{" in url:
                        url = f"{url.partition('{')[0]}{number}{url.partition('}')[2]}"
                    told[url] = client.get(url, params={"query": "biopsy", "with_superseded": True}).text
        search = client.post("/api/memory/search", json={"query": "biopsy Quennell shadow"})
        told["search"] = search.text
    assert [path for path, text in told.items() if CANARY in text or SECRET in text or OWES in text] == []
    assert "ferry" in search.text.casefold()
    assert len(told) > 40


def test_a_guest_may_mark_and_takes_no_mark_away(home: Home) -> None:
    with guest(home) as client:
        assert client.put("/api/memory/private", json={"items": [home.item]}).json()["items"] == [home.item]
        refused = client.put("/api/memory/private", json={"items": [home.item], "is_private": False})
    assert refused.status_code == 400
    assert privacy.list_private(home.service).items == [home.item]


def test_a_guest_is_shown_what_is_marked_as_numbers_alone(home: Home) -> None:
    home.mark()
    with guest(home) as client:
        listed = client.get("/api/memory/private").json()
        answered = client.put("/api/memory/private", json={"items": [home.open]}).json()
    assert (listed["items"], listed["facts"], listed["marks"]) == ([home.item], [home.fact], [])
    assert answered["marks"] == []
    assert [mark.title for mark in privacy.list_private(home.service).marks] == ["Biopsy Quennell", "Ferry", FACT]


def test_our_own_client_on_the_socket_is_shown_everything(home: Home) -> None:
    home.mark()
    with TestClient(create_app(home.service, Runner(home.service))) as client:
        assert CANARY in client.get(f"/api/memory/items/{home.item}").text
    assert memories.search(home.service, Query(query="shadow", filters=Filters())).hits
