"""What a mail may say though nothing given has it: the words of manners, words with a capital that are no names, days.

`engine.support` takes a capitalised word that no source has for a name, which is right for news and wrong for "Looking
forward to it". A word is let pass only if it is listed here, or begins a sentence as no name does ("Enjoy the ...", "I'm").
Pure functions of strings; `checked` asks.
"""

from __future__ import annotations

import re

from memory.languages import common_words

_ANYWHERE = """
asap btw eta faq fyi i'd i'll i'm i've nb ok okay pdf ps rsvp tba tbc tbd url
abend anfrage anhang anliegen antwort bescheid bestätigung bitte dank entschuldigung erfolg frage fragen freude geduld
glück grüße gruß herr frau hilfe hinweis info infos interesse mail e-mail mühe nachricht rückfragen rückmeldung spaß
tag unterstützung verspätung verständnis voraus vorschlag woche wochenende zeit
"""
_BEGINNING = """
absolutely additionally agreed all also alternatively any anything apologies as ask attached best both bring call
certainly check cheers confirm congrats congratulations could dear definitely do don't excellent feel finally fine first
following forgive glad good got gladly great happy have hello here hi hope hopefully if in indeed it's just keep kindly
lastly let let's likewise looking lovely make many may nice no noted of okay once our perfect please quick quickly
re reach regarding regards remember reminder safe see send should sincerely so sorry sounds sure take thank thanks that's
there's thx to travel understood unfortunately update very warm welcome well what what's when where wishing with wonderful
would yes yours
alles also anbei auch beste besten danke darf entschuldige entschuldigen für gern gerne gib gute guten habe hallo herzliche
herzlichen hoffentlich ich klar könnte könnten könntest können kannst leider liebe lieber melde melden natürlich nein
sag sagen schick schicken schöne schönen schönes sehr sicher solltest sollten soweit teile unten viel viele vielen
vielleicht wie willkommen würde würden würdest zögern zur
bien bonjour bonne cordialement désolé désolée excellent félicitations heureux heureuse j'espère n'hésite n'hésitez
malheureusement merci non oui parfait pardon pourrais pourriez peux pouvez salut veuillez volontiers
avísame claro confirma disculpa encantado encantada espero felicidades gracias hola lamentablemente muchas muchos no
perfecto perdón podrías podría puedes quedo saludos sí
"""
_ANYWHERE_WORDS = frozenset(_ANYWHERE.split())
_BEGINNING_WORDS = frozenset(_BEGINNING.split())
_OBJECTS = {
    "en": "a an the my your our his her its their this these those me you us it him them whether if everyone",
    "de": "mir dir uns euch mich dich sie du ihr ihnen den dem das einen eine ein",
    "fr": "moi nous vous le la les un une votre ton",
    "es": "me te nos el la los las un una tu su",
}
"""What follows a verb that begins a sentence, and hardly ever a name."""
_OBJECTS_OF = {language: frozenset(words.split()) for language, words in _OBJECTS.items()}
_ELIDED = frozenset(("j'", "c'", "n'", "s'", "qu'", "don'", "can'", "won'"))
"""What a verb is joined to; after l' and d' a name may come."""
_DAYS = {
    "en": re.compile(
        r"\b(?:the day (?:after tomorrow|before yesterday)|tomorrow|tonight|yesterday|noon|midnight|"
        r"(?:next|last|this) (?:week(?:end)?|month|year|quarter))\b",
        re.IGNORECASE,
    ),
    "de": re.compile(
        r"\b(?:übermorgen|vorgestern|gestern|(?<!guten )(?<!heute )(?-i:morgen)|mitternacht|"
        r"(?:nächste|kommende|letzte)[nrs]? (?:woche|wochenende|monat|jahr))\b",
        re.IGNORECASE,
    ),
    "fr": re.compile(
        r"\b(?:après-demain|demain|hier|minuit|(?:la semaine|le mois|l'année) prochaine?)\b", re.IGNORECASE
    ),
    "es": re.compile(
        r"\b(?:pasado mañana|ayer|medianoche|la (?:próxima semana|semana que viene)|el (?:próximo mes|mes que viene))\b",
        re.IGNORECASE,
    ),
}
_FIRST = re.compile(r"[\W_]*(?P<first>[^\W\d_](?:[^\W\d_]|['’-](?=[^\W\d_]))*)(?:\s+(?P<second>[^\W\d_]+))?")


def is_no_name(word: str, sentence: str, language: str) -> bool:
    """Whether `word`, which has a capital in `sentence`, is none that a fact could hang on."""
    folded = word.casefold().replace("’", "'")
    if folded in _ANYWHERE_WORDS:
        return True
    found = _FIRST.match(sentence)
    if found is None or found["first"] != word:
        return False
    if folded in _BEGINNING_WORDS or _is_joined(folded, language):
        return True
    second = found["second"] or ""
    return second in _OBJECTS_OF.get(language, ()) and not word.isupper()


def _is_joined(folded: str, language: str) -> bool:
    """I'm, don't, j'ai: a common word with what an apostrophe joins to it; and no name with its 's."""
    head, mark, tail = folded.partition("'")
    return bool(mark) and tail != "s" and (head in common_words(language) or f"{head}{mark}" in _ELIDED)


def relative_days(sentence: str, language: str) -> list[str]:
    """The days that a sentence names by how far they are: tomorrow, next week."""
    pattern = _DAYS.get(language)
    return [found[0] for found in pattern.finditer(sentence)] if pattern else []
