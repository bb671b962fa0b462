"""The commonest words of the languages written in Latin letters: they tell a language, and nothing of what a text is about.

`memory.languages` is the only reader. A word here is stripped from queries in its language, so it must be a function word.
"""

from __future__ import annotations

COMMON_WORDS = {
    code: frozenset(words.split())
    for code, words in {
        "en": """
            a about after again against all also although am among an and another any are as at be because been before
            being between both but by can could did do does doing during each either even every few for from further
            had has have having he her here hers him his how however i if in into is it its itself just many me might
            more most much must my no nor not now of off on once only onto or other others our out over own s same she
            should since so some such t than that the their them then there these they this those through to too under
            until up very was we were what when where which while who whom why will with within without would you your
            """,
        "de": """
            aber alle allem allen aller als am an auch auf aus bei beim bin bis bist da damit dann das dass dem den denn
            der des dessen dich die dies diese diesem diesen dieser dieses dir doch dort durch ein eine einem einen
            einer eines er es etwas euch für gegen haben hatte hier hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer
            im in ins ist ja jede jedem jeden jeder jedes jetzt kann kein keine können mehr mein mich mir mit muss nach
            nicht nichts noch nun nur ob oder ohne sehr sein seine seinem seinen seiner seit sich sie sind so soll über
            um und uns unter vom von vor war waren was weil weiter wenn werden wie wieder will wir wird wo wurde wurden
            während zu zum zur zwar zwischen
            """,
        "fr": """
            ainsi après au aussi autre aux avait avant avec avoir c ce ces cet cette ceux chez comme contre d dans de des
            deux donc dont du elle elles en encore entre est et eu eux fait il ils j je l la le les leur leurs lors lui
            mais me mes moi mon même n ne nos notre nous on ont ou où par pas pendant peu peut plus pour pourquoi qu
            quand que quel quelle qui s sa sans se selon ses si son sont sous sur ta te tes toi ton tous tout toute
            toutes très tu un une vers vos votre vous y à été être
            """,
        "es": """
            a al algo ante antes aquel así aunque cada como con contra cual cuando de del desde donde dos el ella ellas
            ellos en entre era es esa ese eso esta estaba estado están este esto fue fueron ha había hacia han hasta hay
            la las le les lo los me mi mientras mis muy más no nos o os otra otro para pero por porque qué que quien se
            según ser si sido sin sobre solo son su sus sí también te tiene toda todo todos tras tu un una uno unos y ya
            yo él
            """,
        "it": """
            a ad agli ai al alla alle allo anche ancora che chi ci come con contro cui da dagli dai dal dalla dalle dei
            del della delle dello di dopo dove due e ed era essere fra gli ha hanno ho i il in io l la le lei lo loro lui
            ma mi mia mio molto ne negli nei nel nella nelle noi non nostro o per perché più poi prima quale quando
            quella quelli quello questa queste questi questo sarà se sei senza si sia solo sono stata stato su sua sui
            sul sulla sulle suo tra tutti tutto un una uno voi è
            """,
        "pt": """
            a ainda ao aos as até com como contra da das de dela dele depois do dos e ela elas ele eles em entre era essa
            esse esta este está eu foi foram há isso isto já lhe mais mas me mesmo meu minha muito na nas nem no nos não
            o os ou para pela pelas pelo pelos por quando que quem se sem ser seu sua são só também tem ter todos um uma
            você à às é
            """,
        "nl": """
            aan al alle als bij dan dat de deze die dit door een en er ge geen haar had heb hebben heeft het hem hier hij
            hoe hun ik in is ja je kan kunnen maar me meer men met mij mijn na naar niet niets nog nu of om omdat ons ook
            op over te tegen toch toen tot uit uw van veel voor was wat we wel werd wij worden wordt zal ze zelf zich
            zij zijn zo zonder zou
            """,
        "sv": """
            alla allt att av blev bli blir de dem den denna deras dess det detta dig din du där efter ej eller en er ett
            från för ha hade han hans har hennes hon honom hur här i icke in inte jag ju kan kunde man med mellan men mig
            min mot mycket ni nu när någon något några och om oss på sedan sig sin sina ska skulle som så till under upp
            ut utan vad var vara vi vid vilka än är över
            """,
        "da": """
            ad af alle alt at blev blive bliver da de dem den denne der deres det dette dig din du efter eller en end er
            et for fra ham han hans har havde hende her hun hvad hvis hvor i ikke ind jeg jo kan kunne man mange med
            meget men mig min mod nogle nogen når nu og også om op os over på sig sin skal skulle som sådan til ud under
            var ved vi vil ville været
            """,
        "no": """
            alle at av bare ble bli blir da de dem den denne der deres det dette dit du eller en enn er et etter for fra
            få han hans har hadde henne her hun hva hvis hvor hvordan i ikke inn jeg kan kunne man mange med meg mellom
            men mer min mot nei noe noen nå når og også om opp oss over på seg selv sin skal skulle som så til under ut
            uten var ved vi vil ville være vært
            """,
        "fi": """
            ei eivät en ennen että he hän ja jo joka jos jossa kanssa koko kuin kun kuitenkin me mikä minä mitä muun
            mukaan mutta mutta myös ne niin noin nyt oli olla olisi olivat on ovat se sekä sen siitä sitä tai tämä tämän
            vain vielä voi vuoden yli
            """,
        "pl": """
            a ale bardzo bez bo by być był była było były co czy dla do gdy go i ich ile im ja jak jako jego jej jest
            jeszcze już każdy kiedy kto która które który ma mnie może na nad nie niż o od on ona oni oraz po pod przed
            przez przy się są ta tak także te tego tej ten to tu tylko tym w we wszystko z za ze że
            """,
        "cs": """
            a aby ale ani až být by byl byla bylo byly co do ho i jak jako je jeho její jejich jen ještě již jsem jsou k
            kde kdo kdy která které který mezi na nad ne nebo není než o od po pod podle pro proto před při s se si tak
            také tedy tento to tom u už v ve však z za ze že
            """,
        "tr": """
            ama ancak bir biz bu bunu büyük çok da daha de değil diye dolayı en gibi göre hem her için ile ise kadar ki
            mi mı ne neden o olan olarak oldu olduğu olduğunu olmak onun sonra şu tarafından ve veya ya yeni yok
            """,
        "ro": """
            a ai al ale am ar are au aș avea ca care ce cei cel cele către cu că da dar de decât despre din după ea ei el
            este eu fi fie fiecare fost în în între la le lor lui mai mult nu o oricare pe pentru prin sa sau se spre
            sunt și un una unei unui
            """,
        "hu": """
            a az abban ahogy aki ami amely azt azonban be csak de e egy és ez ezt fel ha hogy is ki kell két lehet már
            még meg mert mi mint minden nagy ne nem olyan pedig s sem szerint után utána vagy van vannak volt voltak
            """,
        "id": """
            ada adalah akan anda atau bagi bahwa bisa dalam dan dapat dari dengan di hingga ia ini itu juga kami karena
            ke kepada kita lebih mereka oleh pada saat saya sebagai secara sudah tahun tersebut tidak untuk yang
            """,
        "vi": """
            bị các cho chỉ có của cũng đã đang đến để được hay hơn khi không là làm lại mà một nhiều như những này năm
            người nhưng ở ra rất sau sẽ tại theo thì trên trong từ và vào với về
            """,
    }.items()
}
