"""The end of a text: postscript, closing and signature, found and taken off.

Pure. It knows how letters close in English, German, French and Spanish, and what a block under a name looks like.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.style.names import Names
from memory.common_words import COMMON_WORDS
from memory.scripts import LATIN

_CLOSINGS = """
best|all the best|best to (?:you )?all|(?:with )?(?:my |our )?(?:best|kind|kindest|warm|warmest|many|cordial) (?:personal )?(?:regards|wishes)|
with (?:my )?thanks|regards|respectfully(?: yours)?|sincerely(?: yours)?|yours(?: (?:sincerely|truly|faithfully|ever))?|
very truly yours|cheers|thx|tia|ty|
thanks(?: (?:again|so much|very much|a lot|a million|a bunch|in advance|much|guys|all|everyone|for your help))*|
thank you(?: (?:again|so much|very much|in advance|all|kindly|for your help))*|(?:many|much) thanks(?: (?:again|in advance))?|much appreciated|
love|lots of love|much love|take care|cordially|talk soon|speak soon|see you(?: (?:soon|then|there))?|ciao|xoxo?|hugs|later|
rgds|br|kr|warmly|fondly|gratefully|as ever|until then|
(?:(?:mit )?(?:viele[nr]?|liebe[nr]?|beste[nr]?|freundliche[nr]?|herzliche[nr]?|schöne[nr]?|sonnige[nr]?) )+gr(?:ü|ue)(?:ß|ss)en?|
gr(?:ü|ue)(?:ß|ss)e|gru(?:ß|ss)|lg|vg|mfg|bg|danke(?: (?:dir|ihnen|schön|im voraus|sehr))*|
(?:vielen|besten|herzlichen|lieben|tausend) dank(?: (?:im voraus|vorab|schon mal))*|
hochachtungsvoll|bis (?:bald|dann|morgen|später)|tschüss?|alles (?:gute|liebe)|
(?:bien |très )?cordialement|bien à (?:vous|toi)|(?:bien )?amicalement|sincèrement|respectueusement|
merci(?: (?:beaucoup|bien|encore|d['’]avance|à (?:vous|toi|tous)|par avance))*|à (?:bientôt|plus|très vite|demain)|
(?:très )?bonne (?:journée|soirée|continuation)|bises|bisous|(?:meilleures |sincères |cordiales )?salutations(?: distinguées)?|
(?:veuillez|je vous prie d['’]|nous vous prions d['’]) ?agréer.{0,110}|(?:un )?(?:cordial |afectuoso )?saludos?(?: cordial(?:es)?| afectuosos?)?|
cordialmente|atentamente|(?:muchas |mil )?gracias(?: (?:de antemano|de nuevo|por todo))*|(?:un )?(?:fuerte )?abrazos?|besos|
hasta (?:pronto|luego|mañana)
""".replace("\n", "")
_CLOSING = (
    rf"(?:{_CLOSINGS})(?:(?:,? (?:and|und|et|y) |,? ?& ?|, )(?:{_CLOSINGS}))?(?: (?:aus|from|de|desde) [A-ZÀ-Þ][\w-]+)?"
)
_MARK = r"\s*[,.!;:]*\s*[-–—]{0,2}(?:\s?[:;]-?\))?"
_CLOSING_LINE = re.compile(rf"^(?P<closing>{_CLOSING}{_MARK})$", re.IGNORECASE)
_CLOSING_AND = re.compile(rf"^(?P<closing>(?i:{_CLOSING})\s*[,.!;–—-]+)\s*(?P<who>\S.{{0,40}})$")
_CLOSING_WRITER = re.compile(rf"^(?P<closing>(?i:{_CLOSING}))\s+(?P<who>\S.{{0,40}})$")
_LAST_WORDS = re.compile(
    rf"(?P<before>(?:^|.*[.!?…)\]:。！？]))\s+(?P<closing>(?i:{_CLOSING})(?:[,.!]+|$))(?:\s+(?P<who>\S.{{0,30}}))?$",
    re.DOTALL,
)
_SEPARATOR = re.compile(r"^(?:--|—|__+)\s*$")
_POSTSCRIPT = re.compile(r"^\s*(?:P\.?\s?){1,3}(?:S|D)\b\.?\s*[:.,–-]?\s*\S|^\s*(?:P\.\s?)+[SD]\.")
_CONTACT = re.compile(
    r"@|https?://|www\.|\+?\(?\d[\d\s()/.-]{5,}|^\W*(?:tel|phone|fax|mobile|cell|office|direct|e-?mail|m|t|f|o|web)\b\.?\s*[:.]",
    re.IGNORECASE,
)
_SMALL_PRINT = re.compile(
    r"\b(?:confidential|intended recipient|privileged|vertraulich|confidentiel|confidencial|sent from my|gesendet von|"
    r"von meinem|envoyé de mon|enviado desde mi|get outlook for)\b",
    re.IGNORECASE,
)
_DEVICE = re.compile(r"^(?:sent|gesendet|envoyé|enviado) (?:from|von|de|desde) \S.{0,50}$", re.IGNORECASE)
_NAME_WORD = re.compile(r"^[^\W\d_][\w'’-]*[.,]?$")
_INITIALS = re.compile(r"^(?:[^\W\d_]\.?\s?){1,4}$")
_DASHED = re.compile(r"^(?:--+|[-–—~*/])\s*(?=\w)|^/s/\s*")
_EXTENSION = re.compile(r"\s+\((?:x|ext\.?|tel\.?)?\s?[\d\s/-]+\)$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…:;)\]。！？؟\"”][\"'”’»)\]]*$")
_ITEM = re.compile(r"^\s*(?:[-*•‣◦·▪–+]|\(?(?:\d{1,3}|\w)\)|\d{1,3}\.)\s+\S")
_OTHER_LAST_LINES = """
    yes no ok okay sure great good nice fine perfect done agreed thanks hello hi welcome congratulations enjoy regards
    monday tuesday wednesday thursday friday saturday sunday today tomorrow yesterday conclusion summary end fin total
    ja nein gut danke prima genau oui non merci bien parfait sí gracias bueno vale perfecto maybe please call help
"""
_NO_SIGNATURES = frozenset(_OTHER_LAST_LINES.split()).union(*COMMON_WORDS.values())
_MOST_LINES = 12
_CLOSING_WORDS = 4
_LATIN_LETTER = re.compile(f"[{LATIN}]")
_LONGEST_LAST = 200
"""Characters at the end of the last line that are looked at."""


@dataclass(frozen=True, slots=True)
class Ending:
    body: str
    closing: str = ""
    signature: str = ""
    postscript: str = ""


def take_ending(text: str, writer: Names, reader: Names) -> Ending:
    """`text` has `\\n` alone and nothing that others wrote."""
    text, postscript = _take_postscript(text)
    lines = [line.rstrip() for line in text.rstrip().split("\n")]
    lines, below = _take_separated(lines)
    body, closing, signature = _take_closing(lines, writer, reader)
    if below:
        signature = f"{signature}\n\n{below}" if signature else below
    return Ending(body, closing, signature, postscript)


def _take_postscript(text: str) -> tuple[str, str]:
    lines = text.split("\n")
    for number, line in enumerate(lines[1:], 1):
        if line.lstrip()[:1] in "Pp" and _POSTSCRIPT.match(line) and any(above.strip() for above in lines[:number]):
            return "\n".join(lines[:number]), _tidy(lines[number:])
    return text, ""


def _take_separated(lines: list[str]) -> tuple[list[str], str]:
    """What stands under a line of two dashes, with that line."""
    for number in range(max(0, len(lines) - _MOST_LINES - 1), len(lines)):
        if _SEPARATOR.match(lines[number]) and any(line.strip() for line in lines[number + 1 :]):
            below = [line for line in lines[number + 1 :] if line.strip()]
            if all(len(line) <= 90 and not _ITEM.match(line) for line in below):
                return lines[:number], _tidy(lines[number:])
    return lines, ""


def _take_closing(lines: list[str], writer: Names, reader: Names) -> tuple[str, str, str]:
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    written = [number for number, line in enumerate(lines) if line.strip()]
    for number in reversed(written[-_MOST_LINES:]):
        line = " ".join(lines[number].split())
        under = [below for below in lines[number + 1 :] if below.strip()]
        if len(line) > 130:
            if not _SMALL_PRINT.search(line):
                break
            continue
        is_closing = _is_closing(line, reader) or (number > 0 and _closes(lines[number - 1 :], writer))
        if is_closing and _is_signature(under, writer, is_closed=True):
            return "\n".join(lines[:number]), line, _tidy(lines[number + 1 :])
        closing, who = _closing_and_name(line, writer)
        if who and (not under or _is_signature([who, *under], writer, is_closed=True)):
            return "\n".join(lines[:number]), closing, _tidy([who, *lines[number + 1 :]])
    return _take_bare_signature(lines, written, writer)


def _take_bare_signature(lines: list[str], written: list[int], writer: Names) -> tuple[str, str, str]:
    """No closing stands on a line of its own: a name may, and the last sentence may close."""
    signature = ""
    for number in written[-min(6, len(written) - 1) :] if len(written) > 1 else []:
        above = lines[written[written.index(number) - 1]].rstrip()
        under = [line for line in lines[number:] if line.strip()]
        stands_apart = not lines[number - 1].strip()
        if not (
            _SENTENCE_END.search(above) or (stands_apart and len(above.split()) > 2) or _is_writer(under[0], writer)
        ):
            continue
        if _ITEM.match(above) and not stands_apart and not _is_writer(under[0], writer):
            continue
        if _is_signature(under, writer, is_closed=False):
            signature = _tidy(lines[number:])
            lines = lines[:number]
            break
    return (*_take_last_words(lines, writer, signature),)


def _take_last_words(lines: list[str], writer: Names, signature: str) -> tuple[str, str, str]:
    """ "... by Friday. Thanks, Ada": closing and name in the last line's last sentences."""
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    if not lines or _ITEM.match(lines[-1]) or lines[-1].lstrip().startswith((">", "|", "#", "```")):
        return "\n".join(lines), "", signature
    last = lines[-1]
    first, last = last[:-_LONGEST_LAST], last[-_LONGEST_LAST:]
    found = _LAST_WORDS.match(last)
    if not found or not found["before"].strip():
        return "\n".join(lines), "", signature
    who = (found["who"] or "").strip()
    if who and (signature or not _is_name(who, writer, is_closed=True)):
        return "\n".join(lines), "", signature
    return "\n".join([*lines[:-1], first + found["before"]]), found["closing"].strip(), who or signature


def _closing_and_name(line: str, writer: Names) -> tuple[str, str]:
    """ "Best, Ada" as ("Best,", "Ada"); without a mark between them only before the writer's own name."""
    marked = _CLOSING_AND.match(line)
    if marked and _is_name(marked["who"], writer, is_closed=True):
        return marked["closing"].strip(), marked["who"]
    unmarked = _CLOSING_WRITER.match(line)
    if unmarked and _is_writer(unmarked["who"], writer):
        return unmarked["closing"], unmarked["who"]
    return "", ""


def _is_closing(line: str, reader: Names) -> bool:
    if _CLOSING_LINE.match(line):
        return True
    without = (
        re.sub(rf",?\s+{re.escape(reader.first)}(?!\w)", "", line, count=1, flags=re.IGNORECASE)
        if reader.first
        else line
    )
    return without != line and bool(_CLOSING_LINE.match(without))


def _closes(lines: list[str], writer: Names) -> bool:
    """Whether the second of `lines` closes, in whatever words: a few with a comma, under an empty line or the end of a
    sentence, right above the writer's name; in other scripts above any."""
    above, line, *under = (one.strip() for one in lines)
    named = [one for one in under if one]
    is_line = line.endswith((",", "،", "，")) and len(line.split()) <= _CLOSING_WORDS and not _ITEM.match(line)
    if not (is_line and named and under[0] and (not above or _SENTENCE_END.search(above))):
        return False
    return _is_writer(named[0], writer) or (not above and len(named) == 1 and not _LATIN_LETTER.search(line + named[0]))


def _is_signature(lines: list[str], writer: Names, *, is_closed: bool) -> bool:
    """Whether `lines`, none of them empty, are a name and what stands under names. None at all will do after a closing."""
    if not lines:
        return is_closed
    if len(lines) > _MOST_LINES - 2 or not _is_name(lines[0].strip(), writer, is_closed=is_closed):
        return False
    if len(lines) == 1:
        return True
    if _is_writer(lines[0], writer) or is_closed:
        return all(_is_under_name(line) for line in lines[1:])
    return all(_is_under_name(line) for line in lines[1:]) and any(_CONTACT.search(line) for line in lines[1:])


def _is_under_name(line: str) -> bool:
    if _SMALL_PRINT.search(line) or _CONTACT.search(line):
        return True
    return (
        len(line) <= 60
        and len(line.split()) <= 8
        and not re.search(r"[.!?]\s*$", line.rstrip("."))
        and not _ITEM.match(line)
        and not re.search(r"[!?]$|\w{4}\.$", line)
    )


def _is_name(line: str, writer: Names, *, is_closed: bool) -> bool:
    line = line.strip()
    if len(line) > 60:
        return False
    if _is_writer(line, writer) or _DEVICE.match(line):
        return True
    bare = _EXTENSION.sub("", _DASHED.sub("", line))
    was_dashed = bare != line
    if not bare or len(bare) > 40 or (_ITEM.match(line) and not is_closed):
        return False
    words = bare.rstrip(".,").split()
    if not words or len(words) > (5 if is_closed else 3) or not all(_NAME_WORD.match(word) for word in words):
        return False
    if any(word.casefold() in _NO_SIGNATURES for word in words if len(words) < 3 and len(word) > 2):
        return False
    if _INITIALS.match(bare) and (bare.isupper() or is_closed):
        return bare.isupper() or len(words) == 1
    if bare[-1] in "!?:;" or (bare[-1] == "," and not is_closed):
        return False
    if bare.endswith(".") and not is_closed and len(words[-1]) > 1:
        return False
    return is_closed or was_dashed or not any(word[0].islower() for word in words)


def _is_writer(line: str, writer: Names) -> bool:
    words = [word.strip(".,") for word in _DASHED.sub("", line.strip()).split()]
    if not words or len(words) > 4:
        return False
    if writer.initials and len(writer.initials) > 1 and "".join(words).casefold() == writer.initials.casefold():
        return True
    return all(writer.has(word) or len(word) == 1 for word in words) and any(writer.has(word) for word in words)


def _tidy(lines: list[str]) -> str:
    """Without white space at the ends of lines, and one empty line where there were several; `-- ` keeps its space."""
    kept: list[str] = []
    for line in lines:
        line = "-- " if line.strip() == "--" else line.strip()
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip("\n")
