"""The sections of The New York Times, and where each is read. Names are those of the Top Stories API; no network here."""

from __future__ import annotations

from difflib import get_close_matches

_RSS = "https://rss.nytimes.com/services/xml/rss/nyt"
_API = "https://api.nytimes.com/svc/topstories/v2"

_FEEDS = {
    "arts": "Arts",
    "automobiles": "Automobiles",
    "books": "Books/Review",
    "business": "Business",
    "climate": "Climate",
    "economy": "Economy",
    "education": "Education",
    "energy": "EnergyEnvironment",
    "europe": "Europe",
    "africa": "Africa",
    "americas": "Americas",
    "asia": "AsiaPacific",
    "middle-east": "MiddleEast",
    "fashion": "FashionandStyle",
    "food": "DiningandWine",
    "health": "Health",
    "home": "HomePage",
    "magazine": "Magazine",
    "media": "MediaandAdvertising",
    "movies": "Movies",
    "music": "Music",
    "nyregion": "NYRegion",
    "obituaries": "Obituaries",
    "opinion": "Opinion",
    "personal-tech": "PersonalTech",
    "politics": "Politics",
    "realestate": "RealEstate",
    "science": "Science",
    "space": "Space",
    "sports": "Sports",
    "sundayreview": "sunday-review",
    "technology": "Technology",
    "television": "Television",
    "theater": "Theater",
    "t-magazine": "tmagazine",
    "travel": "Travel",
    "upshot": "Upshot",
    "us": "US",
    "well": "Well",
    "world": "World",
}
_WHOLE_ADDRESSES = {"chinese": "https://cn.nytimes.com/rss.html"}
_OF_THE_API = frozenset(
    """
    arts automobiles books/review business fashion food health home insider magazine movies nyregion obituaries opinion
    politics realestate science sports sundayreview technology theater t-magazine travel upshot us world
    """.split()  # noqa: SIM905  (a list of thirty strings reads worse)
)
_OTHER_NAMES = {"books/review": "books", "national": "us", "tmagazine": "t-magazine", "homepage": "home"}


def named(name: str) -> str:
    """The section that `name` means. Raises: ValueError with the nearest one."""
    wanted = name.strip().lower().replace(" ", "-")
    wanted = _OTHER_NAMES.get(wanted, wanted)
    if wanted in _FEEDS or wanted in _WHOLE_ADDRESSES or wanted in _OF_THE_API:
        return wanted
    close = get_close_matches(wanted, known(), n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(known())}"
    raise ValueError(f"{name!r} is no section of The New York Times; {hint}")


def known() -> list[str]:
    return sorted({*_FEEDS, *_WHOLE_ADDRESSES, *(_OF_THE_API - {"books/review"})})


def feed_address(section: str) -> str | None:
    """Where a section's RSS is; None for one that has none."""
    if section in _WHOLE_ADDRESSES:
        return _WHOLE_ADDRESSES[section]
    return f"{_RSS}/{_FEEDS[section]}.xml" if section in _FEEDS else None


def api_address(section: str) -> str | None:
    """Where the Top Stories of a section are, without the key; None for one that the API does not have."""
    name = "books/review" if section == "books" else section
    return f"{_API}/{name}.json" if name in _OF_THE_API else None
