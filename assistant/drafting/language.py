"""The language that a draft is written in: what was asked for, what the texts are in, else the user's.

Short texts are told by few words: where each alone says nothing, all are read together, and then for letters and words
that one language alone has. Pure functions of material; `gathering` asks.
"""

from __future__ import annotations

import re
from collections import Counter

from assistant.drafting.material import Material
from assistant.errors import BadRequest
from memory import languages

_CODE = re.compile(r"(?P<code>[a-z]{2,3})(?:[-_][a-z0-9]{1,8})*", re.IGNORECASE)
_NAMES = {
    "english": "en",
    "german": "de",
    "deutsch": "de",
    "french": "fr",
    "français": "fr",
    "francais": "fr",
    "spanish": "es",
    "español": "es",
    "espanol": "es",
    "italian": "it",
    "portuguese": "pt",
    "dutch": "nl",
}
_SIGNS = {
    "en": r"hello|thanks|please|yes|the|and|you|your|with|attached|regards",
    "de": r"hallo|danke|bitte|ja|nein|kannst|könnt|schicken|bringen|karten|kommt|kommst|kommen|morgen|heute|grüße|gruß|und|ich|nicht|\w*[äöüß]\w*",
    "fr": r"bonjour|merci|oui|peux|pouvez|avec|demain|pour|vous|cordialement|\w*[èêœû]\w*|est-ce|\w+-(?:tu|vous)",
    "es": r"hola|gracias|sí|puedes|puede|mañana|por|para|saludos|\w*ñ\w*|¿\w*|¡\w*",
}
_SIGN = {code: re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) for code, words in _SIGNS.items()}


def read(wished: str) -> str:
    """A code as the user writes it, `de-AT` or `German`, as the two or three letters that it begins with.

    Raises: BadRequest for what is none.
    """
    said = wished.strip().casefold()
    if not said or said in _NAMES:
        return _NAMES.get(said, "")
    if found := _CODE.fullmatch(said):
        return found["code"]
    raise BadRequest(f"{wished!r} is not the code of a language.", "Write it as en, de, fr or es.")


def language_of(material: Material, usual: str) -> str:
    """Of what the user wrote, else of what it is about, else `usual`."""
    said = [" ".join(one.text for one in material.statements), material.written, material.incoming]
    detected = next((code for text in said if (code := languages.detect(text))), "")
    told = next((one.language for one in material.passages if one.language), "")
    every = " ".join([*said, material.subject, material.about])
    return detected or languages.detect(every) or told or _by_signs(every) or usual


def _by_signs(text: str) -> str:
    """The language that has more of its signs in a text than any other."""
    found = Counter({code: len(pattern.findall(text)) for code, pattern in _SIGN.items()}).most_common(2)
    (code, count), (_, second) = found
    return code if count > second else ""
