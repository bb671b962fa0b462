"""Nothing that is secret or marked private leaves: in mails, in drafts, in answers to other programs. Canaries tell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from assistant import conversations, deliveries, digests, drafts, facts, memories, privacy
from assistant.answers.chat import Done, Say, Start
from assistant.answers.drafts import DraftEdit, NewDraft
from assistant.answers.memory import Filters, Note, Query, SetPrivate
from assistant.api.app import create_app
from assistant.config.schema import MailSettings, SourceSettings, UserSettings
from assistant.delivery import answer_letter
from assistant.errors import BadRequest, Conflict
from assistant.guests import Guests
from assistant.ingest.indexing import Indexing, index_pending
from assistant.jobs.runner import Runner
from assistant.progress import unheard
from assistant.service import Service
from assistant.withheld import INSTEAD, Withheld, withheld
from connectors.feeds import FeedOptions
from memory.identity import NewItem
from memory.models import Request
from memory.store import items, private, sources
from tests.assistant.talking import Talker, begin, talking

PRIVATE = "The biopsy of Tuesday came back from doctor Quennell with a shadow on the left side."
CANARY = "shadow on the left"
FACT = "The user owes Marabel forty thousand kronor since March."
OWES = "forty thousand kronor"
SECRET = "open-sesame-91x"
ANN = "Ann Lee <ann@example.org>"


class Home:
    """A service whose user marked an item and a fact as private; beside them an item that is nobody's secret."""

    def __init__(self, service: Service, engine: Talker) -> None:
        self.service, self.engine = service, engine
        mail = MailSettings(via="file", password=SecretStr(SECRET))
        user = UserSettings(name="Bob Ray", email="bob@example.com", timezone="UTC")
        source = SourceSettings(name="news", kind="feeds", options=FeedOptions(url="https://news.example/feed"))
        service.settings = service.settings.model_copy(update={"user": user, "mail": mail, "sources": (source,)})
        self.item = memories.add(service, Note(title="Biopsy Quennell", text=PRIVATE)).item_id
        self.open = memories.add(
            service, Note(title="Ferry", text="The biopsy ferry of doctor Quennell sails at nine.")
        ).item_id
        self.fact = facts.add(service, FACT).id
        self.index()

    def index(self) -> None:
        service = self.service
        index_pending(Indexing(service.database, service.embedder, service.vectors, service.clock), unheard)

    def mark(self, **wish: Any) -> None:
        privacy.set_private(self.service, SetPrivate(items=[self.item], facts=[self.fact], **wish))

    def held(self) -> Withheld:
        with self.service.database.read() as session:
            return withheld(session, self.service.settings)

    def drafted(self, text: str) -> int:
        """A mail of these words, approved."""
        view = drafts.new(self.service, NewDraft(to=[ANN], points=["we meet at nine"]))
        edit = DraftEdit(version=1, text=text, is_sure=True)
        drafts.edit(self.service, view.line.id, edit)
        drafts.approve(self.service, view.line.id)
        return view.line.id

    def files(self) -> str:
        """All that went into the outbox's files."""
        return "\n".join(path.read_text() for path in self.service.home.outbox.rglob("*") if path.is_file())


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    engine = Talker("So it is.")
    with talking(tmp_path, engine, log_days=7) as service:
        yield Home(service, engine)


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


def test_a_short_private_text_is_found_as_a_whole() -> None:
    held = held_of("Biopsy Quennell")
    assert held.without("About the biopsy, Quennell said no.") == f"About the {INSTEAD} said no."
    assert not held.holds_private("Quennell wrote.")


def test_a_secret_is_masked_wherever_it_stands() -> None:
    held = held_of(secrets=frozenset({SECRET}))
    assert held.without(f"x{SECRET}y") == "x***y"


def test_what_takes_the_place_of_a_private_fact_is_private(home: Home) -> None:
    home.mark()
    corrected = facts.correct(home.service, home.fact, "The user owes Marabel fifty thousand kronor since March.")
    with home.service.database.read() as session:
        assert corrected.id in private.marked(session).facts


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


def publish(home: Home) -> Sequence[int]:
    service = home.service
    now = service.clock.now()
    told = {
        "The harbour": "The harbour of Portsmouth was closed on Monday for three days.",
        "Quennell speaks": f"{PRIVATE} The hospital told nobody else of it so far.",
    }
    with service.database.write() as session:
        source = sources.ensure(session, "news", "feeds", now)
        new = [NewItem(external_id=title, title=title, text=text, published=now) for title, text in told.items()]
        ids = items.save(session, source.id or 0, new, now).new_ids
    home.index()
    return ids


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


def guest(home: Home) -> TestClient:
    return TestClient(Guests(create_app(home.service, Runner(home.service)), home.held))


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


def test_streams_are_masked_line_by_line_and_stay_streams(home: Home) -> None:
    home.mark()
    home.engine._waiting = [f"They found a {CANARY} side, so they say."]
    with guest(home) as client, client.stream("POST", "/api/conversations/say", json={"text": "Well?"}) as answer:
        lines = list(answer.iter_lines())
    done = next(json.loads(line[6:]) for before, line in pairwise(lines) if before == "event: done")
    assert CANARY not in done["turn"]["reply"]
    assert INSTEAD in done["turn"]["reply"]


def test_our_own_client_on_the_socket_is_shown_everything(home: Home) -> None:
    home.mark()
    with TestClient(create_app(home.service, Runner(home.service))) as client:
        assert CANARY in client.get(f"/api/memory/items/{home.item}").text
    assert memories.search(home.service, Query(query="shadow", filters=Filters())).hits
