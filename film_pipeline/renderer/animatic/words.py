"""The words a storyboard is read by: patterns for places, times, weather, lights, subjects, shots, moves and actions.

One list and nothing else; :mod:`reading` decides what a match means. Most words are English, with the commonest Dutch,
German, French and Spanish ones. In each table the order matters only where two patterns match at the same place: the
earlier name wins.
"""

PLACES = {
    "corridor": r"corridor|hallway|passage(?:way)?|airlock|tunnel|sewers?|bridge of the ship|space ?station interior",
    "market": r"(?:night |street |flower )?markets?|bazaars?|stalls?|souks?",
    "canal": (
        r"canals?|gracht|bridges?|quays?|waterways?|harbou?rs?|docks?|piers?|venice|rivers?|embankment|"
        r"riverside"
    ),
    "rooftop": r"roof ?tops?|roofs?|balcon(?:y|ies)|skyscraper'?s? edge",
    "station": r"(?:train|metro|subway|railway) (?:station|platform)|platform|subway|metro|trains?|carriage|tram",
    "kitchen": r"kitchens?|stove|diner|bakery",
    "bar": r"bars?|pubs?|taverns?|nightclubs?|clubs?|cafes?|cafés?|restaurants?|saloon",
    "office": r"offices?|headquarters|police station|precinct|newsroom|classrooms?|library|archive|desk",
    "lab": (
        r"lab(?:s|oratory|oratories)?|workshops?|server rooms?|data ?cent(?:er|re)|hospital|control room|"
        r"bunker|vault"
    ),
    "room": (
        r"zimmer|chambre|kamer|habitación|(?:bed|living|dining|hotel|interrogation )?rooms?|apartments?|"
        r"flats?|interiors?|indoors|house interior|attics?|cellars?|basements?|hall|church|cathedral|cabin|"
        r"studio|home|theat(?:er|re)"
    ),
    "forest": r"forests?|woods?|woodland|forêt|wald|bosque|bos|jungles?|trees|grove|park|garden",
    "desert": r"deserts?|dunes?|sahara|mars|wasteland|canyons?|sand",
    "sea": (
        r"seas?|mer|meer|zee|mar|plage|strand|playa|oceans?|storms? at sea|waves?|beach(?:es)?|coasts?|"
        r"shores?|lighthouse|lakes?|bay|island"
    ),
    "mountain": r"mountains?|montagnes?|berge?|montañas?|peaks?|summits?|alps|cliffs?|glaciers?|valleys?|hills?|ridge",
    "space": (
        r"(?:outer |deep )?space|galax(?:y|ies)|nebulas?|orbit(?:ing)?|planets?|asteroids?|cosmos|starfield|"
        r"space ?ships? fl\w+|wormhole"
    ),
    "field": (
        r"fields?|meadows?|farms?|prairies?|steppes?|countryside|villages?|plains?|roads?|highway|"
        r"grass(?:land)?"
    ),
    "city": (
        r"cit(?:y|ies)|streets?|alley(?:s|way)?|downtown|skyline|metropolis|towns?|avenues?|boulevards?|plaza|"
        r"squares?|urban|skyscrapers?|buildings?|neighbou?rhood|intersection|tokyo|new york|london|paris|"
        r"berlin|ville|stadt|ciudad|città|stad|rue|straße|strasse|straat|calle|hong kong|shanghai"
    ),
}

TIMES = {
    "golden": r"golden (?:hour|light|clouds|glow)|late afternoon|magic hour",
    "dawn": r"dawn|sun ?rise|daybreak|first light|early morning",
    "dusk": r"dusk|sun ?set|abend|soir|schemering|twilight|evening|blue hour|gloaming",
    "night": r"nights?|midnight|nocturnal|moon(?:lit|light)?|after dark|starry|nacht|nuit|noche",
    "day": (
        r"days?|day ?light|noon|midday|mornings?|afternoons?|sunny|sun ?lit|sun ?light|sun ?rays|sunshine|"
        r"burning sun|tag|jour"
    ),
}

WEATHER = {
    "storm": r"storm\w*|thunder\w*|lightning|tempest|hurricane|gale",
    "rain": r"rain\w*|drizzl\w*|downpour|wet|pouring|umbrellas?|puddles?|regen|pluie|lluvia|drenched",
    "snow": r"snow\w*|blizzards?|winter|frost\w*|icy|schnee|neige",
    "fog": r"fog\w*|mist\w*|haz[ey]\w*|smog|smok[ey]\w*|steam\w*|nebel|dust\w*",
    "wind": r"wind(?:y|swept)?|breeze|leaves",
}

LIGHTS = {
    "neon": r"neon|cyber ?punk|billboards?|led lights?|glowing signs?|synthwave|vaporwave|blade ?runner",
    "hologram": r"hologra\w+|projections?|projected",
    "candle": r"candle\w*|lanterns?|oil lamps?|torch(?:es)?",
    "fire": r"fire(?:s|light|place|works)?|flames?|burning(?! sun)|campfire|embers?|explosions?|lava",
    "moon": r"moon\w*",
    "sun": r"sun\w*|soleil|sonne|sol",
    "screen": r"screens?|monitors?|computers?|terminals?|displays?|phones?|tablets?|televisions?|laptops?",
    "lamp": r"lamps?|street ?lights?|spot ?lights?|desk lamp|headlights?",
}

SUBJECTS = {
    "eye": r"eyes?(?! ?-?level)|iris|pupils?",
    "hand": r"hands?(?! ?-?held)|fingers?|palms?|fists?|gloves?|holding",
    "face": r"faces?|portrait|heads?|lips|smil\w+|cheeks?|profile|tears?|cr(?:y|ies|ying)",
    "detective": r"detectives?|investigators?|inspectors?|noir hero|trench ?coats?|fedora|private eye",
    "robot": r"robots?|androids?|cyborgs?|mechs?|automaton",
    "astronaut": r"astronauts?|cosmonauts?|space ?suits?",
    "child": r"child(?:ren)?|kids?|boys?|girls?",
    "woman": (
        r"wom[ae]n|femme|frau|mujer|vrouw|lady|ladies|she|mother|sister|queen|actress|heroine|waitress|wife|"
        r"daughter"
    ),
    "hooded": r"hood\w*|hackers?|monks?|wizards?|witch|cloak\w*|assassins?|thief|strangers?|informants?",
    "crowd": r"crowds?|people|pedestrians?|passers-?by|commuters?|shoppers?|soldiers?|tourists?|citizens|busy",
    "person": (
        r"m[ae]n|homme|mann|hombre|person|figures?|silhouettes?|he|someone|father|brother|king|hero|actor|"
        r"captain|sailors?|police\w*|officers?|agents?|cooks?|chefs?|scientists?|doctors?|bartenders?|"
        r"waiters?|hikers?|travell?ers?|workers?|protagonist|character|couple|lovers?|suspect|guards?|"
        r"drivers?|pilots?|monk|mari?ners?|knight|fisher\w+|vendors?|merchants?|climbers?|skiers?|runners?|"
        r"nomads?|partners?|villain|boss|client"
    ),
    "map": r"maps?|blueprints?|charts?|hologram of the city",
    "phone": r"phones?|telephones?|devices?|communicator|tablets?|handset",
    "key": r"keys?\b(?! light)|keycards?",
    "cup": r"cups?|coffee|tea|glass(?:es)?|whisk(?:e)?y|drinks?|mug",
    "letter": r"letters?|photos?|photographs?|papers?|notes?|envelopes?|documents?|books?",
    "gun": r"guns?|pistols?|revolvers?|weapons?|blaster",
    "clock": r"clocks?|watch(?=\b(?!ing))|pocket watch|hourglass",
    "chip": r"(?:micro)?chips?|data ?(?:drive|shard|cube)s?|memory (?:card|stick)|implants?|usb",
    "flower": r"flowers?|tulips?|roses?|petals?",
    "door": r"doors?|doorways?|gates?|entrance",
    "flyer": r"flying cars?|spinners?|hover ?(?:cars?|crafts?)|air ?ships?|zeppelins?|helicopters?|planes?|aircraft",
    "drone": r"drones?",
    "car": r"cars?|taxis?|vehicles?|trucks?|limousines?|automobiles?|van",
    "boat": r"boats?|barges?|gondolas?|canoes?|ferr(?:y|ies)|yachts?|vessels?",
    "ship": r"(?:sailing )?ships?|galleons?|frigates?|freighters?",
    "spaceship": r"space ?(?:ship|craft)s?|star ?ships?|rockets?|shuttle",
    "bicycle": r"bicycles?|bikes?|cyclists?|cycling",
    "bird": r"birds?|seagulls?|gulls?|crows?|ravens?|eagles?|pigeons?|owls?",
    "dog": r"dogs?|wolf|wolves|fox(?:es)?",
    "cat": r"cats?|kittens?",
    "horse": r"horses?|riders?|pony|ponies|donkeys?|cows?",
    "camel": r"camels?|caravan",
    "deer": r"deer|stags?|does?(?= walk| stand| in )|elks?|moose|gazelles?",
    "tower": r"towers?|spires?|castle|skyscrapers?|antenna|lighthouses?|pyramids?|temple|windmills?",
    "bridge": r"bridges?",
}

SHOTS = {
    "extreme": r"extreme close[ -]?ups?|macro|ecu|detail shot|extreme closeup",
    "close": r"close[ -]?ups?|closeups?|cu|tight (?:on|shot)|insert|portrait|close on|close shot|close view",
    "shoulder": r"over[ -]the[ -]shoulder|ots|over (?:his|her|their) shoulder|from behind",
    "aerial": r"aerial|bird'?s[ -]eye|top[ -]down|drone (?:shot|view)|from above|flyover",
    "medium": r"medium (?:shot|close[ -]?up)|mid[ -]?shot|waist[ -]up|cowboy shot|two[ -]shot|ms",
    "establishing": r"establishing|panoram\w+|extreme wide|vista|skyline|very wide",
    "wide": r"wide(?:[ -](?:shot|angle))?|long shot|full shot|ws",
}

CAMERAS = {
    "pan_left": r"pan(?:s|ning)?(?: slowly)? (?:to the )?left|moves left",
    "pan_right": r"pan(?:s|ning)?(?: slowly)? (?:to the )?right|pan(?:s|ning)?(?: shot| across)?|moves right",
    "tilt_up": r"tilt(?:s|ing)?(?: slowly)? up\w*|look(?:s|ing) up|low angle",
    "tilt_down": r"tilt(?:s|ing)?(?: slowly)?(?: down\w*)?",
    "pull": r"pull(?:s|ing)?[ -](?:out|back|away)|zoom(?:s|ing)?[ -]?out|dolly[ -]?out|reveal\w*|retreat\w*",
    "push": (
        r"push(?:es|ing)?[ -]?in|zoom(?:s|ing)?(?:[ -]?in)?|dolly(?:[ -]?in)?|moves? (?:in|closer|forward)|"
        r"slow push|creep\w* in"
    ),
    "track": r"track(?:s|ing)?(?: shot)?|follow(?:s|ing|ed)?|steadicam|gliding|travelling|trucking",
    "handheld": r"hand[ -]?held|shaky|documentary style|chas(?:e|es|ing)|found footage",
    "crane_up": r"crane(?: shot)?(?: up)?|ris(?:es|ing) (?:up|above)|boom up|ascend\w*|soar\w*",
    "crane_down": r"crane down|descend\w*|boom down",
    "orbit": r"orbit(?:s|ing)? (?:around|shot)|arc shot|circl(?:es|ing)|rotat\w+ around|360",
    "static": r"static|locked[ -]?off|still (?:camera|shot)|tripod|fixed camera",
}

ACTIONS = {
    "run": r"run(?:s|ning)?|chas\w+|flee\w*|sprint\w*|escap\w+|rush\w*",
    "sit": (
        r"sit(?:s|ting)?|seated|driv(?:es|ing)|lean(?:s|ing) over|kneel\w*|at (?:a|the|his|her) (?:desk|table|"
        r"bar)"
    ),
    "walk": (
        r"walk\w*|stroll\w*|strid\w+|wander\w*|march\w*|cross(?:es|ing)|step\w*|approach\w*|enter(?:s|ing)|"
        r"arriv\w+|leav(?:es|ing)|hik(?:es|ing)|patrol\w*|head(?:s|ing)|mov(?:es|ing) through|trudg\w+"
    ),
    "stand": (
        r"stand\w*|wait\w*|watch(?:es|ing)|look\w*|star(?:es|ing)|gaz\w+|stop\w*|lean\w*|facing|speak\w*|"
        r"talk\w*|smok(?:es|ing)|listen\w*|read(?:s|ing)?|stud(?:ies|ying)|wait"
    ),
}

COLOURS = {
    "red": r"red|crimson|scarlet|alarm|blood\w*|rouge|rot|rojo|rood",
    "green": r"green|emerald|matrix|toxic|vert|grün|verde|groen",
    "blue": r"blue|azure|cobalt|bleu|blau|azul|blauw",
    "purple": r"purple|violet|magenta|lila|paars",
    "pink": r"pink|rose",
    "orange": r"orange|amber|copper",
    "gold": r"gold|golden(?! hour)|yellow|jaune|gelb|geel",
    "teal": r"teal|turquoise|cyan",
    "white": r"white light|sterile",
}

CYBER = (
    r"cyber\w*|futuristic|neo|sci-?fi|20[4-9]\d|2[1-9]\d\d|androids?|hologra\w+|neon|dystopi\w+|"
    r"blade ?runner"
)

DUTCH = r"amsterdam|dutch|holland|gabled?s?|gracht\w*|rotterdam|delft|utrecht|bruges|flemish"

WARM = r"warm|cosy|cozy|happy|love\w*|romantic|joy\w*|celebrat\w+|hope\w*|home|summer|autumn|amber|orange"

COLD = r"cold|lonely|sad|melanchol\w+|grim|bleak|fear|horror|dark|sinister|danger\w*|menac\w+|steel|blue"
EMPTY = r"empty|abandoned|deserted|ruins?|ruined|alone|nobody|no one|desolate|silent"
