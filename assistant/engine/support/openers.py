"""Words that summaries begin sentences with and that no source needs to have: no names, by this list alone.

Function words stand in `memory.common_words`. A word belongs here if it is common, and never a name in its language.
"""

from __future__ import annotations

_WORDS = """
according additionally afterwards although amid among analysts another around authorities because beyond both citizens
company companies concerns critics currently customers data despite developers during earlier efforts elsewhere
employees engineers events everyone exactly experts finally findings firms first following former further given
governments growing growth half hence here hundreds initially instead investigators investors key later latest
lawmakers leaders less local major many meanwhile members millions moreover most much nearly nevertheless new news next
none nonetheless notably nothing now officials one only opponents organisers organizers others otherwise overall
overnight parents participants past people perhaps plans players police politicians previous previously prices prior
prosecutors protesters readers recent recently reports researchers residents rescuers results reviewers rising
scientists second separately several shares similarly since some soon sources state still students studies such
supporters teachers thousands today together tomorrow tonight travellers travelers two ultimately unlike users various
visitors voters while witnesses women workers work yesterday yet
allerdings anschließend anwohner arbeiter bereits besucher bislang bürger daher damit danach darüber demnach dennoch
derzeit deshalb experten fachleute ferner forscher forschende forscherinnen gegner gleichzeitig heute hinzu hunderte
immer insgesamt jedoch kritiker künftig laut leute medien mehrere mehr menschen millionen mitarbeiter nachdem neben neue
neuer neues nun nutzer obwohl polizei seitdem sollte somit später statt tausende teilnehmer trotz unterdessen
unternehmen viele vor während weil weitere weiterhin wissenschaftler wissenschaftlerinnen zahlen zudem zugleich zuletzt
zunächst zusätzlich zuvor zwar gestern morgen ergebnisse studien daten behörden
ainsi alors après aucun aujourd'hui auparavant autorités avant bientôt certains cependant cet cette chercheurs chaque
citoyens critiques demain depuis désormais dès données écologistes élus enfin ensuite entre experts face gens grâce
habitants hier ici jamais lors malgré même mercredi nombre nombreux nouveau nouveaux nouvelle nouvelles pendant personne
plusieurs pourtant près quelques responsables résultats scientifiques selon surtout tandis toujours toutefois tous très
utilisateurs voici voyageurs
además actualmente ahora algunos analistas anoche antes aún aunque ayer autoridades cada casi científicos ciudadanos
críticos cuando cuatro datos debido desde después días dos durante empresas entonces estudios expertos finalmente gente
gracias hasta hoy incluso investigadores luego mañana mientras miles muchos nadie ningún nuevas nueva nuevo nuevos otra
otros personas pese pronto resultados según siempre sin sólo solo tal también tampoco tanto tras tres usuarios varios
vecinos viajeros
"""
OPENERS = frozenset(_WORDS.split())
