"""British words and their American spellings: tables of stems with their endings, and pairs.

Pure. Both ways only where each side has one spelling; where the American one is a British word as well ("check", "meter",
"practice"), it is never changed back. `spelling` and `terms` ask.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import product

_ISE = """
agon anonym antagon apolog author brutal cannibal canon capital categor cauter central character circular civil colon
commercial compartmental computer conceptual container contextual creol critic crystall custom decriminal demon democrat
destabil digital digit dogmat dramat econom emphas empath energ epitom equal eulog evangel external familiar fantas federal
fertil fictional final formal fossil galvan general global harmon homogen hospital hybrid hypnot hypothes ideal idol immortal
immun incentiv individual industrial initial institutional internal international ital item jeopard juxtapos legal liberal
liquid local magnet marginal material maxim mechan memor mesmer metabol militar mineral miniatur minim mobil modern moistur
monet monopol motor national natural neutral normal notar optim organ ostrac oxid parametr particular pasteur patron penal
personal philosoph plagiar polar polymer popular pressur priorit privat proselyt public pulver random rational real recogn
regional regular revital revolution ritual romant sanit scandal scrutin secular sensit sensational serial sexual social
solemn special spiritual stabil standard steril stigmat strateg styl subsid summar symbol sympath synchron synthes systemat
tantal tender terror theor token tranquil traumat trivial tyrann union urban util vandal vapor vector verbal victim visual
vital vocal vulgar western winter
"""
_ISE_ENDINGS = "e es ed er ers ing ingly ation ations ational able ability"
_PREFIXES = ("re", "un", "de", "dis", "over", "under", "mis", "pre", "non", "in", "multi", "auto")
_OUR = """
arm behavi cand clam col demean endeav fav ferv flav harb hon hum lab neighb od parl ranc rig rum savi sav splend tum val vap
vig
"""
_OUR_ENDINGS = " s ed ing ings er ers able ably ite ites itism ful fully less al ally hood hoods ly y ist ists"
_RE = "calib cent centimet fib goit kilomet lit lust meag millimet sab somb spect theat"
_RE_ENDINGS = (("re", "er"), ("res", "ers"), ("red", "ered"), ("ring", "ering"), ("rely", "erly"))
_DOUBLED = """
cancel channel counsel dial duel enamel equal fuel grovel initial jewel label level libel marshal marvel model panel pencil
quarrel refuel rival shovel signal snivel spiral stencil swivel total travel tunnel unravel
"""
_DOUBLED_ENDINGS = "ed ing er ers ings"
_YSE = "anal catal electrol hydrol paral"
_YSE_ENDINGS = "e ed er ers ing"
_PAIRS = """
acknowledgement acknowledgment, acknowledgements acknowledgments, aeroplane airplane, aeroplanes airplanes, ageing aging,
aluminium aluminum, anaemia anemia, anaemic anemic, anaesthesia anesthesia, anaesthetic anesthetic, anaesthetics anesthetics,
artefact artifact, artefacts artifacts, catalogue catalog, catalogues catalogs, catalogued cataloged, cataloguing cataloging,
cosy cozy, cosier cozier, defence defense, defences defenses, defenceless defenseless, diarrhoea diarrhea, distil distill,
distils distills, encyclopaedia encyclopedia, encyclopaedias encyclopedias, enrol enroll, enrols enrolls,
enrolment enrollment, enrolments enrollments, fulfil fulfill, fulfils fulfills, fulfilment fulfillment, foetal fetal,
foetus fetus, grey gray, greys grays, greyer grayer, greyish grayish, gynaecology gynecology, haemoglobin hemoglobin,
haemorrhage hemorrhage, instalment installment, instalments installments, instil instill, instils instills,
jewellery jewelry, judgement judgment, judgements judgments, leukaemia leukemia, manoeuvre maneuver, manoeuvres maneuvers,
manoeuvred maneuvered, manoeuvring maneuvering, marvellous marvelous, marvellously marvelously, mould mold, moulds molds,
mouldy moldy, moustache mustache, moustaches mustaches, oesophagus esophagus, oestrogen estrogen, offence offense,
offences offenses, orthopaedic orthopedic, paediatric pediatric, paediatrician pediatrician, paediatrics pediatrics,
plough plow, ploughs plows, ploughed plowed, ploughing plowing, pretence pretense, pyjamas pajamas, sceptic skeptic,
sceptics skeptics, sceptical skeptical, sceptically skeptically, scepticism skepticism, skilful skillful,
skilfully skillfully, smoulder smolder, smouldering smoldering, sulphur sulfur, sulphate sulfate, wilful willful,
wilfully willfully, woollen woolen
"""
_ONE_WAY = """
cheque check, cheques checks, kerb curb, licence license, licences licenses, metre meter, metres meters, practise practice,
practised practiced, practises practices, practising practicing, programme program, programmes programs, storey story,
storeys stories, tyre tire, tyres tires, draughty drafty
"""


def _pairs_of(text: str) -> Iterator[tuple[str, str]]:
    for pair in text.split(","):
        british_word, american_word = pair.split()
        yield british_word, american_word


def _both_ways() -> Iterator[tuple[str, str]]:
    for stem, ending in product(_ISE.split(), _ISE_ENDINGS.split()):
        yield f"{stem}is{ending}", f"{stem}iz{ending}"
    for stem, ending in product(_OUR.split(), _OUR_ENDINGS.split(" ")):
        yield f"{stem}our{ending}", f"{stem}or{ending}"
    for stem, (british_end, american_end) in product(_RE.split(), _RE_ENDINGS):
        yield stem + british_end, stem + american_end
    for stem, ending in product(_DOUBLED.split(), _DOUBLED_ENDINGS.split()):
        yield f"{stem}l{ending}", stem + ending
    for stem, ending in product(_YSE.split(), _YSE_ENDINGS.split()):
        yield f"{stem}ys{ending}", f"{stem}yz{ending}"
    yield from _pairs_of(_PAIRS)


_TO_BRITISH = {american_word: british_word for british_word, american_word in _both_ways()}
_TO_AMERICAN = dict(_both_ways()) | dict(_pairs_of(_ONE_WAY))


@lru_cache(maxsize=8192)
def american(word: str) -> str | None:
    """The American spelling of a small British word; `None` where it is spelt alike, or is none."""
    return _looked_up(word, _TO_AMERICAN)


@lru_cache(maxsize=8192)
def british(word: str) -> str | None:
    """The other way round."""
    return _looked_up(word, _TO_BRITISH)


def _looked_up(word: str, words: dict[str, str]) -> str | None:
    found = words.get(word)
    if found is not None or len(word) < 7:
        return found
    for prefix in _PREFIXES:
        if word.startswith(prefix):
            bare = word[len(prefix) :].removeprefix("-")
            found = words.get(bare)
            if found is not None:
                return word[: len(word) - len(bare)] + found
    return None
