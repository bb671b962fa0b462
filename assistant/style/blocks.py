"""The body of a text as blocks: paragraphs of sentences, lists, headings, and what is kept as it stands.

Pure. It knows no greeting and no closing: `assistant.style.piece` takes those off first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from assistant.style.quoted import is_quotation, is_quoted
from assistant.style.splitting import MONTH, join, sentences, single_spaced

BlockKind = Literal["prose", "bullets", "numbered", "heading", "verbatim"]


@dataclass(frozen=True, slots=True)
class Block:
    """`parts` are the sentences of a paragraph, the items of a list, the one line of a heading, the lines of what is kept
    as it stands (code, tables, quotations that are answered). An item may hold the lines of a list of its own."""

    kind: BlockKind
    parts: tuple[str, ...]
    marker: str = ""
    """Of a list's first item, where it is not the usual `-` or `1.`: `*`, `3.`, `a)`."""


_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+\S")
_BULLET = re.compile(r"^(?P<indent>\s*)(?P<marker>[-*•‣◦·▪–+])[ \t]+(?P<item>\S.*)$")
_NUMBER = re.compile(r"^(?P<indent>\s*)(?P<marker>\(?(?:\d{1,3}|[a-zA-Z])\)|\d{1,3}\.)[ \t]+(?P<item>\S.*)$")
_MARKER = re.compile(r"(\(?)(\d+|[a-zA-Z])([.)])")
_RULE = re.compile(r"^\s*(?:(?:[-*_=~#][ \t]*){3,})$")
_FENCE = re.compile(r"^\s{0,3}(```|~~~)")
_TABLE = re.compile(r"^\s*\|.*\|\s*$|^[^\t]*\S\t+\S[^\t]*\t+\S")
_CODE = re.compile(r"[{}\\=;<>]|\(\)|^\s+(?:def|class|import|from|return|for|if|\$|>>>)\b")
_INDENTED = re.compile(r"^(?: {4}|\t)")
_ENDS = re.compile(r"[.!?…:;,。！？؟][\"'”’»)\]]*$")
_LABELLED = re.compile(r"^\S[^:]{0,24}:\s+\S")
_LONGEST_LINE = 50
"""Lines below it were broken by the writer's own hand."""
_TITLE_WORDS = 12
_USUAL = {"bullets": "-", "numbered": "1."}
"""How a list is marked."""


def parse_blocks(text: str, *, may_have_titles: bool) -> tuple[Block, ...]:
    """`text` has `\\n` alone. `may_have_titles`: a short line that ends in no mark and stands alone heads what follows."""
    blocks = list(joined(_blocks(text.split("\n"))))
    if may_have_titles:
        for number, block in enumerate(blocks[:-1]):
            if block.kind == "prose" and _is_title(block.parts):
                blocks[number] = Block("heading", block.parts)
    return tuple(blocks)


def render_blocks(blocks: Sequence[Block]) -> str:
    text = ""
    for number, block in enumerate(blocks):
        if number:
            above = blocks[number - 1]
            leads = above.kind == "prose" and above.parts[-1:] and above.parts[-1].endswith(":")
            text += "\n" if leads and block.kind in ("bullets", "numbered") else "\n\n"
        text += _rendered(block)
    return text


def marker(first: str, number: int) -> str:
    """The marker `number` places after `first`: `a)` goes on with `b)`, `9.` with `10.`, a bullet with itself."""
    found = _MARKER.fullmatch(first)
    if not found or not number:
        return first
    opening, start, closing = found.groups()
    following = str(int(start) + number) if start.isdigit() else chr(ord(start) + number)
    return f"{opening}{following}{closing}"


def _rendered(block: Block) -> str:
    match block.kind:
        case "prose":
            return join(block.parts)
        case "bullets" | "numbered":
            first = _marker_of(block)
            return "\n".join(f"{marker(first, number)} {item}" for number, item in enumerate(block.parts))
        case _:
            return "\n".join(block.parts)


def _blocks(lines: list[str]) -> Iterator[Block]:
    """Line by line: each kind takes the lines that are its own."""
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
            continue
        taker = next((take for is_its, take in _TAKERS if is_its(lines, at)), _take_paragraph)
        block, at = taker(lines, at)
        yield block


def _take_fence(lines: list[str], at: int) -> tuple[Block, int]:
    opened = _FENCE.match(lines[at])
    fence = opened[1] if opened else "```"
    end = next((n for n in range(at + 1, len(lines)) if lines[n].strip().startswith(fence)), None)
    if end is None:
        end = next((n for n in range(at, len(lines)) if not lines[n].strip()), len(lines)) - 1
    return Block("verbatim", _kept(lines[at : end + 1])), end + 1


def _take_quotation(lines: list[str], at: int) -> tuple[Block, int]:
    """The marked lines, with the line above them that says whose they are."""
    start = at
    while not is_quoted(lines[start]):
        start += 1
    marked, end = _take_run(lines, start, is_quoted)
    return replace(marked, parts=_kept([line for line in lines[at:start] if line.strip()]) + marked.parts), end


def _take_table(lines: list[str], at: int) -> tuple[Block, int]:
    return _take_run(lines, at, lambda line: bool(_TABLE.match(line)))


def _take_code(lines: list[str], at: int) -> tuple[Block, int]:
    return _take_run(lines, at, lambda line: bool(_INDENTED.match(line)))


def _take_rule(lines: list[str], at: int) -> tuple[Block, int]:
    return Block("verbatim", (lines[at].strip(),)), at + 1


def _take_heading(lines: list[str], at: int) -> tuple[Block, int]:
    return Block("heading", (single_spaced(lines[at]),)), at + 1


def _take_run(lines: list[str], at: int, is_its: Callable[[str], bool]) -> tuple[Block, int]:
    end = at
    while end < len(lines) and lines[end].strip() and is_its(lines[end]):
        end += 1
    return Block("verbatim", _kept(lines[at:end])), end


def _take_item(lines: list[str], at: int) -> tuple[Block, int]:
    """One item with the lines that go on with it: a block of its own until `joined` puts the list together."""
    found = _item(lines[at])
    assert found is not None
    indent = len(found["indent"].expandtabs(4))
    item = single_spaced(found["item"])
    end = at + 1
    while end < len(lines) and lines[end].strip():
        line = lines[end]
        inner = _item(line)
        depth = len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())
        if inner:
            if depth < indent + 2:
                break
            item += f"\n  {inner['marker']} {single_spaced(inner['item'])}"
        elif (depth >= indent + 2 and not _starts_other(lines, end)) or (
            line.strip()[:1].islower() and not _ENDS.search(item) and not _starts_other(lines, end)
        ):
            item += " " + single_spaced(line)
        else:
            break
        end += 1
    kind: BlockKind = "numbered" if found.re is _NUMBER else "bullets"
    return Block(kind, (item,), found["marker"]), end


def _take_paragraph(lines: list[str], at: int) -> tuple[Block, int]:
    end = at + 1
    while end < len(lines) and lines[end].strip() and not _starts_other(lines, end):
        end += 1
    taken = [line.strip() for line in lines[at:end]]
    if _is_broken_by_hand(taken):
        return Block("verbatim", tuple(taken)), end
    return Block("prose", tuple(sentences(" ".join(taken)))), end


def _item(line: str) -> re.Match[str] | None:
    if _RULE.match(line):
        return None
    found = _BULLET.match(line) or _NUMBER.match(line)
    if found and found.re is _NUMBER and MONTH.match(found["item"]):
        return None
    return found


def _is_list(lines: list[str], at: int) -> bool:
    """A number alone makes no list: it starts at the beginning, or another follows."""
    found = _item(lines[at])
    if not found:
        return False
    if found.re is _BULLET or found["marker"].strip("().").casefold() in ("1", "a", "i"):
        return True
    following = marker(found["marker"], 1)
    before = [line for line in lines[max(0, at - 12) : at] if line.strip()]
    after = [line for line in lines[at + 1 : at + 12] if line.strip()]
    return any(_carries(line, following) for line in after) or any(
        _item(line) and _follows(line, found["marker"]) for line in before
    )


def _carries(line: str, wanted: str) -> bool:
    found = _item(line)
    return found is not None and found["marker"] == wanted


def _follows(line: str, following: str) -> bool:
    found = _item(line)
    return found is not None and found.re is _NUMBER and marker(found["marker"], 1) == following


def _is_code(lines: list[str], at: int) -> bool:
    if not _INDENTED.match(lines[at]) or (at and lines[at - 1].strip()):
        return False
    return bool(_CODE.search(lines[at]))


_TAKERS = (
    (lambda lines, at: bool(_FENCE.match(lines[at])), _take_fence),
    (is_quotation, _take_quotation),
    (lambda lines, at: bool(_TABLE.match(lines[at])), _take_table),
    (lambda lines, at: bool(_RULE.match(lines[at])), _take_rule),
    (lambda lines, at: bool(_HEADING.match(lines[at])), _take_heading),
    (_is_code, _take_code),
    (_is_list, _take_item),
)


def _starts_other(lines: list[str], at: int) -> bool:
    return any(is_its(lines, at) for is_its, _ in _TAKERS)


def joined(blocks: Iterable[Block]) -> Iterator[Block]:
    """Lists one after another as one, as long as their markers go on: rendered, nothing tells where one ends."""
    current: Block | None = None
    for block in blocks:
        if current and current.kind == block.kind and block.kind in _USUAL:
            expected = marker(_marker_of(current), len(current.parts))
            if _marker_of(block) == expected:
                current = replace(current, parts=current.parts + block.parts)
                continue
        if current:
            yield _plain(current)
        current = block
    if current:
        yield _plain(current)


def _marker_of(block: Block) -> str:
    return block.marker or _USUAL[block.kind]


def _plain(block: Block) -> Block:
    """Without its marker where it is the usual one."""
    return replace(block, marker="") if block.marker == _USUAL.get(block.kind, "") else block


def _kept(lines: list[str]) -> tuple[str, ...]:
    return tuple(line.rstrip() for line in lines)


def _is_broken_by_hand(lines: list[str]) -> bool:
    """Short lines that each begin anew and end in no mark: an address, a table of labels, a verse."""
    if len(lines) < 2 or any(len(line) >= _LONGEST_LINE or line[:1].islower() for line in lines):
        return False
    if any(_ENDS.search(line) for line in lines[:-1]):
        return False
    return len(lines) > 2 or all(_LABELLED.match(line) for line in lines)


def _is_title(parts: tuple[str, ...]) -> bool:
    if len(parts) != 1 or _ENDS.search(parts[0]) or not parts[0]:
        return False
    first = parts[0][0]
    return len(parts[0].split()) <= _TITLE_WORDS and len(parts[0]) <= 90 and (first.isupper() or first.isdigit())
