"""Writing systems by their characters, as ranges for a regular expression's character class."""

from __future__ import annotations

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
KANA = "\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f"
HANGUL = "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3"
THAI = "\u0e01-\u0e4e"
LAO = "\u0e81-\u0ecd"
MYANMAR = "\u1000-\u109f"
KHMER = "\u1780-\u17d3"

UNSPACED = HAN + KANA + HANGUL + THAI + LAO + MYANMAR + KHMER
"""Scripts in which spaces do not part words, and Korean, where what they part is more than a word."""

CYRILLIC = "\u0400-\u052f"
ARABIC = "\u0620-\u06ff\u0750-\u077f"
GREEK = "\u0370-\u03ff\u1f00-\u1fff"
HEBREW = "\u05d0-\u05ea"
DEVANAGARI = "\u0900-\u097f"
BENGALI = "\u0980-\u09ff"
TAMIL = "\u0b80-\u0bff"
GEORGIAN = "\u10a0-\u10ff"
ARMENIAN = "\u0531-\u0587"
LATIN = "a-zA-Z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
