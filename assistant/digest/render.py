"""A digest as mail: subject, text and HTML with its style inlined. No remote content, no scripts.

It knows the view alone: `mail` wraps what it gives into a message and hands in the feedback links. The HTML is escaped
by the template engine; links keep only the schemes a reader may follow. The two media queries (dark, narrow) stay in a
style element, since they cannot be inlined.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from assistant.digest.headings import Headings, headings
from assistant.digest.view import ASK, FEEDBACK_VERBS, FOLLOW_UP_VERBS, ConversationView, DigestView

FeedbackLink = Callable[[int, str], str]
"""(number of an entry or of what is followed up, a verb of `view`) -> a `mailto:` address, unescaped."""

LINE = 72
LEAD_CHARACTERS = 60
MOST_NAMED = 4
_COMMAND = re.compile(r"`([^`]+)`")
_SCHEMES = ("http://", "https://", "mailto:")


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str
    html: str


def render(view: DigestView, *, feedback_link: FeedbackLink | None = None, is_mailbox_read: bool = False) -> Rendered:
    """The mail's parts; without `feedback_link` (a preview) no feedback stands beside the entries. `is_mailbox_read` says
    whether an answer to the mail is read."""
    import css_inline  # weight: only mail needs it

    phrases = headings(view.language)
    facts = {
        "view": view,
        "say": phrases.say,
        "day": phrases.long_date(view.local_date),
        "summary": summary(view, phrases),
        "writer": writer(view, phrases),
        "subject": subject(view, phrases),
        "ago": lambda then: phrases.ago(then, view.built_at),
        "people": lambda conversation: people(conversation, phrases),
        "feedback_link": feedback_link,
        "verbs": FEEDBACK_VERBS,
        "follow_up_verbs": FOLLOW_UP_VERBS,
        "ask": ASK,
        "is_mailbox_read": is_mailbox_read,
    }
    html = _environment().get_template("digest.html").render(facts)
    inliner = css_inline.CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)
    text = _environment().get_template("digest.txt").render(facts)
    # The inliner puts the media queries first, and browsers look for the charset in the first kilobyte only.
    styled = inliner.inline(html).replace("<head>", '<head><meta charset="utf-8">', 1)
    return Rendered(subject(view, phrases), text.strip() + "\n", styled)


def subject(view: DigestView, phrases: Headings) -> str:
    """The day and the first title, on one line."""
    day = phrases.short_date(view.local_date)
    if not view.entries:
        talk = len(view.missed.conversations)
        return phrases.say("subject_missed" if talk else "subject_empty", date=day, n=talk)
    lead = textwrap.shorten(view.entries[0].title, LEAD_CHARACTERS, placeholder="…")
    return phrases.say("subject", date=day, lead=lead or view.entries[0].title[:LEAD_CHARACTERS])


def summary(view: DigestView, phrases: Headings) -> str:
    talk = len(view.missed.conversations)
    told = [phrases.say("summary_missed", n=talk)] if talk else []
    if view.entries:
        minutes = max(1, round(view.minutes))
        told.insert(0, phrases.say("summary", shown=len(view.entries), n=view.candidates, minutes=minutes))
    return " · ".join(told) or phrases.say("summary_empty")


def people(conversation: ConversationView, phrases: Headings) -> str:
    """Who spoke, those who said most by name."""
    named, others = conversation.people[:MOST_NAMED], len(conversation.people) - MOST_NAMED
    if others > 0:
        return phrases.say("missed_others", names=", ".join(named), n=others)
    return phrases.listing(named)


def writer(view: DigestView, phrases: Headings) -> str:
    if view.writer == "extractive":
        return phrases.say("writer_extractive")
    return phrases.say("writer_model", writer=view.writer)


@cache
def _environment() -> Any:
    import jinja2  # weight: only mail needs it

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("assistant.digest", "templates"),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["followable"] = followable
    environment.filters["wrapped"] = wrapped
    environment.filters["with_code"] = with_code
    return environment


def followable(url: str) -> str:
    """`url` if a mail reader may follow it, else nothing: no `javascript:`, no `data:`, no `file:`."""
    return url if url.lower().startswith(_SCHEMES) else ""


def with_code(sentence: str) -> Any:
    """`sentence` as safe HTML, with what stands between back-quotes set as code."""
    import markupsafe  # weight: comes with jinja2

    return markupsafe.Markup(_COMMAND.sub(r"<code>\1</code>", str(markupsafe.escape(sentence))))  # noqa: S704 escaped


def wrapped(text: str, indent: str = "") -> str:
    """`text` in lines of at most 72 characters, each after `indent`; a long word (a link) stays whole."""
    return textwrap.fill(
        " ".join(text.split()), LINE, initial_indent=indent, subsequent_indent=indent, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
