"""What a model costs is counted whatever becomes of a call, ceilings hold, and the log keeps no secret."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from pydantic import SecretStr

from assistant.clock import FakeClock
from assistant.config.schema import MailSettings, ModelSettings, Settings, TaskSettings, UserSettings
from assistant.engine.contract import (
    Engine,
    Message,
    ModelFailed,
    OutOfBudget,
    Piece,
    Request,
    Task,
    TooLong,
    Usage,
    complete,
)
from assistant.engine.extractive import Extractive
from assistant.ledger.book import Ledger
from assistant.ledger.metered import Errand, metered
from memory.identity import NewItem
from memory.models import Call, Conversation, Spending
from memory.store import calls, conversations, erasing, items, sources
from memory.store.connection import Database
from tests.fakes import FakeEngine

NOW = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
BERLIN = UserSettings(timezone="Europe/Berlin")
ASKED = Request(messages=[Message("system", "Be brief."), Message("user", "How are you?")], max_tokens=10)
"""Nine tokens for the fake engine: a word each and two a message."""


class Books:
    """A ledger over a database, with settings that a test may change."""

    def __init__(self, database: Database, **model: Any) -> None:
        self.database = database
        self.clock = FakeClock(NOW)
        self.settings = Settings(user=BERLIN, model=ModelSettings(engine="local", name="fake", **model))
        self.ledger = Ledger(database, self.clock, lambda: self.settings)

    def metered(
        self, engine: Engine, task: Task, purpose: str, *, turn_id: int | None = None, item_ids: Sequence[int] = ()
    ) -> Engine:
        return metered(engine, self.ledger, Errand(task, purpose, turn_id, tuple(item_ids)))

    def rows(self) -> list[Call]:
        """The oldest first."""
        with self.database.read() as session:
            return [call for call, _ in reversed(calls.recent(session, 100))]

    def spent(self, day: date = date(2026, 11, 20)) -> dict[str, Spending]:
        with self.database.read() as session:
            return calls.spent(session, day)


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


class Ahead(FakeEngine):
    """Reads ahead: all but the first three tokens, in two seconds."""

    def prepare(self, messages: Sequence[Message], session: str) -> Usage | None:
        super().prepare(messages, session)
        tokens = self.count(messages)
        return Usage(prompt_tokens=tokens, prompt_reused=3, new_tokens=0, first_token_s=2, total_s=2)


def test_what_is_read_ahead_counts_for_the_day_and_as_no_call(books: Books) -> None:
    engine = Ahead()
    assert metered(engine, books.ledger, Errand("chat", "ahead")).prepare(ASKED.messages, "conversation-1") is not None
    assert engine.prepared == [(tuple(ASKED.messages), "conversation-1")]
    spent = books.spent()["chat"]
    assert (spent.calls, spent.prompt_tokens, spent.new_tokens, spent.seconds) == (0, 6, 0, 2)
    assert books.rows() == []


def test_a_day_without_room_reads_nothing_ahead_and_tells_nobody(database: Database) -> None:
    books, engine = Books(database, tokens_a_day=8), Ahead()
    assert metered(engine, books.ledger, Errand("chat", "ahead")).prepare(ASKED.messages, "conversation-1") is None
    assert (engine.prepared, books.spent(), books.ledger.refused_today()) == ([], {}, {})


def test_an_engine_that_keeps_nothing_costs_nothing_ahead(books: Books) -> None:
    assert metered(FakeEngine(), books.ledger, Errand("chat", "ahead")).prepare(ASKED.messages, "a") is None
    assert books.spent() == {}


def test_a_reply_is_kept_with_its_prompt_and_counted(books: Books) -> None:
    engine = books.metered(FakeEngine(["Well, thank you."]), "chat", "reply")
    assert complete(engine, ASKED).text == "Well, thank you."
    (call,) = books.rows()
    assert (call.task, call.purpose, call.engine, call.model, call.outcome) == (
        "chat",
        "reply",
        "local",
        "fake",
        "done",
    )
    assert call.messages == [{"role": "system", "text": "Be brief."}, {"role": "user", "text": "How are you?"}]
    assert (call.reply, call.prompt_tokens, call.new_tokens, call.at) == ("Well, thank you.", 9, 3, NOW)
    assert call.sampling["max_tokens"] == 10
    spent = books.spent()["chat"]
    assert (spent.calls, spent.prompt_tokens, spent.new_tokens) == (1, 9, 3)


def test_what_streams_through_is_what_the_engine_wrote(books: Books) -> None:
    engine = FakeEngine(["One two  three."])
    pieces = list(books.metered(engine, "chat", "reply").stream(ASKED))
    assert pieces == list(FakeEngine(["One two  three."]).stream(ASKED))


def test_a_call_is_in_the_log_before_its_reader_has_seen_its_end(books: Books) -> None:
    stream = books.metered(FakeEngine(["A b."]), "chat", "reply").stream(ASKED)
    assert [next(stream).usage is None for _ in range(3)] == [True, True, False]
    assert books.rows()[0].outcome == "done"


def test_a_cancelled_reply_is_cancelled_in_the_engine_and_counted_as_far_as_it_came(books: Books) -> None:
    fake = FakeEngine(["one two three four"])
    stream = books.metered(fake, "chat", "reply").stream(ASKED)
    next(stream)
    next(stream)
    stream.close()  # type: ignore[attr-defined]  # a generator, as every engine's
    assert fake.cancelled == 1
    (call,) = books.rows()
    assert (call.outcome, call.reply.strip(), call.prompt_tokens, call.new_tokens) == ("cancelled", "one two", 9, 2)
    assert books.spent()["chat"].new_tokens == 2


def test_a_call_that_fails_is_kept_with_the_reason(books: Books) -> None:
    engine = books.metered(FakeEngine([ModelFailed("It died.", "Ask again.")]), "digest", "story")
    with pytest.raises(ModelFailed, match="It died"):
        complete(engine, ASKED)
    (call,) = books.rows()
    assert (call.outcome, call.error, call.prompt_tokens) == ("failed", "It died. Ask again.", 0)
    assert books.spent()["digest"].calls == 1


class Uncountable(FakeEngine):
    def count(self, messages: Sequence[Message]) -> int:
        raise ModelFailed("The weights are not there.")


def test_a_model_that_cannot_be_had_leaves_a_failed_call(books: Books) -> None:
    with pytest.raises(ModelFailed):
        complete(books.metered(Uncountable(), "chat", "reply"), ASKED)
    assert [call.error for call in books.rows()] == ["The weights are not there."]


def test_a_reply_that_just_ends_is_a_failure(books: Books) -> None:
    class Broken(FakeEngine):
        def stream(self, request: Request) -> Iterator[Piece]:
            yield Piece("")  # it loads
            yield Piece("half a")

    with pytest.raises(ModelFailed, match="before it was whole"):
        complete(books.metered(Broken(), "chat", "reply"), ASKED)
    (call,) = books.rows()
    assert (call.outcome, call.reply, call.new_tokens) == ("failed", "half a", 1)


def test_a_batch_is_a_row_a_prompt(books: Books) -> None:
    engine = books.metered(FakeEngine(["One.", "Two it is."]), "digest", "story")
    assert [reply.text for reply in engine.batch([ASKED, ASKED])] == ["One.", "Two it is."]
    assert [call.reply for call in books.rows()] == ["One.", "Two it is."]
    spent = books.spent()["digest"]
    assert (spent.calls, spent.prompt_tokens, spent.new_tokens) == (2, 18, 4)


def test_a_batch_that_fails_is_kept_too(books: Books) -> None:
    engine = books.metered(FakeEngine([ModelFailed("No memory.")]), "digest", "story")
    with pytest.raises(ModelFailed):
        engine.batch([ASKED, ASKED])
    assert [call.outcome for call in books.rows()] == ["failed", "failed"]


def test_an_engine_without_a_model_costs_nothing_and_is_not_written_down(books: Books) -> None:
    engine = Extractive()
    assert books.metered(engine, "digest", "story") is engine


# Length


def test_a_prompt_that_does_not_fit_is_refused_before_anything_runs(books: Books) -> None:
    fake = FakeEngine()
    long = Request(messages=[Message("user", "word " * 8192)])
    with pytest.raises(TooLong, match=r"8,194 tokens, and fake takes 8,192"):
        complete(books.metered(fake, "chat", "reply"), long)
    assert not fake.requests
    assert not books.rows()
    assert not books.spent()


class WhileErasing(FakeEngine):
    """Something is erased while it answers for the first time."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database

    def stream(self, request: Request) -> Iterator[Piece]:
        if not self.requests:
            with self._database.write() as session:
                erasing.count_one(session)
        yield from super().stream(request)


def test_an_errand_during_which_something_was_erased_is_counted_and_leaves_no_row(database: Database) -> None:
    """Nor does a second call with the same words, as one for a reply that was not in form."""
    books, engine = Books(database), WhileErasing(database)
    errand = books.metered(engine, "drafts", "learning from an edit")
    complete(errand, ASKED)
    complete(errand, ASKED)
    assert books.spent()["drafts"].calls == 2
    assert not books.rows()
    complete(books.metered(engine, "drafts", "learning from an edit"), ASKED)
    assert len(books.rows()) == 1


# Ceilings


@pytest.mark.parametrize(
    ("model", "task", "is_refused"),
    [
        ({"tokens_a_day": 18}, "chat", True),
        ({"tokens_a_day": 19}, "chat", False),
        ({"tokens_a_day": 0}, "chat", False),
        ({"tokens_a_day": 18, "chat": TaskSettings(tokens_a_day=0)}, "chat", False),
        ({"tokens_a_day": 0, "chat": TaskSettings(tokens_a_day=18)}, "chat", True),
        ({"tokens_a_day": 0, "chat": TaskSettings(tokens_a_day=18)}, "digest", False),
    ],
)
def test_a_call_that_may_pass_the_ceiling_is_refused_with_the_remedy(
    database: Database, model: dict[str, Any], task: Any, is_refused: bool
) -> None:
    """Nine tokens to read and up to ten to write."""
    books, fake = Books(database, **model), FakeEngine()
    engine = books.metered(fake, task, "reply")
    if not is_refused:
        assert complete(engine, ASKED).text
        return
    with pytest.raises(OutOfBudget, match=r"Of the 18 tokens .* 0 are spent, and this may take 19") as refused:
        complete(engine, ASKED)
    assert "tokens_a_day under [model] or [model.chat]" in refused.value.remedy
    assert not fake.requests
    assert not books.rows()


def test_a_batch_that_does_not_fit_into_the_day_is_refused_as_a_whole(database: Database) -> None:
    books, fake = Books(database, tokens_a_day=30), FakeEngine()
    with pytest.raises(OutOfBudget):
        books.metered(fake, "digest", "story").batch([ASKED, ASKED])
    assert not fake.requests


class Slow(FakeEngine):
    """It says that it took a minute."""

    def stream(self, request: Request) -> Iterator[Piece]:
        yield Piece("Done.")
        yield Piece(
            "", Usage(prompt_tokens=9, prompt_reused=0, new_tokens=1, first_token_s=50.0, total_s=60.0)
        )  # fmt: skip


def test_seconds_have_a_ceiling_and_what_a_token_took_today_tells_what_a_call_will_take(database: Database) -> None:
    """After 60 s for 10 tokens the next 19 are taken to need 114 s."""
    books = Books(database, seconds_a_day=170)
    engine = books.metered(Slow(), "chat", "reply")
    complete(engine, ASKED)
    with pytest.raises(OutOfBudget, match=r"Of the 170 seconds .* 60 are spent, and this may take 114"):
        complete(engine, ASKED)


def test_a_new_local_day_counts_anew(database: Database) -> None:
    books = Books(database, tokens_a_day=25)
    engine = books.metered(FakeEngine(["Well, thank you."]), "chat", "reply")
    complete(engine, ASKED)
    with pytest.raises(OutOfBudget):
        complete(engine, ASKED)
    books.clock.advance(timedelta(minutes=31))  # midnight in Berlin, not yet in UTC
    complete(engine, ASKED)
    assert books.spent(date(2026, 11, 21))["chat"].calls == 1


class Waiting(FakeEngine):
    """It begins to write when it is let."""

    def __init__(self, begun: Barrier, go_on: Event) -> None:
        super().__init__(["Yes."])
        self._begun, self._go_on = begun, go_on

    def stream(self, request: Request) -> Iterator[Piece]:
        self._begun.wait(60)
        assert self._go_on.wait(60)
        yield from super().stream(request)


def test_calls_side_by_side_do_not_pass_a_ceiling_together(database: Database) -> None:
    """There is room for two calls and a half; what two that run may cost is set aside."""
    books, begun, go_on = Books(database, tokens_a_day=47), Barrier(3), Event()
    engine = books.metered(Waiting(begun, go_on), "chat", "reply")
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(complete, engine, ASKED) for _ in range(2)]
        begun.wait(60)
        with pytest.raises(OutOfBudget, match="38 are spent"):
            complete(engine, ASKED)
        go_on.set()
        assert [one.result(60).text for one in running] == ["Yes.", "Yes."]
    assert books.spent()["chat"].calls == 2
    complete(books.metered(FakeEngine(), "chat", "reply"), ASKED)


def test_what_was_set_aside_is_free_again_after_a_failure(database: Database) -> None:
    books = Books(database, tokens_a_day=25)
    engine = books.metered(FakeEngine([ModelFailed("It died."), "Yes."]), "chat", "reply")
    with pytest.raises(ModelFailed):
        complete(engine, ASKED)
    assert complete(engine, ASKED).text == "Yes."


# The log


def test_secrets_are_masked_in_prompts_replies_and_errors(books: Books) -> None:
    books.settings = books.settings.model_copy(update={"mail": MailSettings(password=SecretStr("hunter2hunter2"))})
    said = Request(messages=[Message("user", "My password is hunter2hunter2 and ghp_0123456789abcdefghijkl.")])
    fake = FakeEngine(["You said hunter2hunter2.", ModelFailed("Refused: Bearer abcdefghijklmnop")])
    engine = books.metered(fake, "chat", "reply")
    assert complete(engine, said).text == "You said hunter2hunter2."
    with pytest.raises(ModelFailed):
        complete(engine, said)
    done, failed = books.rows()
    assert done.messages[0]["text"] == "My password is *** and ***."
    assert done.reply == "You said ***."
    assert failed.error == "Refused: Bearer ***"
    assert fake.requests[0].messages[0].text == said.messages[0].text


def test_without_a_log_only_the_spending_is_kept(database: Database) -> None:
    books = Books(database, log_days=0)
    complete(books.metered(FakeEngine(), "chat", "reply"), ASKED)
    assert not books.rows()
    assert books.spent()["chat"].calls == 1


def an_item(database: Database) -> int:
    with database.write() as session:
        source = sources.ensure(session, "town", "feeds", NOW)
        assert source.id is not None
        return items.save(session, source.id, [NewItem(external_id="1", text="The ferry sails.")], NOW).new_ids[0]


def test_the_items_of_the_errand_and_of_the_request_are_named(books: Books, database: Database) -> None:
    item_id = an_item(database)
    request = Request(messages=ASKED.messages, item_ids=(item_id,))
    complete(books.metered(FakeEngine(), "digest", "story", item_ids=[item_id]), request)
    assert [call.item_ids for call in books.rows()] == [[item_id]]


def test_what_was_erased_while_a_call_ran_leaves_no_row(books: Books, database: Database) -> None:
    item_id = an_item(database)
    with database.write() as session:
        new = Conversation(title="Greetings", playbook="open", started_at=NOW, last_at=NOW)
        conversation = conversations.start(session, new)
        turn = conversations.add_turn(session, conversation, "Hello", NOW)
        assert turn.id is not None
    about_item: Engine = books.metered(FakeEngine(), "digest", "story", item_ids=[item_id])
    of_turn: Engine = books.metered(FakeEngine(), "chat", "reply", turn_id=turn.id)
    complete(of_turn, ASKED)
    assert len(books.rows()) == 1
    with database.write() as session:
        items.remove(session, [item_id])
        session.delete(session.merge(conversation))
    complete(about_item, ASKED)
    complete(of_turn, ASKED)
    assert not books.rows()
    assert books.spent()["chat"].calls == 2


def test_a_closed_ledger_writes_nothing_more(books: Books) -> None:
    stream = books.metered(FakeEngine(["one two"]), "chat", "reply").stream(ASKED)
    next(stream)
    books.ledger.close()
    assert list(stream)
    assert not books.rows()
    assert not books.spent()
