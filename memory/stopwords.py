"""The words so common that they say nothing about a text, in the languages of the digest's headings.

Full-text search drops them from questions, extraction and stories do not count them as content. Case-folded.
"""

from __future__ import annotations

_ENGLISH = """
a about above after again against all also although always am among an and another any anyone anything are aren't
around as at away back be became because become been before being below between both but by can can't could couldn't
did didn't do does doesn't doing don't done down during each either else enough even ever every everyone everything few
for from further get gets getting give go goes going got had has have haven't having he her here hers herself him
himself his how however i i'd i'll i'm i've if in instead into is isn't it it's its itself just last least less let
like made make makes making many may maybe me might more most much must my myself neither never new next no nobody none
nor not nothing now of off often on once one only or other others our ours out over own per perhaps put quite rather
really s said same say says see seem seems several she should shouldn't since so some someone something soon still such
t take than that that's the their theirs them themselves then there there's these they they're thing things this those
though through thus to today together told too toward towards two under until up upon us use used uses using very via
was wasn't way we we're well went were weren't what when where whether which while who whole whom whose why will with
within without won't would wouldn't yes yet you you're your yours
"""
_GERMAN = """
aber alle allem allen aller alles als also am an ander andere anderen auch auf aus bei beim bereits bin bis bist da dabei
dadurch daher damit danach dann daran darauf das dass dazu dein dem den denn der des deshalb dessen die dies diese diesem
diesen dieser dieses doch dort du durch ein eine einem einen einer eines einige er es etwa etwas euch für gegen hab habe
haben hat hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im immer in ins ist ja jede jedem
jeden jeder jedes jetzt kann kein keine keinem keinen keiner können könnte machen man mehr mein mit muss müssen nach
neue neuen nicht nichts noch nun nur ob oder ohne schon sehr sein seine seinem seinen seiner seit sich sie sind so soll
sollen sollte sondern sonst sowie über um und uns unser unter viel vom von vor war waren was weg weil weiter wenn wer
werde werden wie wieder will wir wird wo wollen worden wurde wurden während würde zu zum zur zwar zwischen
"""
_FRENCH = """
ai ainsi alors après as au aucun aussi autre autres aux avait avant avec avoir ce cela ces cet cette ceux chaque chez
comme comment contre d dans de depuis des donc dont du elle elles en encore entre est et été être eu fait fois il ils je
jusqu l la le les leur leurs lors lui là ma mais me même mes moins mon même n ne ni non nos notre nous on ont ou où par
parce pas pendant peu peut plus pour pourquoi qu quand que quel quelle qui quoi sa sans se selon sera ses si son sont
sous sur ta te tes toi ton tous tout toute toutes très tu un une vers vos votre vous y à
"""
_SPANISH = """
al algo algunas algunos ante antes aquí así aunque cada como con contra cual cuando de del desde donde dos durante e el
ella ellas ellos en entre era es esa ese eso esta estaba este esto estos está están fue fueron ha había han hasta hay la
las le les lo los me mi mientras mismo muy más ni no nos o otra otro otros para pero poco por porque que quien qué se
sea según ser si sido sin sobre solo son su sus sí también tanto te tiene tienen todo todos tras un una uno unos y ya yo
"""

STOPWORDS = frozenset(f"{_ENGLISH} {_GERMAN} {_FRENCH} {_SPANISH}".split())
