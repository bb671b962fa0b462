"""What a web address stands for, as far as stories go: a page, a paper by its arXiv id or DOI, or nothing of its own.

Pure. A front page, a profile or a tag is the link of everything, and a shortener or tracker hides what it leads to: they
identify nothing. `assistant.stories.sameness` asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

_ARXIV = r"(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})"
_ARXIV_PAGE = re.compile(
    rf"^/(?:(?:abs|pdf|html|ps|format|e-print|overview|papers)/)({_ARXIV})(?:v\d+)?(?:\.pdf)?/?$", re.IGNORECASE
)
_ARXIV_HOSTS = frozenset(
    ("arxiv.org", "export.arxiv.org", "ar5iv.org", "ar5iv.labs.arxiv.org", "alphaxiv.org", "huggingface.co")
)
_ARXIV_TOLD = re.compile(rf"\barxiv\s*:\s*({_ARXIV})", re.IGNORECASE)
_DOI = r"10\.\d{4,9}/[^\s\"<>?#]*[^\s\"<>?#.,;:)\]]"
_DOI_TOLD = re.compile(rf"\bdoi\s*:\s*({_DOI})", re.IGNORECASE)
_DOI_IN_PATH = re.compile(rf"^/(?:doi/(?:\w+/)?)?({_DOI})$", re.IGNORECASE)
_DOI_OF_ARXIV = re.compile(rf"^10\.48550/arxiv\.({_ARXIV})$", re.IGNORECASE)

_TRACKERS = frozenset(
    """
    t.co bit.ly ow.ly buff.ly lnkd.in tinyurl.com dlvr.it trib.al goo.gl is.gd rb.gy cutt.ly shorturl.at amzn.to
    feedproxy.google.com feeds.feedburner.com doubleclick.net list-manage.com sendgrid.net mailchimp.com mandrillapp.com
    hubspotlinks.com awstrack.me exacttarget.com rs6.net sparkpostmail.com mailgun.org createsend.com urldefense.com
    safelinks.protection.outlook.com
    """.split()  # noqa: SIM905  (a list of thirty strings reads worse)
)
_TRACKING_LABELS = frozenset(("click", "clicks", "track", "tracking", "trk", "email", "links", "link"))
_PROFILES = frozenset(
    "x.com twitter.com instagram.com facebook.com t.me threads.net github.com gitlab.com medium.com tiktok.com".split()  # noqa: SIM905
)
_OF_EVERYTHING = frozenset(
    """
    about account archive author blog categories category contact contribute donate explore faq feed feeds hashtag help
    home imprint impressum index info join jobs legal login logout membership news newsletter newsletters preferences
    press privacy profile r register rss search section settings share sign-in signin signup sponsor subscribe support
    tag tags terms topic topics u unsubscribe user users
    """.split()  # noqa: SIM905
)
_HOME_FILE = re.compile(r"^(?:index|default|home)\.\w{2,5}$")
_LANGUAGE = re.compile(r"^[a-z]{2}(?:-[a-z]{2})?$", re.IGNORECASE)
_PREFIX = re.compile(r"^(?:www\d?|m|mobile|amp)\.")
_LISTED = frozenset(
    (
        "tag",
        "tags",
        "topic",
        "topics",
        "category",
        "hashtag",
        "search",
        "user",
        "users",
        "u",
        "r",
        "author",
        "profile",
        "in",
    )
)


def page_of(url: str) -> str:
    """The name of what a canonical address leads to, one for all its spellings; empty where it is nothing of its own.

    >>> page_of("https://arxiv.org/pdf/2402.05233v2"), page_of("https://www.example.org/"), page_of("https://t.co/x1")
    ('arxiv 2402.05233', '', '')
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    host = _PREFIX.sub("", (parts.hostname or "").lower())
    path = unquote(parts.path)
    if parts.scheme not in ("http", "https") or not host or _is_tracker(host):
        return ""
    return _paper(host, path) or _page(host, path, parts.query, parts.fragment)


def papers_told(text: str) -> Iterator[str]:
    """The papers that a text names by their ids."""
    yield from (f"arxiv {found[1].lower()}" for found in _ARXIV_TOLD.finditer(text))
    yield from (_by_doi(found[1]) for found in _DOI_TOLD.finditer(text))


def _is_tracker(host: str) -> bool:
    labels = host.split(".")
    return any(".".join(labels[start:]) in _TRACKERS for start in range(len(labels) - 1)) or (
        len(labels) > 2 and labels[0] in _TRACKING_LABELS
    )


def _paper(host: str, path: str) -> str:
    found = _ARXIV_PAGE.match(path) if host in _ARXIV_HOSTS else None
    if found is not None:
        return f"arxiv {found[1].lower()}"
    named = _DOI_IN_PATH.match(path)
    return _by_doi(named[1]) if named is not None else ""


def _by_doi(doi: str) -> str:
    of_arxiv = _DOI_OF_ARXIV.match(doi)
    return f"arxiv {of_arxiv[1].lower()}" if of_arxiv else f"doi {doi.lower()}"


def _page(host: str, path: str, query: str, fragment: str) -> str:
    steps = [step for step in path.split("/") if step and not _HOME_FILE.match(step.lower())]
    while steps and _LANGUAGE.match(steps[0]) and len(steps) == 1:
        steps = steps[1:]
    if steps and steps[-1].lower() == "amp":
        steps = steps[:-1]
    if not query and not fragment and _is_of_everything(host, steps):
        return ""
    end = (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")
    return f"{host}/{'/'.join(steps)}{end}"


def _is_of_everything(host: str, steps: list[str]) -> bool:
    """A front page, a section, a profile, a tag."""
    if not steps:
        return True
    if len(steps) == 1:
        return steps[0].lower() in _OF_EVERYTHING or steps[0].startswith("@") or host in _PROFILES
    return len(steps) == 2 and steps[0].lower() in _LISTED
