"""Where a text stops being its writer's own: mails quoted, forwarded, or answered below.

Pure. It knows the lines that mail programs put before such text in English, German, French and Spanish.
"""

from __future__ import annotations

import re

_MARK = re.compile(r"^\s{0,3}>")
_ATTRIBUTION = re.compile(
    r"^\s*(?:(?:On|Am|Le|El|Den|Il)\b.{4,200}?\b(?:wrote|writes|schrieb(?: .{1,80})?|a écrit|écrit|escribió|scrisse)\s*:"
    r"|.{1,120}?\b(?:wrote|schrieb|a écrit|escribió) (?:on|am|le|el)\b.{4,80}:)\s*$",
    re.IGNORECASE,
)
_ATTRIBUTION_OPENS = re.compile(r"^\s*(?:On|Am|Le|El|Il) .{0,40}\d", re.IGNORECASE)
_DIVIDER = re.compile(
    r"^\s*(?:-{2,}\s*(?:Original Message|Original Appointment|Forwarded (?:message|by)\b.*|Ursprüngliche Nachricht|"
    r"Originalnachricht|Weitergeleitete Nachricht|Message (?:d'origine|original|transféré|transmis)|"
    r"Mensaje (?:original|reenviado)|Reply message)\b.*"
    r"|Begin forwarded message:|Anfang der weitergeleiteten (?:E-Mail|Nachricht):|Début du message (?:transféré|réexpédié)\s*:|"
    r"Inicio del mensaje reenviado:)\s*-*\s*$",
    re.IGNORECASE,
)
_FROM = re.compile(r"^\s*\*?(?:From|Von|De|Da)\s*:\*?\s*\S", re.IGNORECASE)
_HEADER = re.compile(
    r"^\s*\*?(?:Sent|Date|To|Cc|Subject|Gesendet|Datum|An|Betreff|Envoyé|À|Objet|Enviado(?: el)?|Fecha|Para|Asunto)\s*:",
    re.IGNORECASE,
)
_RULE = re.compile(r"^\s*[_-]{5,}\s*$")


def is_quotation(lines: list[str], at: int) -> bool:
    """Whether a quotation begins there: a marked line, or the line that says whose the marked lines under it are."""
    if is_quoted(lines[at]):
        return True
    below = next((line for line in lines[at + 1 : at + 4] if line.strip()), "")
    return is_quoted(below) and bool(_ATTRIBUTION.match(lines[at]))


def is_quoted(line: str) -> bool:
    """Whether a line is marked as somebody else's: `> so`."""
    return bool(_MARK.match(line))


def set_apart(text: str) -> tuple[str, str]:
    """(what the writer wrote, what follows of others), the second empty where there is none. No line is changed."""
    lines = text.split("\n")
    cut = _first_foreign(lines)
    if cut == len(lines):
        cut = _trailing_marks(lines)
    return "\n".join(lines[:cut]), "\n".join(lines[cut:]).strip("\n")


def _first_foreign(lines: list[str]) -> int:
    """The line from which everything is somebody else's, whatever marks it carries."""
    for number, line in enumerate(lines):
        if _DIVIDER.match(line) or _is_header(lines, number):
            before = number
            while before and (_RULE.match(lines[before - 1]) or not lines[before - 1].strip()):
                before -= 1
            return before if any(_RULE.match(above) for above in lines[before:number]) else number
        if _is_attribution(lines, number) and not _answered_below(lines, number):
            return number
    return len(lines)


def _is_header(lines: list[str], number: int) -> bool:
    if not _FROM.match(lines[number]):
        return False
    following = [line for line in lines[number + 1 : number + 5] if line.strip()][:3]
    return any(_HEADER.match(line) for line in following)


def _is_attribution(lines: list[str], number: int) -> bool:
    line = lines[number]
    if not _ATTRIBUTION.match(line):
        if not (_ATTRIBUTION_OPENS.match(line) and number + 1 < len(lines)):
            return False
        if not _ATTRIBUTION.match(f"{line.strip()} {lines[number + 1].strip()}"):
            return False
    following = next((below for below in lines[number + 1 :] if below.strip() and not below.rstrip().endswith(":")), "")
    return is_quoted(following) or bool(re.search(r"\d|@", line))


def _answered_below(lines: list[str], number: int) -> bool:
    """Whether the quotation is marked and ends: then what follows is an answer to it."""
    below = [line for line in lines[number + 1 :] if line.strip()]
    while below and below[0].rstrip().endswith(":") and not is_quoted(below[0]):
        below = below[1:]
    if not below or not is_quoted(below[0]):
        return False
    return any(not is_quoted(line) for line in below)


def _trailing_marks(lines: list[str]) -> int:
    """Where the marked lines at the end begin, with the line that says whose they are."""
    cut = len(lines)
    while cut and (not lines[cut - 1].strip() or is_quoted(lines[cut - 1])):
        cut -= 1
    if not any(is_quoted(line) for line in lines[cut:]):
        return len(lines)
    for back in (1, 2):
        if cut >= back and _is_attribution(lines, cut - back):
            return cut - back
    return cut
