"""Older databases become present ones with their rows; the rows and the models agree on the schema.

Each migration is tried from a populated database of the one before it. `ROWS` holds a row of every table as the first
schema had it; a migration that adds a table adds its rows here, under its own revision.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel, col, select

import memory.migrations
from memory.migrations import upgrade
from memory.models import Fact, FactEvidence
from memory.store import items
from memory.store.connection import Database

AT = "2026-03-02 08:00:00.000000"
ROWS: dict[str, dict[str, str]] = {
    "0001": {
        "source": f"(id, name, kind, failures, notices, created_at) VALUES (1, 'news', 'feeds', 0, '[]', '{AT}')",
        "story": f"(id, title, started_at, moved_at) VALUES (1, 'Story', '{AT}', '{AT}')",
        "item": "(id, source_id, external_id, generation, kind, thread_id, url, canonical_url, authors, topics, language,"
        " private, published_at, first_seen_at, story_id)"
        f" VALUES (1, 1, 'a', 0, 'article', '', '', '', '[]', '[]', 'en', 0, '{AT}', '{AT}', 1)",
        "version": "(id, item_id, ord, revision, title, text, html, links, digest, seen_at, stage)"
        f" VALUES (1, 1, 0, '', 'Title', 'Text', '', '[]', 'd', '{AT}', 'INDEXED')",
        "chunk": '(id, version_id, ord, start, "end") VALUES (1, 1, 0, 0, 4)',
        "vector": "(chunk_id, embedder, data) VALUES (1, 'e', x'00000000')",
        "digest": "(id, local_date, recipient, run, built_at, since, writer, language, zone, notes, candidates)"
        f" VALUES (1, '2026-03-02', 'a@b.example', 0, '{AT}', '{AT}', 'extractive', 'en', 'UTC', '[]', 1)",
        "entry": "(id, digest_id, number, section, story_id, title, language, sentences, reasons, score, is_unproven,"
        " is_follow_up) VALUES (1, 1, 1, 's', 1, 'Title', 'en', '[]', '[]', 0.5, 0, 0)",
        "entryitem": "(entry_id, item_id, position) VALUES (1, 1, 1)",
        "delivery": f"(id, digest_id, state, attempts, give_up_at, queued_at) VALUES (1, 1, 'SENT', 1, '{AT}', '{AT}')",
        "feedback": f"(id, verb, entry_id, at, origin) VALUES (1, 'MORE', 1, '{AT}', 'cli')",
        "mute": f"(id, kind, value, at, entry_id) VALUES (1, 'WORD', 'golf', '{AT}', 1)",
        "job": "(name, failures) VALUES ('index', 0)",
        "setting": "(name, value) VALUES ('fact', '1')",
        "audit": f"(id, at, event, subject, detail) VALUES (1, '{AT}', 'read', 'news', '{{}}')",
    },
    "0002": {
        "goal": "(id, statement, status, is_standing, created_at, changed_at, closed_by, version, card, turns_used,"
        f" tokens_used) VALUES (1, 'Spring', 'OPEN', 0, '{AT}', '{AT}', '', 1, '{{}}', 0, 0)",
        "conversation": "(id, title, playbook, goal_id, started_at, last_at, origin, head, profile, attachments, summary,"
        f" summarised_to, compactions, is_sensitive) VALUES (1, 'T', 'open', 1, '{AT}', '{AT}', 'cli', '', '[]', '[]', '',"
        " 0, 0, 0)",
        "turn": "(id, conversation_id, number, asked_at, said, state, act, reply, error, citations, context, checks,"
        f" usage, verdict) VALUES (1, 1, 1, '{AT}', 'Hello', 'DONE', '', 'Hi', '', '[]', '{{}}', '[]', '{{}}', '')",
        "goalversion": f"(goal_id, number, at, turn_id, why, card) VALUES (1, 1, '{AT}', 1, '', '{{}}')",
        "goalitem": f"(goal_id, item_id, at, score, reason) VALUES (1, 1, '{AT}', 0.5, 'words')",
        "score": f"(id, goal_id, at, judge, overall, verdicts, dimensions) VALUES (1, 1, '{AT}', 'user', 9, '[]', '{{}}')",
        "fact": '(id, slot, text, quote, turn_id, learned_at, valid_from, "by", used, confirmed, corrected)'
        f" VALUES (1, 'diet', 'T', 'Q', 1, '{AT}', '{AT}', 'rules', 0, 0, 0)",
        "call": "(id, at, task, purpose, engine, model, messages, reply, outcome, error, prompt_tokens, prompt_reused,"
        " new_tokens, first_token_s, total_s, turn_id, item_ids, sampling)"
        f" VALUES (1, '{AT}', 'chat', 'reply', 'local', 'm', '[]', '', 'done', '', 0, 0, 0, 0, 0, 1, '[]', '{{}}')",
        "spending": "(day, task, calls, prompt_tokens, new_tokens, seconds) VALUES ('2026-03-02', 'chat', 1, 1, 1, 1)",
    },
    "0003": {
        "draft": "(id, kind, state, created_at, changed_at, recipients, about, points, item_ids, fact_ids, incoming,"
        " entry_id, turn_id, language, context, embedder)"
        f" VALUES (1, 'MAIL', 'APPROVED', '{AT}', '{AT}', '[]', 'A', '[]', '[1]', '[1]', '{{}}', 1, 1, 'en', '{{}}', '')",
        "draftversion": '(id, draft_id, number, at, "by", subject, text, writer, gaps, used, notes)'
        f" VALUES (1, 1, 1, '{AT}', 'telos', 'S', 'T', 'extractive', '[]', '[]', '[]')",
        "delivery": "(id, draft_id, draft_version, state, attempts, give_up_at, queued_at)"
        f" VALUES (2, 1, 1, 'SENT', 1, '{AT}', '{AT}')",
        "lesson": "(id, at, origin, draft_id, from_version, to_version, cost, words, line, kind, recipient, domain,"
        f" source, language, text, embedder) VALUES (1, '{AT}', 'EDIT', 1, 1, 2, 3, 9, 'L', 'mail', '', '', '', '', '', '')",
        "evidence": '(id, lesson_id, dimension, value, before, is_active, strength, quote_before, quote_after, "by")'
        " VALUES (1, 1, 'greeting', 'Hi', '', 1, 1, '', 'Hi', 'rules')",
        "preference": "(id, dimension, value, kind, recipient, domain, source, is_topical, topic, state, confidence,"
        ' is_pinned, "by", learned_at, changed_at, used)'
        f" VALUES (1, 'greeting', 'Hi', 'mail', '', '', '', 0, '', 'HELD', 0.9, 0, 'evidence', '{AT}', '{AT}', 1)",
        "preferenceevidence": "(preference_id, evidence_id, is_for) VALUES (1, 1, 1)",
        "preferencechange": "(id, preference_id, at, what, before, after, lesson_id)"
        f" VALUES (1, 1, '{AT}', 'learned', '{{}}', '{{}}', 1)",
    },
    "0005": {
        "reply": f"(item_id, draft_id, state, at, version, folder, problem) VALUES (1, 1, 'PLACED', '{AT}', 1, 'Drafts', '')",
        "followup": "(id, item_id, kind, person, quote, due, opened_at, how)"
        f" VALUES (1, 1, 'AWAITS_ME', 'P', 'Q', '2026-03-04', '{AT}', '')",
        "request": '(id, key, item_id, digest_id, state, at, message_id, "references", subject, lines, question, answer,'
        f" tries) VALUES (1, 'k', 1, 1, 'ANSWERED', '{AT}', '<a>', '[]', 'S', '[]', '', 'A', 0)",
        "delivery": f"(id, request_id, state, attempts, give_up_at, queued_at) VALUES (3, 1, 'SENT', 1, '{AT}', '{AT}')",
    },
    "0007": {
        "transition": "(id, turn_id, conversation_id, episode, step, at, fingerprint, model, state, place, noise,"
        " corrections, reward_from, done, is_simulated, weight)"
        f" VALUES (1, 1, 1, 'conversation-1', 1, '{AT}', 'f', 'm', x'00000000', '', 0, 0, '[]', 0, 0, 1)",
    },
    "0008": {"factdoubt": f"(id, fact_id, other_id, at) VALUES (1, 1, 1, '{AT}')"},
    "0009": {"turnvector": "(turn_id, is_reply, embedder, data) VALUES (1, 0, 'e', x'00000000')"},
}


def revisions() -> list[str]:
    scripts = ScriptDirectory(str(Path(memory.migrations.__file__).parent))
    return [script.revision for script in reversed(list(scripts.walk_revisions()))]


def populated(path: Path, revision: str) -> None:
    """A database as it stood at a revision, with a row in each table it then had."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        for step in revisions()[: revisions().index(revision) + 1]:
            upgrade(connection, before=lambda _: None, to=step)
            for table, row in ROWS.get(step, {}).items():
                connection.exec_driver_sql(f"INSERT INTO {table} {row}")
    engine.dispose()


@pytest.mark.parametrize("revision", revisions())
def test_a_database_of_each_older_schema_opens_with_all_its_rows(tmp_path: Path, revision: str) -> None:
    path = tmp_path / "telos.db"
    populated(path, revision)
    database = Database.open(path, backups=tmp_path / "backups")
    assert database.check() == []
    database.close()
    with closing(sqlite3.connect(path)) as connection:
        expected: Counter[str] = Counter()
        for step in revisions()[: revisions().index(revision) + 1]:
            expected.update(ROWS.get(step, {}).keys())
        for table, rows in expected.items():
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (rows,), table
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (revisions()[-1],)
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        assert {"words", "words_leave_with_their_chunk"} <= tables


def test_a_delivery_is_of_a_digest_or_of_a_draft_and_of_each_at_most_one(tmp_path: Path) -> None:
    path = tmp_path / "telos.db"
    populated(path, "0003")
    columns = "(state, attempts, give_up_at, queued_at, digest_id, draft_id)"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        for neither_or_both in ("NULL, NULL", "1, 1"):
            with pytest.raises(sqlite3.IntegrityError, match="one_is_delivered"):
                connection.execute(
                    f"INSERT INTO delivery {columns} VALUES ('SENT', 1, '{AT}', '{AT}', {neither_or_both})"
                )
        for again in ("1, NULL", "NULL, 1"):
            with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
                connection.execute(f"INSERT INTO delivery {columns} VALUES ('SENT', 1, '{AT}', '{AT}', {again})")
        connection.execute("DELETE FROM draft")
        connection.execute("DELETE FROM digest")
        for table in ("delivery", "draftversion"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


def test_items_from_before_they_were_addressed_speak_to_nobody_and_are_by_others(tmp_path: Path) -> None:
    populated(tmp_path / "telos.db", "0003")
    database = Database.open(tmp_path / "telos.db", backups=tmp_path / "backups")
    with database.read() as session:
        (item,) = items.list_items(session)
    database.close()
    assert (item.to_me, item.by_me, item.details) == (False, False, {})


def test_facts_from_before_evidence_rest_on_their_own_words_and_know_until_when_they_held(tmp_path: Path) -> None:
    path = tmp_path / "telos.db"
    populated(path, "0007")
    columns = '(id, slot, text, quote, learned_at, valid_from, "by", superseded_by, used, confirmed, corrected)'
    with closing(sqlite3.connect(path)) as connection:
        later = "2026-05-01 00:00:00.000000"
        connection.execute(
            f"INSERT INTO fact {columns} VALUES (2, 'diet', 'V', 'W', '{AT}', '{later}', 'user', NULL, 0, 0, 0)"
        )
        connection.execute("UPDATE fact SET superseded_by = 2 WHERE id = 1")
        connection.commit()
    database = Database.open(path, backups=tmp_path / "backups")
    with database.read() as session:
        first, second = session.exec(select(Fact).order_by(col(Fact.id))).all()
        rests_on = [(one.fact_id, one.quote, one.turn_id) for one in session.exec(select(FactEvidence))]
        assert rests_on == [(1, "Q", 1), (2, "W", None)]
        assert (first.valid_until, second.valid_until) == (second.valid_from, None)
    database.close()


def test_databases_that_are_made_at_the_same_time_each_get_their_own_tables(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.db" for number in range(4)]
    with ThreadPoolExecutor(len(paths)) as pool:
        for database in pool.map(Database.open, paths):
            assert database.check() == []
            database.close()


@pytest.mark.parametrize("revision", revisions())
def test_an_older_database_is_copied_before_it_is_changed(tmp_path: Path, revision: str) -> None:
    path = tmp_path / "telos.db"
    populated(path, revision)
    Database.open(path, backups=tmp_path / "backups").close()
    copies = [file.name for file in (tmp_path / "backups").glob("*")]
    assert copies == ([] if revision == revisions()[-1] else [f"telos-{revision}.db"])


def test_a_migration_that_fails_changes_nothing_and_leaves_the_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen from outside: a further migration that breaks in its midst, in a folder of its own."""
    folder = tmp_path / "migrations"
    source = Path(memory.migrations.__file__).parent
    (folder / "versions").mkdir(parents=True)
    for name in ("env.py", "script.py.mako"):
        (folder / name).write_text((source / name).read_text())
    for version in (source / "versions").glob("*.py"):
        (folder / "versions" / version.name).write_text(version.read_text())
    (folder / "versions" / "9999_breaks.py").write_text(
        "from alembic import op\n"
        f"revision, down_revision = '9999', '{revisions()[-1]}'\n"
        "def upgrade():\n    op.execute('DELETE FROM setting')\n    op.execute('DROP TABLE nothing')\n"
    )
    path, newest = tmp_path / "telos.db", revisions()[-1]
    Database.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"INSERT INTO setting {ROWS['0001']['setting']}")
        connection.commit()
    monkeypatch.setattr(memory.migrations, "__file__", str(folder / "__init__.py"))
    with pytest.raises(OperationalError, match="nothing"):
        Database.open(path, backups=tmp_path / "backups")
    for file in (path, tmp_path / "backups" / f"telos-{newest}.db"):
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("SELECT count(*) FROM setting").fetchone() == (1,)
            assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (newest,)


def test_the_migrations_make_the_schema_that_the_models_describe(database: Database) -> None:
    with create_engine(f"sqlite:///{database.path}").connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_name": lambda name, kind, _: not (kind == "table" and str(name).startswith("words")),
                "compare_server_default": True,
            },
        )
        assert compare_metadata(context, SQLModel.metadata) == []
