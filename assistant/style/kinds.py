"""Which kind a sentence is, where plain words tell: thanks, an apology, an offer, a question, ...

Pure; English, and what is cheap of German, French and Spanish. A sentence has one kind at most. Long ones have none but
`question`: they say something besides.
"""

from __future__ import annotations

import re
from functools import lru_cache

from assistant.style.splitting import tail

_MOST_WORDS = 22

_PATTERNS = {
    "disclaimer": r"""
        confidential|intended (?:solely )?for the (?:addressee|recipient)|\bnot (?:legal|financial|investment|medical|tax) advice|
        without (?:any )?(?:guarantee|warranty)|no (?:guarantee|warranty) (?:is|as|for|of)|subject to change|errors excepted|i am not a lawyer|
        for information(?:al)? purposes|ohne gewähr|unverbindlich|sous (?:toute )?réserve|à titre indicatif|sin garantía|
        (?:was|were|is|has been) (?:written|generated|produced|compiled|prepared|drafted) (?:by|with|automatically)|
        please (?:check|verify) (?:the )?(?:original|sources?|facts)|may contain (?:errors|mistakes)
    """,
    "summary": r"""
        ^(?:so,? )?(?:in (?:short|summary|sum|brief|conclusion|a nutshell)|to (?:sum (?:it )?up|summari[sz]e|conclude|recap)|summing up|
        summary\s*:|tl;?\s?dr|(?:the )?bottom line|all in all|long story short|
        kurz (?:gesagt|gefasst|zusammengefasst)|kurzum|zusammen(?:fassend|gefasst)|fazit|unterm strich|
        en (?:résumé|bref|somme|conclusion|un mot|resumen|conclusión|pocas palabras)|bref,|pour (?:résumer|conclure)|para (?:resumir|concluir))
    """,
    "pleasantry": r"""
        \bhope (?:that )?(?:you|this|all|everything|your|things|the (?:week|day))\b.{0,50}\b(?:well|good|great|fine|finds?|lovely|nice|okay|wonderful|enjoy\w*|safe)\b|
        \btrust (?:that )?(?:you|all|this)\b.{0,30}\b(?:well|good|fine|finds?)\b|
        ^(?:it (?:was|is|'s) )?(?:so |very |really )?(?:great|nice|good|lovely|wonderful|a pleasure) (?:to (?:see|meet|hear|talk|speak)|seeing|meeting|hearing|talking|speaking)|
        ^(?:and )?(?:have|wish(?:ing)? (?:you|everyone)) (?:all )?(?:a |an )(?:\w+ )?(?:great|nice|good|lovely|wonderful|pleasant|fantastic|excellent|relaxing|productive)\b|
        ^enjoy (?:your|the|this) |^happy (?:monday|tuesday|wednesday|thursday|friday|holidays?|new year|weekend)|^how (?:are you|is it going|are things|have you been)|
        ^(?:best )?wishes for|^long time no|^welcome back|
        ^ich hoffe,? .{0,40}\b(?:gut|wohl|bestens)\b|^(?:ein |einen )?schöne[sn] (?:wochenende|tag|abend|woche|feiertag)|^wie geht(?:'s| es)|
        ^j['’]espère que .{0,50}\b(?:bien|vous allez|tu vas)\b|^(?:bonne (?:journée|soirée|semaine)|bon week-?end)\b|^comment (?:allez|vas|ça va)|
        ^espero que .{0,40}\b(?:bien|estés|esté|encuentre)\b|^(?:que tengas?|buen (?:fin|día))\b|^¿?cómo (?:estás|está|va)
    """,
    "offer": r"""
        \blet (?:me|us) know (?:if|whether|should|in case|of any|about any|when you have any)\b|\bshould you (?:have|need|require|want)\b|\bfeel free\b|
        \b(?:don['’]t|do not|please don['’]t) hesitate\b|\b(?:happy|glad|available|here) to (?:help|answer|discuss|assist|explain|talk|chat|clarify|go over)\b|
        \bif (?:you have|there are) any (?:further |other |more )?(?:questions?|concerns?|issues?|comments?|problems?)\b|\bany questions[,:]? (?:just|please|let|call|write|ask)|
        \bif you need (?:anything|any|more|further)\b|
        \bbei (?:rück)?fragen\b|\bmelde dich\b|\bmelden sie sich\b|\bzögern sie nicht|\bstehe ich .{0,30}zur verfügung|\bgerne? zur verfügung|
        \bn['’]hésite[zs]?\b|\bà (?:votre|ta) disposition\b|\bsi (?:vous avez|tu as) (?:des|la moindre|d['’]autres)|
        \bno dude[ns]?\b|\bquedo a (?:su|tu)\b|\bsi tienes? (?:alguna|preguntas|dudas)
    """,
    "thanks": r"""
        ^(?:(?:again|and|once again|first of all|once more),? )?(?:(?:many|so many|much|big|huge|a big) )?(?:thanks\b|thank you\b|thx\b)|\b(?:i|we) (?:really |very much |greatly |truly |do )?appreciate\b|
        ^(?:i|we) (?:would like to |want to |wanted to |just wanted to |wish to )thank\b|\b(?:i am|i['’]m|we are|we['’]re) (?:very |so |really )?(?:grateful|thankful)\b|^much appreciated|
        ^(?:vielen|besten|herzlichen|lieben|tausend) dank|^danke\b|\bich (?:danke|bedanke)\b|
        ^(?:un grand )?merci\b|\bje (?:vous|te) remercie|^(?:muchas |mil )?gracias\b|\ble agradezco|\bte agradezco
    """,
    "apology": r"""
        ^(?:i['’]?m |i am |we are |we['’]re |so |very |really )*sorry\b|\b(?:i|we) (?:do |must |sincerely |really )?apologi[sz]e\b|^(?:my|our|please accept) (?:\w+ )?apolog|^apologies\b|
        ^(?:please )?(?:excuse|forgive|pardon) (?:me|my|the|us|our)\b|
        ^entschuldig|\btut mir (?:sehr )?leid\b|\bbitte (?:um|ich um) entschuldigung|^verzeih|
        \bdésolée?\b|^(?:veuillez )?(?:m['’])?excuse[zr]?\b|^pardon\b|\blo siento\b|^disculp|^perdón?\b
    """,
    "looking_forward": r"""
        ^(?:and )?(?:(?:i|we)(?:['’]m|['’]re| am| are)? )?(?:really |very much )?look(?:ing)? forward\b|^(?:i )?can['’]?t wait\b|
        ^ich freue mich (?:auf|darauf|von)|^wir freuen uns (?:auf|von)|^dans l['’]attente|^au plaisir|^a la espera|^espero (?:su|tu) respuesta
    """,
    "next_step": r"""
        ^(?:as |the |our |my )?(?:a )?next steps?\b|^action (?:items?|points?)\b|^to-?dos?\s*:|\b(?:i|we)(?:['’]ll| will) (?:follow up|keep you (?:posted|updated|informed)|get back to you|be in touch|circle back|report back)\b|
        ^(?:der |die |als )?nächste[rsn]? schritte?\b|\b(?:ich|wir) (?:melde|melden) (?:mich|uns)\b|^(?:la )?prochaines? étapes?\b|^(?:el )?próximos? pasos?\b
    """,
    "introduction": r"""
        ^(?:below|here|attached|the following|following) (?:is|are|you['’]?(?:ll| will)? find|please find) (?:a |an |the |my |our |some )?(?:\w+ )?(?:summary|overview|update|list|notes?|points?|recap|rundown)\b.{0,40}[:.]$|
        ^this (?:e-?mail|mail|document|note|report|text|memo|message) (?:summari[sz]es|covers|describes|gives|lists|outlines|provides|contains|is about)\b|
        ^(?:just )?a (?:quick|short|brief) (?:note|update|reminder|summary|overview)\b.{0,30}[:.]$|^dieses (?:dokument|schreiben) (?:fasst|beschreibt|enthält)|
        ^ce (?:document|rapport|message) (?:résume|présente|décrit)|^este (?:documento|informe|mensaje) (?:resume|presenta|describe)
    """,
}
_KINDS = {
    kind: re.compile("|".join(line.strip().rstrip("|") for line in pattern.strip().split("\n")), re.IGNORECASE)
    for kind, pattern in _PATTERNS.items()
}
_QUESTION = "?？؟"

KINDS = (*_KINDS, "question")
FRAMING = frozenset({"pleasantry", "offer", "thanks", "apology", "looking_forward", "disclaimer", "introduction"})
"""What stands around the matter of a text rather than in it."""


@lru_cache(maxsize=4096)  # every trait that asks, asks of the same sentences
def kind_of(sentence: str) -> str:
    """Its kind, or "" where no plain word tells one."""
    if len(sentence.split()) <= _MOST_WORDS:
        for kind, pattern in _KINDS.items():
            if pattern.search(sentence):
                return kind
    return "question" if any(mark in tail(sentence) for mark in _QUESTION) else ""
