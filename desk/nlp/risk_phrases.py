"""Turns of phrase that a person should look at for what they say, however calmly: data, in six languages.

They are written without accents and in lower case, for a text is folded so before it is read. Within a phrase at most
three words of the customer's own may stand (` *3* ` is three or fewer), so that no text takes long.
"""

# ruff: noqa: E501  a phrase is read as one line

from __future__ import annotations

KINDS = ("self_harm", "safety", "legal", "leaving", "public")  # the gravest first

PHRASES: dict[str, tuple[str, ...]] = {
    "leaving": (
        # English
        r"(?:cancel|end|terminate|close|delete|quit)(?:ling|ing)? (?:my|our|the|this) (?:\w+ )?(?:subscription|account|contract|membership|plan|policy|service)",
        r"(?:(?:i|we)(?:'ll| will| am going to|'m going to|'re going to| want to| would like to|'d like to)) (?:cancel|leave you|quit)(?! (?:my|our|the|this|an?|it|order|booking|appointment|that))",
        r"(?:take|taking) (?:my|our) business elsewhere|(?:switch|switching|move|moving|change|changing|go|going) to (?:a |your |the |another |some )?(?:competit\w+|other (?:company|provider|supplier|shop)|another (?:company|provider|supplier|shop)|someone else)",
        r"never (?:buy|buying|order|ordering|shop|shopping|use|using|book|booking) *4* again|(?:lost|losing|lose) (?:me|us|a|another) (?:as a |loyal |good )?(?:customer|client)|last (?:time|order) (?:i|we)(?:'ll| will)? (?:ever )?(?:order|buy|shop|place|use)",
        # German
        r"(?:ich|wir) (?:werde|werden|will|wollen|mochte|mochten|muss|mussen) *4* ku?e?ndigen|(?:ich|wir) (?:kundige|kundigen|kuendige|kuendigen)|(?:vertrag|abo|abonnement|konto|mitgliedschaft) *3* (?:kundigen|kuendigen|auflosen|loschen)|hiermit (?:kundige|kuendige)|(?:meine|unsere|die) (?:kundigung|kuendigung)",
        r"(?:anbieter|zur konkurrenz|zum mitbewerber) *2*wechseln|(?:wechsle|wechseln|gehe|gehen) *3* (?:anbieter|zur konkurrenz|zum mitbewerber|woanders hin)|nie wieder *4* (?:bestell\w+|kauf\w+|buch\w+)|(?:bestellen?|kaufen?|buchen?) *2* nie (?:wieder|mehr)|(?:mich|uns) als kund\w+ (?:verloren|los)",
        # French
        r"(?:resilier|annuler|cloturer|fermer) (?:mon|notre|le) (?:abonnement|contrat|compte)|je (?:resilie|vous quitte)|(?:aller|passer|vais) (?:voir )?(?:chez|a) (?:la concurrence|un concurrent|un autre fournisseur)|(?:plus jamais|ne) *2* (?:commander\w*|acheter\w*) *2* (?:plus jamais|chez vous)|perdu un client",
        # Spanish
        r"(?:cancelar|dar de baja|cerrar) (?:mi|nuestra|nuestro|la|el) (?:suscripcion|contrato|cuenta|servicio)|darme de baja|me doy de baja|(?:irme|me voy|cambiarme|me cambio|pasarme) (?:a|con) (?:la competencia|otra (?:empresa|compania)|otro proveedor)|nunca mas *3* (?:comprar\w*|pedir\w*|compro|pido)|(?:perdido|pierden|perder) (?:a )?un cliente",
        # Portuguese
        r"(?:cancelar|encerrar|rescindir) (?:a |o )?(?:minha|meu|nossa|nosso) (?:assinatura|contrato|conta|plano|subscricao)|(?:mudar|vou|passar) para (?:a concorrencia|outra empresa|outro fornecedor)|nunca mais *3* (?:compro|comprar\w*|encomend\w*)|(?:perderam|perder) um cliente",
        # Italian
        r"(?:disdire|disdico|cancellare|chiudere|recedere da\w*) (?:il mio |la mia |il |la |l')(?:mio )?(?:abbonamento|contratto|account|conto|iscrizione)|(?:passo|passare|andare|vado|cambiare) (?:alla concorrenza|a un altro fornitore|fornitore)|mai piu *3* (?:compro|comprero|ordino|ordinero|acquist\w+)|perso un cliente",
    ),
    "legal": (
        r"(?:my|our|a|the|an) (?:lawyers?|attorneys?|solicitors?)|legal (?:action|steps|proceedings|advice)|(?:take|taking|see) you (?:all )?(?:to|in) court|(?:go|going) to court|small claims|(?:i|we)(?:'ll| will| am going to|'m going to)? sue|suing you|consumer (?:protection|rights|association|advice)|trading standards|ombudsman|data protection (?:authority|commissioner|office|officer)|(?:gdpr|privacy) complaint|(?:press|file) charges|report(?:ing)? you to the (?:police|authorit\w+)",
        r"(?:rechts)?anwalt(?:s|in|e)?|anwaltlich\w*|rechtsweg|rechtliche\w? schritte|(?:vor|zum) gericht|verklage[n]?|klage (?:einreichen|erheben)|verbraucherzentrale|verbraucherschutz|schlichtungsstelle|datenschutzbehorde|datenschutzbeauftragte\w*|anzeige (?:erstatten|bei der)|strafanzeige|mahnbescheid",
        r"(?:mon|notre|un|une) avocate?|(?:action|poursuites?|recours) (?:en justice|judiciaires?|legale?s?)|porter plainte|(?:au |devant le )tribunal|ufc[- ]que choisir|protection des consommateurs|dgccrf|cnil|mise en demeure",
        r"(?:mi|nuestro|un|una) abogad[oa]|acciones? (?:legal|judicial)(?:es)?|(?:ir|llevar\w*|iremos|voy) *2* (?:a (?:juicio|los tribunales)|al juzgado)|demandar(?:los|les|os)|(?:poner|presentar) una (?:denuncia|demanda)|(?:oficina|organizacion) (?:de|del) consum\w+|hoja de reclamacion\w*|agencia (?:espanola )?de proteccion de datos|aepd",
        r"(?:meu|nosso|um|uma) advogad[oa]|(?:acao|medidas|acoes) (?:judicia\w+|lega\w+)|(?:ao|em) tribunal|processar voces|vou processar|procon|livro de reclamacoes|defesa do consumidor|protecao de dados",
        r"(?:il mio|il nostro|un|mio) (?:avvocato|legale)|(?:azioni|vie|azione) legal[ei]|in tribunale|(?:vi )?denuncio|(?:sporgere|faccio) (?:denuncia|querela)|associazione (?:dei )?consumatori|altroconsumo|garante (?:della |per la )?privacy",
    ),
    "safety": (
        r"(?:caught|catch(?:es|ing)?|catched) (?:on )?fire|(?:went up|burst) in(?:to)? flames|fire hazard|(?:smoke|sparks) (?:came|comes|coming|is|was|were|started|pouring|everywhere)|(?:started|starts|began|is|was) (?:smoking|sparking|melting|smouldering)|electric(?:al)? shock|electrocuted|(?:got|gave|gives|giving) (?:me |us |him |her |my \w+ )?an? (?:electric(?:al)? )?shock from|(?:has |have |had )?exploded|gas leak|carbon monoxide",
        r"(?:i|we|he|she|child|son|daughter|baby|wife|husband|mother|father|kid|toddler|customer|someone|somebody) (?:was|were|is|got|has been|have been) (?:badly |seriously |slightly )?(?:injured|hurt|burn(?:ed|t)|bleeding|poisoned)|(?:burn(?:ed|t)|cut|injured) (?:my|his|her|our) (?:hands?|fingers?|arms?|face|legs?|foot|feet|skin|child|son|daughter|baby)|(?:swallowed|choked|choking)|(?:to|in) (?:the )?(?:hospital|emergency room|er) (?:because|after|with)|(?:taken|rushed|(?:i|we|he|she) (?:went|had to go)) to (?:the )?(?:hospital|emergency room)|allergic reaction|food poisoning|(?:danger|dangerous|hazard|risk) (?:to|for) (?:my |our |the |a )?(?:child\w*|kids?|life|health)",
        r"(?:in brand|feuer gefangen|brandgefahr|fangt an zu brennen|hat gebrannt|brennt)(?! darauf)|(?:raucht|qualmt|rauch kam|rauch kommt|rauchentwicklung|funken (?:spruh\w+|flog\w+)|geschmort|durchgeschmort)|(?:stromschlag|elektrischen? schlag|explodier\w+)|(?:verletzt|verbrannt|verbruht|blutet\w*|vergiftet) (?:hat|habe|haben|worden|wurde)|(?:verletzt|verbrannt) sich|(?:hand|finger|arm|gesicht|bein) (?:verbrannt|verletzt|geschnitten)|(?:ins|im) krankenhaus|(?:kind|sohn|tochter|baby) *4* (?:verletzt|verschluckt|verbrannt)|verschluckt|allergische reaktion|lebensgefahr\w*",
        r"(?:a )?pris feu|incendie|(?:de la|degage de la) fumee|(?:se met a|commence a) fumer|(?:choc|decharge) electrique|electrocute\w*|(?:a )?explose|(?:s'est|me suis|ete) (?:blesse\w*|brule\w*|coupe\w*|intoxique\w*)|(?:a l'|aux )(?:hopital|urgences)|(?:enfant|fils|fille|bebe) *3* (?:blesse\w*|avale)|reaction allergique",
        r"(?:se )?(?:incendio|prendio fuego|prendio en llamas)|(?:echa|echar|salio|sale) humo|descarga electrica|calambrazo|electrocut\w+|exploto|(?:me|se) (?:quem[eo]|cort[eo]|hirio|lastim[eo])|(?:al|en el) (?:hospital|urgencias)|(?:hijo|hija|nino|nina|bebe) *3* (?:herid[oa]|lastim\w+|trag[o]\w*)|reaccion alergica",
        r"pegou fogo|incendio|(?:sai|saiu|saindo) fumaca|(?:deita|deitou) fumo|choque eletrico|explodiu|(?:me|se) (?:queimei|queimou|cortei|cortou|machuquei|machucou|feriu)|(?:ao|no|para o) hospital|(?:filho|filha|crianca|bebe) *3* (?:ferid[oa]|engoliu|machucou)|reacao alergica",
        r"preso fuoco|incendio|(?:esce|usciva|uscito) (?:del )?fumo|scossa elettrica|folgorat\w+|(?:e )?esplos[oa]|(?:mi sono|si e) (?:bruciat|ferit|tagliat|ustionat)[oa]|(?:in|all') ?ospedale|pronto soccorso|(?:figlio|figlia|bambin[oa]|neonat[oa]) *3* (?:ferit[oa]|ingoiat[oa]|ingerit[oa])|reazione allergica",
    ),
    "public": (
        r"(?:bad|negative|terrible|awful|horrible|scathing|one[- ]star|1[- ]star|zero[- ]star) (?:google |trustpilot |public )?(?:reviews?|ratings?)|(?:i|we)(?:'ll| will| am going to|'m going to|'re going to| shall) (?:leave|write|post) (?:you )?(?:a |an )?(?:public |honest |long )?review|(?:post|posting|share|sharing|put|putting|tweet|tweeting|publish|write|complain) *4* (?:on|to|all over) (?:twitter|x\.com|facebook|instagram|tiktok|reddit|linkedin|youtube|trustpilot|google|social media)|(?:go|going|talk|talking|contact|contacting|inform|tell|write to) (?:to )?(?:the |a |my local )?(?:press|media|newspapers?|journalists?|reporters?|tv)|(?:go|going) (?:public|viral)|(?:warn|warning|tell) (?:all )?(?:everyone|everybody|others|other customers|people) (?:about|not to|to avoid)|expose you",
        r"(?:schlechte|negative|vernichtende|miese|ein[- ]?stern|1[- ]?stern)[nrs]?[- ]?(?:bewertung|rezension)(?:en)?|(?:bewertung|rezension) *3* (?:schreiben|hinterlassen|abgeben)|(?:poste[n]?|teile[n]?|veroffentliche[n]?|schreibe[n]?) *4* (?:auf|bei) (?:twitter|facebook|instagram|tiktok|linkedin|youtube|trustpilot|google|social media)|(?:an die|der|zur) (?:presse|zeitung)|(?:presse|zeitung|medien) (?:informieren|einschalten|wenden|gehen)|an die offentlichkeit|offentlich machen|(?:alle|andere) warnen",
        r"(?:mauvais|tres mauvais|negatif)s? (?:avis|commentaires?|note)|avis negatifs?|(?:laisser|publier|poster|mettre) *3* avis|(?:publier|poster|partager|denoncer) *4* (?:reseaux sociaux|twitter|facebook|instagram|tiktok|google|trustpilot)|(?:a la|contacter la|alerter la|prevenir la) presse|(?:un|les) journalistes?|rendre (?:cela |ca |l'affaire )?publi\w+",
        r"(?:mala|malas|pesima|negativa) (?:resena|critica|opinion|valoracion|puntuacion)\w*|(?:resena|critica|opinion|valoracion) (?:negativa|mala)|(?:publicar\w*|compartir\w*|subir\w*|denunciar\w*) *4* (?:redes sociales|twitter|facebook|instagram|tiktok|google|trustpilot)|(?:a la|con la|contactar a la) prensa|(?:un|los) periodistas?|hacer\w* publico",
        r"(?:ma|pessima|negativa) (?:avaliacao|critica)|avaliacao negativa|(?:publicar|postar|divulgar|expor|partilhar) *4* (?:redes sociais|twitter|facebook|instagram|tiktok|google|trustpilot)|reclame aqui|(?:a|com a|contactar a) imprensa|(?:um|os) jornalistas?|tornar publico",
        r"(?:recensione|recensioni|valutazione) (?:negativ[ae]|pessim[ae])|(?:pessima|cattiva|brutta) recensione|(?:pubblicare|postare|pubblichero|condividere) *4* (?:social|twitter|facebook|instagram|tiktok|google|trustpilot)|(?:alla|con la|contattare la) stampa|(?:un|i) giornalist[ai]|striscia la notizia|rendere pubblic\w+",
    ),
    "self_harm": (
        r"(?:kill|killing|hurt|hurting|harm|harming|cut|cutting) myself(?! (?:laughing|shaving|on|a |while|short|off|some))|(?:end|ending|take|taking) my (?:own )?life|(?:want|wish|rather|going) (?:to )?(?:die|be dead)(?! (?:of|from|laughing|in peace))|(?:i am|i'm|feel|feeling) suicidal|(?:commit|committing|considering) suicide|(?:don't|do not|no longer) want to (?:live|be alive|be here any ?more)|(?:no|any) reason to (?:live|go on living)",
        r"(?:mich|selbst) (?:um(?:zu)?bringen|umbringe|zu toten|toten)|(?:mir|meinem leben) (?:das leben|ein ende) (?:zu )?(?:nehmen|setzen|machen)|(?:selbstmord|suizid)(?:gedanken|gefahrdet)?|(?:will|mochte) (?:nicht mehr leben|sterben)|(?:mich|mir) (?:selbst )?(?:zu )?(?:verletzen|ritzen|etwas antun)",
        r"(?:me suicider|me tuer|mettre fin a mes jours|m'oter la vie)|(?:envie de|veux) mourir(?! de rire)|(?:pensees|idees) suicidaires|(?:veux|ai) plus (?:vivre|envie de vivre)|me faire du mal",
        r"(?:suicidarme|matarme|quitarme la vida|hacerme dano)|(?:quiero|ganas de) morir(?:me)?(?! de risa)|(?:no|ya no) quiero (?:seguir )?vivir|pensamientos suicidas",
        r"(?:me matar|suicidar(?:-me)?|tirar a minha (?:propria )?vida|acabar com a minha vida)|(?:quero|vontade de) morrer(?! de rir)|nao quero (?:mais )?viver|pensamentos suicidas",
        r"(?:uccidermi|ammazzarmi|suicidarmi|togliermi la vita|farla finita|farmi del male)|(?:voglio|voglia di) morire(?! dal ridere| dalle risate)|non voglio (?:piu )?vivere|pensieri suicidi",
    ),
}  # fmt: skip

# What turns a phrase round when it stands before it in the same clause, or directly behind it.
NOT_BEFORE = (
    r"(?:not|never|no|without|cannot|\w+n't|dont|nicht|kein\w*|nie|niemals|ohne|ne|pas|jamais|sans|aucun\w*|nunca|jamas|"
    r"sin|ningun\w*|nao|sem|nenhum\w*|non|mai|senza|nessun\w*|nobody|noone|niemand)"
)
NOT_BEHIND = r"(?: \w+){0,2} (?:nicht|pas|keinesfalls)\b"
# "I do not think I will cancel": the one who speaks may stand between the two here.
THINKING = r"(?:think|believe|plan|intend|want|mean|glaube|denke|pense|crois|creo|pienso|acho|penso|credo)"
SELVES = r"(?:i|i'll|i'm|i'd|we|we'll|ich|wir|je|j'ai|nous|yo|nosotros|eu|nos|io|noi)"
# Somebody else did it, or it is a trade and not a threat.
ELSE_BEFORE = (
    r"(?:(?:why|did|that|because|after|since|when|have|if) (?:\w+ )?(?:you|they)|(?:am|i'm|as|being|was)(?: an?)?|"
    r"(?:warum|dass|weil|nachdem|als) (?:sie|ihr)|(?:ich|er|sie) (?:bin|ist))"
)
