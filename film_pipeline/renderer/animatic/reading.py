"""Reading a prompt as a storyboard artist does: where, when, what weather, who, how near, and how the camera moves.

Only words are handled here, no pixels. The slug line (``EXT. CANAL STREET - NIGHT``) outranks the prompt for place and
time, because style words in a prompt ("rain-slicked streets, neon") are often the same in every scene of a film.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass

# Order matters only where two patterns match at the same place: the earlier one wins.
_PLACES = {
    "corridor": r"corridor|hallway|passage(?:way)?|airlock|tunnel|sewers?|bridge of the ship|space ?station interior",
    "market": r"(?:night |street |flower )?markets?|bazaars?|stalls?|souks?",
    "canal": r"canals?|gracht|bridges?|quays?|waterways?|harbou?rs?|docks?|piers?|venice|rivers?|embankment|riverside",
    "rooftop": r"roof ?tops?|roofs?|balcon(?:y|ies)|skyscraper'?s? edge",
    "station": r"(?:train|metro|subway|railway) (?:station|platform)|platform|subway|metro|trains?|carriage|tram",
    "kitchen": r"kitchens?|stove|diner|bakery",
    "bar": r"bars?|pubs?|taverns?|nightclubs?|clubs?|cafes?|cafés?|restaurants?|saloon",
    "office": r"offices?|headquarters|police station|precinct|newsroom|classrooms?|library|archive|desk",
    "lab": r"lab(?:s|oratory|oratories)?|workshops?|server rooms?|data ?cent(?:er|re)|hospital|control room|bunker|vault",
    "room": r"zimmer|chambre|kamer|habitación|(?:bed|living|dining|hotel|interrogation )?rooms?|apartments?|flats?|interiors?|indoors|house interior|"
    r"attics?|cellars?|basements?|hall|church|cathedral|cabin|studio|home|theat(?:er|re)",
    "forest": r"forests?|woods?|woodland|forêt|wald|bosque|bos|jungles?|trees|grove|park|garden",
    "desert": r"deserts?|dunes?|sahara|mars|wasteland|canyons?|sand",
    "sea": r"seas?|mer|meer|zee|mar|plage|strand|playa|oceans?|storms? at sea|waves?|beach(?:es)?|coasts?|shores?|lighthouse|lakes?|bay|island",
    "mountain": r"mountains?|montagnes?|berge?|montañas?|peaks?|summits?|alps|cliffs?|glaciers?|valleys?|hills?|ridge",
    "space": r"(?:outer |deep )?space|galax(?:y|ies)|nebulas?|orbit(?:ing)?|planets?|asteroids?|cosmos|starfield|"
    r"space ?ships? fl\w+|wormhole",
    "field": r"fields?|meadows?|farms?|prairies?|steppes?|countryside|villages?|plains?|roads?|highway|grass(?:land)?",
    "city": r"cit(?:y|ies)|streets?|alley(?:s|way)?|downtown|skyline|metropolis|towns?|avenues?|boulevards?|plaza|"
    r"squares?|urban|skyscrapers?|buildings?|neighbou?rhood|intersection|"
    r"tokyo|new york|london|paris|berlin|ville|stadt|ciudad|città|stad|rue|straße|strasse|straat|calle|hong kong|shanghai",
}
_TIMES = {
    "golden": r"golden (?:hour|light|clouds|glow)|late afternoon|magic hour",
    "dawn": r"dawn|sun ?rise|daybreak|first light|early morning",
    "dusk": r"dusk|sun ?set|abend|soir|schemering|twilight|evening|blue hour|gloaming",
    "night": r"nights?|midnight|nocturnal|moon(?:lit|light)?|after dark|starry|nacht|nuit|noche",
    "day": r"days?|day ?light|noon|midday|mornings?|afternoons?|sunny|sun ?lit|sun ?light|sun ?rays|sunshine|burning sun|tag|jour",
}
_WEATHER = {
    "storm": r"storm\w*|thunder\w*|lightning|tempest|hurricane|gale",
    "rain": r"rain\w*|drizzl\w*|downpour|wet|pouring|umbrellas?|puddles?|regen|pluie|lluvia|drenched",
    "snow": r"snow\w*|blizzards?|winter|frost\w*|icy|schnee|neige",
    "fog": r"fog\w*|mist\w*|haz[ey]\w*|smog|smok[ey]\w*|steam\w*|nebel|dust\w*",
    "wind": r"wind(?:y|swept)?|breeze|leaves",
}
_LIGHTS = {
    "neon": r"neon|cyber ?punk|billboards?|led lights?|glowing signs?|synthwave|vaporwave|blade ?runner",
    "hologram": r"hologra\w+|projections?|projected",
    "candle": r"candle\w*|lanterns?|oil lamps?|torch(?:es)?|warm light",
    "fire": r"fire(?:s|light|place|works)?|flames?|burning(?! sun)|campfire|embers?|explosions?|lava",
    "moon": r"moon\w*",
    "sun": r"sun\w*|soleil|sonne|sol",
    "screen": r"screens?|monitors?|computers?|terminals?|displays?|phones?|tablets?|televisions?|laptops?",
    "lamp": r"lamps?|street ?lights?|spot ?lights?|desk lamp|headlights?",
}
_SUBJECTS = {
    "eye": r"eyes?(?! ?-?level)|iris|pupils?",
    "hand": r"hands?(?! ?-?held)|fingers?|palms?|fists?|gloves?|holding",
    "face": r"faces?|portrait|heads?|lips|smil\w+|cheeks?|profile|tears?|cr(?:y|ies|ying)",
    "detective": r"detectives?|investigators?|inspectors?|noir hero|trench ?coats?|fedora|private eye",
    "robot": r"robots?|androids?|cyborgs?|mechs?|automaton",
    "astronaut": r"astronauts?|cosmonauts?|space ?suits?",
    "child": r"child(?:ren)?|kids?|boys?|girls?",
    "woman": r"wom[ae]n|femme|frau|mujer|vrouw|lady|ladies|she|mother|sister|queen|actress|heroine|waitress|wife|daughter",
    "hooded": r"hood\w*|hackers?|monks?|wizards?|witch|cloak\w*|assassins?|thief|strangers?|informants?",
    "crowd": r"crowds?|people|pedestrians?|passers-?by|commuters?|shoppers?|soldiers?|tourists?|citizens|busy",
    "person": r"m[ae]n|homme|mann|hombre|person|figures?|silhouettes?|he|someone|father|brother|king|hero|actor|captain|sailors?|"
    r"police\w*|officers?|agents?|cooks?|chefs?|scientists?|doctors?|bartenders?|waiters?|hikers?|travell?ers?|"
    r"workers?|protagonist|character|couple|lovers?|suspect|guards?|drivers?|pilots?|monk|mari?ners?|knight|"
    r"fisher\w+|vendors?|merchants?|climbers?|skiers?|runners?|nomads?|partners?|villain|boss|client",
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
_SHOTS = {
    "extreme": r"extreme close[ -]?ups?|macro|ecu|detail shot|extreme closeup",
    "close": r"close[ -]?ups?|closeups?|cu|tight (?:on|shot)|insert|portrait|close on|close shot|close view",
    "shoulder": r"over[ -]the[ -]shoulder|ots|over (?:his|her|their) shoulder|from behind",
    "aerial": r"aerial|bird'?s[ -]eye|top[ -]down|drone (?:shot|view)|from above|flyover",
    "medium": r"medium (?:shot|close[ -]?up)|mid[ -]?shot|waist[ -]up|cowboy shot|two[ -]shot|ms",
    "establishing": r"establishing|panoram\w+|extreme wide|vista|skyline|very wide",
    "wide": r"wide(?:[ -](?:shot|angle))?|long shot|full shot|ws",
}
_CAMERAS = {
    "pan_left": r"pan(?:s|ning)?(?: slowly)? (?:to the )?left|moves left",
    "pan_right": r"pan(?:s|ning)?(?: slowly)? (?:to the )?right|pan(?:s|ning)?(?: shot| across)?|moves right",
    "tilt_up": r"tilt(?:s|ing)?(?: slowly)? up\w*|look(?:s|ing) up|low angle",
    "tilt_down": r"tilt(?:s|ing)?(?: slowly)?(?: down\w*)?",
    "pull": r"pull(?:s|ing)?[ -](?:out|back|away)|zoom(?:s|ing)?[ -]?out|dolly[ -]?out|reveal\w*|retreat\w*",
    "push": r"push(?:es|ing)?[ -]?in|zoom(?:s|ing)?(?:[ -]?in)?|dolly(?:[ -]?in)?|moves? (?:in|closer|forward)|"
    r"slow push|creep\w* in",
    "track": r"track(?:s|ing)?(?: shot)?|follow(?:s|ing|ed)?|steadicam|gliding|travelling|trucking",
    "handheld": r"hand[ -]?held|shaky|documentary style|chas(?:e|es|ing)|found footage",
    "crane_up": r"crane(?: shot)?(?: up)?|ris(?:es|ing) (?:up|above)|boom up|ascend\w*|soar\w*",
    "crane_down": r"crane down|descend\w*|boom down",
    "orbit": r"orbit(?:s|ing)? (?:around|shot)|arc shot|circl(?:es|ing)|rotat\w+ around|360",
    "static": r"static|locked[ -]?off|still (?:camera|shot)|tripod|fixed camera",
}
_ACTIONS = {
    "run": r"run(?:s|ning)?|chas\w+|flee\w*|sprint\w*|escap\w+|rush\w*",
    "sit": r"sit(?:s|ting)?|seated|driv(?:es|ing)|lean(?:s|ing) over|kneel\w*|at (?:a|the|his|her) (?:desk|table|bar)",
    "walk": r"walk\w*|stroll\w*|strid\w+|wander\w*|march\w*|cross(?:es|ing)|step\w*|approach\w*|enter(?:s|ing)|"
    r"arriv\w+|leav(?:es|ing)|hik(?:es|ing)|patrol\w*|head(?:s|ing)|mov(?:es|ing) through|trudg\w+",
    "stand": r"stand\w*|wait\w*|watch(?:es|ing)|look\w*|star(?:es|ing)|gaz\w+|stop\w*|lean\w*|facing|speak\w*|talk\w*|"
    r"smok(?:es|ing)|listen\w*|read(?:s|ing)?|stud(?:ies|ying)|wait",
}
_COLOURS = {
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
_CYBER = r"cyber\w*|futuristic|neo|sci-?fi|20[4-9]\d|2[1-9]\d\d|androids?|hologra\w+|neon|dystopi\w+|blade ?runner"
_DUTCH = r"amsterdam|dutch|holland|gabled?s?|gracht\w*|rotterdam|delft|utrecht|bruges|flemish"
_WARM = r"warm|cosy|cozy|happy|love\w*|romantic|joy\w*|celebrat\w+|hope\w*|home|summer|autumn|amber|orange"
_COLD = r"cold|lonely|sad|melanchol\w+|grim|bleak|fear|horror|dark|sinister|danger\w*|menac\w+|steel|blue"

PEOPLE = frozenset({"detective", "robot", "astronaut", "child", "woman", "hooded", "person"})
OBJECTS = frozenset({"map", "phone", "key", "cup", "letter", "gun", "clock", "chip", "flower"})
INDOORS = frozenset({"kitchen", "bar", "office", "lab", "room", "corridor"})


@dataclass(frozen=True)
class Reading:
    """What the words ask to be drawn; ``recognised`` is false where nothing at all was understood."""

    place: str
    time: str
    weather: frozenset[str]
    lights: frozenset[str]
    subjects: tuple[str, ...]
    shot: str
    camera: str
    action: str
    cyber: bool
    dutch: bool
    mood: str
    colours: tuple[str, ...]
    recognised: bool

    @property
    def indoors(self) -> bool:
        return self.place in INDOORS

    @property
    def dark(self) -> bool:
        return self.time == "night"

    @property
    def wet(self) -> bool:
        return bool(self.weather & {"rain", "storm"})

    @property
    def people(self) -> tuple[str, ...]:
        return tuple(subject for subject in self.subjects if subject in PEOPLE)


def _find(table: dict[str, str], text: str) -> list[str]:
    """The table's names found in ``text``, in order of first mention; a longer match at one place goes first."""
    found = []
    for name, pattern in table.items():
        match = re.search(rf"(?<!\w)(?:{pattern})(?!\w)", text)
        if match:
            found.append((match.start(), -len(match[0]), name))
    return [name for _, _, name in sorted(found)]


def _first(table: dict[str, str], *texts: str) -> str:
    """The first mention in the first text that has one, or nothing."""
    return next((found[0] for text in texts if (found := _find(table, text))), "")


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    # Words of style that name no thing in the picture.
    return re.sub(r"unreal engine\w*|eye[ -]level|art ?station|depth of field|\d+k\b|level of detail|golden ratio", " ", text)


def draw_from_hash(prompt: str, choices: tuple[str, ...], purpose: str) -> str:
    """A choice that the words alone decide, the same on every machine."""
    digest = hashlib.sha256(f"{purpose}\0{prompt}".encode("utf-8", "replace")).digest()
    return choices[int.from_bytes(digest[:4], "big") % len(choices)]


def read(prompt: str, caption: str = "") -> Reading:
    """Read a prompt and its slug line."""
    words, slug = _plain(prompt), _plain(caption)
    subjects = _subjects(words)
    weather = frozenset(_find(_WEATHER, words) + _find(_WEATHER, slug))
    lights = frozenset(_find(_LIGHTS, words))
    cyber = bool(re.search(rf"(?<!\w)(?:{_CYBER})(?!\w)", words))
    dutch = bool(re.search(rf"(?<!\w)(?:{_DUTCH})(?!\w)", f"{words} {slug}"))
    place = _place(words, slug, subjects, dutch)
    shot = _shot(words, subjects)
    recognised = bool(place or subjects or weather or lights or cyber or _find(_TIMES, words))
    place = place or _implied_place(words, subjects, cyber, recognised)
    return Reading(
        place=place,
        time=_time(prompt, words, slug, place, lights, cyber, recognised),
        weather=weather,
        lights=lights,
        subjects=subjects,
        shot=shot,
        camera=_camera(prompt, words, shot),
        action=_first(_ACTIONS, words) or ("stand" if place in INDOORS else "walk"),
        colours=tuple(_find(_COLOURS, words)),
        cyber=cyber,
        dutch=dutch,
        mood=_mood(words),
        recognised=recognised,
    )


def _subjects(words: str) -> tuple[str, ...]:
    found = _find(_SUBJECTS, words)
    if "flyer" in found and not re.search(r"(?<!flying )(?<!hover )\bcars?\b|taxis?|trucks?", words):
        found = [name for name in found if name != "car"]
    if "detective" in found and not re.search(r"\beyes\b|\biris\b", words) and "private eye" in words:
        found = [name for name in found if name != "eye"]
    # What a close shot names first is what it shows; whose it is comes after.
    close = re.search(_SHOTS["extreme"] + "|" + _SHOTS["close"], words)
    if close:
        later = _find(_SUBJECTS, words[close.end() :])
        found = [*later, *(name for name in found if name not in later)]
    for pronoun, name in (("her", "woman"), ("his", "person")):
        if not set(found) & PEOPLE and re.search(rf"\b{pronoun}\b", words):
            found.append(name)
    return tuple(found)


def _place(words: str, slug: str, subjects: tuple[str, ...], dutch: bool) -> str:
    place = _first(_PLACES, slug, words)
    if place in ("city", "field") and dutch and "canal" in _find(_PLACES, f"{slug} {words}"):
        return "canal"
    if place == "city" and "rooftop" in _find(_PLACES, slug or words):
        return "rooftop"
    if re.search(r"\bint\b", slug) and place not in INDOORS | {"station", "market"}:
        return next((name for name in _find(_PLACES, words) if name in INDOORS), "room")
    return place


def _implied_place(words: str, subjects: tuple[str, ...], cyber: bool, recognised: bool) -> str:
    by_subject = {
        "boat": "sea", "ship": "sea", "spaceship": "space", "astronaut": "space", "horse": "field", "camel": "desert", "deer": "forest", "dog": "field",
        "bird": "field", "car": "city", "bicycle": "city", "crowd": "city", "flyer": "city", "drone": "city",
        "tower": "city", "bridge": "canal", "cup": "room", "letter": "room", "door": "room",
    }  # fmt: skip
    if not recognised:
        return "abstract"
    if cyber:
        return "city"
    return next((by_subject[subject] for subject in subjects if subject in by_subject), "field")


def _time(
    prompt: str, words: str, slug: str, place: str, lights: frozenset[str], cyber: bool, recognised: bool
) -> str:
    named = _first(_TIMES, slug, words)
    if named:
        return named
    if not recognised:
        return draw_from_hash(prompt, ("dawn", "day", "dusk", "golden", "night"), "time")
    if cyber or place == "space" or lights & {"neon", "candle", "moon", "fire"}:
        return "night"
    return "day"


def _shot(words: str, subjects: tuple[str, ...]) -> str:
    named = _first(_SHOTS, words)
    if named:
        return named
    first = subjects[0] if subjects else ""
    if first == "eye" or (first in OBJECTS | {"face", "hand"} and not set(subjects) & PEOPLE):
        return "close"
    return "wide"


def _camera(prompt: str, words: str, shot: str) -> str:
    named = _first(_CAMERAS, words)
    if named:
        return named
    if shot in ("extreme", "close", "medium"):
        return draw_from_hash(prompt, ("push", "drift", "push", "pull"), "camera")
    if shot in ("aerial", "establishing"):
        return draw_from_hash(prompt, ("push", "pan_right", "crane_up"), "camera")
    if _first(_ACTIONS, words) in ("walk", "run"):
        return "track"
    return draw_from_hash(prompt, ("push", "pan_right", "drift", "pan_left"), "camera")


def _mood(words: str) -> str:
    found = _find({"warm": _WARM, "cold": _COLD}, words)
    return found[0] if found else ""
