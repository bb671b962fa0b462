"""Full text of the chunks and of what was said: SQLite's FTS5, which knows words, and pairs of characters where a script has no spaces.

Like the vector indexes it can be rebuilt from the rows. A trigger takes a chunk's words away with the chunk, whatever
deletes it. `assistant.ingest.indexing` puts, recall searches, `memory.store.connection` creates, erase rebuilds. With
`connection` this is the only place that knows SQLite.
"""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, text
from sqlmodel import Session

from memory import languages
from memory.models import Turn
from memory.scripts import UNSPACED

TITLE_WEIGHT = 2.0
MOST_TERMS = 32
"""A longer query is cut: each term costs time, and its first words say what it is about."""
FREQUENT = 4000
"""A word that stands in so many chunks takes long to score and tells little beside a rarer one."""

_RUN = re.compile(f"[{UNSPACED}]+")

_TABLES = (
    """
    CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(
        title, body, tokenize = "porter unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'"
    )
    """,
    """
    CREATE TRIGGER IF NOT EXISTS words_leave_with_their_chunk AFTER DELETE ON chunk
    BEGIN DELETE FROM words WHERE rowid = old.id; END
    """,
)
_TURN_TABLES = (
    """
    CREATE VIRTUAL TABLE IF NOT EXISTS words_of_turns USING fts5(
        said, reply, tokenize = "porter unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'"
    )
    """,
    """
    CREATE TRIGGER IF NOT EXISTS words_leave_with_their_turn AFTER DELETE ON turn
    BEGIN DELETE FROM words_of_turns WHERE rowid = old.id; END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS vectors_leave_with_what_was_said AFTER UPDATE OF said, reply, undone_at ON turn
    BEGIN DELETE FROM turnvector WHERE turn_id = old.id; END
    """,
)
_WORDS = ("words", "words_of_turns")
_FILL = """
    INSERT INTO words (rowid, title, body)
    SELECT chunk.id, paired(version.title), paired(substr(version.text, chunk.start + 1, chunk."end" - chunk.start))
    FROM chunk JOIN version ON version.id = chunk.version_id
"""


def create(connection: Connection) -> None:
    """Make the tables that are not there yet. Where SQLite can, words that are deleted leave no trace in the index."""
    for statement in (*_TABLES, *_TURN_TABLES):
        connection.exec_driver_sql(statement)
    if has_secure_delete():
        for table in _WORDS:
            connection.exec_driver_sql(f"INSERT INTO {table} ({table}, rank) VALUES ('secure-delete', 1)")  # noqa: S608


def is_created(connection: Connection) -> bool:
    """Whether `create` would do nothing. It only reads."""
    wanted = set(re.findall(r"IF NOT EXISTS (\w+)", " ".join((*_TABLES, *_TURN_TABLES))))
    there = {str(row[0]) for row in connection.exec_driver_sql("SELECT name FROM sqlite_master")}
    return wanted <= there and (not has_secure_delete() or all(_deletes_securely(connection, name) for name in _WORDS))


def _deletes_securely(connection: Connection, table: str) -> bool:
    query = f"SELECT 1 FROM {table}_config WHERE k = 'secure-delete' AND v = 1"  # noqa: S608 - a name of ours
    return connection.exec_driver_sql(query).first() is not None


def has_secure_delete() -> bool:
    """Whether deleting suffices to erase; if not, only `rebuild` does."""
    return sqlite3.sqlite_version_info >= (3, 42, 0)


def teach(connection: sqlite3.Connection) -> None:
    """Give a new connection the function that the statements here use."""
    connection.create_function("paired", 1, paired, deterministic=True)


def put(session: Session, version_ids: Collection[int]) -> None:
    """Index the chunks of these versions, in place of what was there of them."""
    chosen = {"versions": json.dumps(list(version_ids))}
    of_versions = "chunk.version_id IN (SELECT value FROM json_each(:versions))"
    connection = session.connection()
    connection.execute(
        text(f"DELETE FROM words WHERE rowid IN (SELECT chunk.id FROM chunk WHERE {of_versions})"),  # noqa: S608
        chosen,
    )
    connection.execute(text(f"{_FILL} WHERE {of_versions}"), chosen)


def rebuild(session: Session) -> None:
    """Make the index anew from the rows, so that nothing is left in it of what they no longer hold."""
    connection = session.connection()
    connection.exec_driver_sql("DROP TABLE words")
    connection.exec_driver_sql("DROP TABLE words_of_turns")
    create(connection)
    connection.execute(text(f"{_FILL} WHERE version.stage != 'STORED'"))
    connection.execute(
        text(
            "INSERT INTO words_of_turns (rowid, said, reply) "
            "SELECT id, paired(said), paired(reply) FROM turn WHERE undone_at IS NULL"
        )
    )


def put_turn(session: Session, turn: Turn) -> None:
    """Index what a turn holds now."""
    remove_turn(session, turn)
    session.connection().execute(
        text("INSERT INTO words_of_turns (rowid, said, reply) VALUES (:id, paired(:said), paired(:reply))"),
        {"id": turn.id, "said": turn.said, "reply": turn.reply},
    )


def remove_turn(session: Session, turn: Turn) -> None:
    session.connection().execute(text("DELETE FROM words_of_turns WHERE rowid = :id"), {"id": turn.id})


def search_turns(session: Session, query: str, limit: int) -> list[tuple[int, float]]:
    """The turns that hold words of the query, the best first, as (turn id, BM25 score, greater is better)."""
    wanted = terms(query)
    if not wanted:
        return []
    found = session.connection().execute(
        text(
            "SELECT rowid, -bm25(words_of_turns) AS score FROM words_of_turns "
            "WHERE words_of_turns MATCH :terms ORDER BY score DESC LIMIT :limit"
        ),
        {"terms": " OR ".join(wanted), "limit": limit},
    )
    return [(row[0], row[1]) for row in found]


def search(
    session: Session, query: str, limit: int, allowed_ids: Collection[int] | None = None
) -> list[tuple[int, float]]:
    """The chunks that hold words of the query, the best first, as (chunk id, BM25 score, greater is better).

    With `allowed_ids` only those chunks are considered. (The plus keeps SQLite from asking the index for one at a time.)
    """
    return best(session, telling(session, query), limit, allowed_ids)


def telling(session: Session, query: str) -> list[str]:
    """The terms of a query that chunks are looked up by: without those that are frequent here, such as "model" among
    papers, unless there are no others."""
    wanted = terms(query)
    if len(wanted) < 2:
        return wanted
    up_to = text("SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH :term LIMIT :frequent)")
    connection = session.connection()
    counts = {term: connection.scalar(up_to, {"term": term, "frequent": FREQUENT}) or 0 for term in wanted}
    return [term for term in wanted if 0 < counts[term] < FREQUENT] or wanted


def best(
    session: Session, wanted: Sequence[str], limit: int, allowed_ids: Collection[int] | None = None
) -> list[tuple[int, float]]:
    """As `search`, for terms that are chosen already."""
    if not wanted:
        return []
    among = "" if allowed_ids is None else "AND +rowid IN (SELECT value FROM json_each(:allowed))"
    found = session.connection().execute(
        text(
            f"SELECT rowid, -bm25(words, {TITLE_WEIGHT}, 1.0) AS score FROM words "  # noqa: S608
            f"WHERE words MATCH :terms {among} ORDER BY score DESC LIMIT :limit"
        ),
        {
            "terms": " OR ".join(wanted),
            "limit": limit,
            **({} if allowed_ids is None else {"allowed": json.dumps([int(chunk_id) for chunk_id in allowed_ids])}),
        },
    )
    return [(row[0], row[1]) for row in found]


def holders(session: Session, wanted: Sequence[str], most: int) -> dict[str, frozenset[int]]:
    """For each of these terms that no more than `most` chunks hold: those chunks."""
    chosen = text("SELECT rowid FROM words WHERE words MATCH :term LIMIT :limit")
    connection = session.connection()
    found = {term: frozenset(connection.scalars(chosen, {"term": term, "limit": most + 1}).all()) for term in wanted}
    return {term: chunk_ids for term, chunk_ids in found.items() if 0 < len(chunk_ids) <= most}


def terms(query: str) -> list[str]:
    """What FTS5 is asked for: the query's words, each quoted, without the common ones unless it has no others."""
    words = list(dict.fromkeys(_words(query)))
    common = languages.common_words(languages.detect(query) or "en")
    telling = [word for word in words if word not in common] or words
    return [_quoted(word) for word in telling[:MOST_TERMS]]


def scores(session: Session, wanted: Sequence[str], chunk_ids: Collection[int]) -> dict[str, dict[int, float]]:
    """The BM25 score of each term alone in each of these chunks that holds it."""
    among = json.dumps([int(chunk_id) for chunk_id in chunk_ids])
    chosen = text(
        f"SELECT rowid, -bm25(words, {TITLE_WEIGHT}, 1.0) FROM words "  # noqa: S608
        "WHERE words MATCH :term AND +rowid IN (SELECT value FROM json_each(:among))"
    )
    connection = session.connection()
    return {
        term: {row[0]: row[1] for row in connection.execute(chosen, {"term": term, "among": among})} for term in wanted
    }


def scores_of_turns(session: Session, wanted: Sequence[str], turn_ids: Collection[int]) -> dict[str, dict[int, float]]:
    """The BM25 score of each term alone in each side of these turns: what was said under `2 * id`, the reply under the next."""
    among = json.dumps(sorted(turn_ids))
    chosen = text(
        "SELECT rowid, -bm25(words_of_turns, 1.0, 0.0), -bm25(words_of_turns, 0.0, 1.0) FROM words_of_turns "
        "WHERE words_of_turns MATCH :term AND +rowid IN (SELECT value FROM json_each(:among))"
    )
    found: dict[str, dict[int, float]] = {}
    for term in wanted:
        rows = session.connection().execute(chosen, {"term": term, "among": among}).all()
        found[term] = {2 * row[0] + side: row[1 + side] for row in rows for side in (0, 1) if row[1 + side] > 0}
    return found


def paired(written: str) -> str:
    """The text as it is indexed: a run without spaces becomes its overlapping pairs of characters.

    The last character follows alone, so that each character of the run begins some word and is found by itself.
    """
    return written if written.isascii() else _RUN.sub(lambda run: f" {' '.join(_pairs(run[0]))} {run[0][-1]} ", written)


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]


def _words(query: str) -> list[str]:
    """Lower-case words of a query, pairs of characters where it has no spaces."""
    apart = _RUN.sub(lambda run: f" {' '.join(_pairs(run[0]) or [run[0]])} ", query)
    return "".join(char if unicodedata.category(char)[0] in "LNM" else " " for char in apart).lower().split()


def _quoted(word: str) -> str:
    """A lone character of a script without spaces stands for all pairs that begin with it."""
    return f'"{word}"*' if len(word) == 1 and _RUN.fullmatch(word) else f'"{word}"'
