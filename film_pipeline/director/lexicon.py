"""Word lists of the offline director: what rain, a rooftop or a trembling hand mean for a picture. Data only."""


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


WEATHER = {
    "rain": "rain", "rains": "rain", "rainy": "rain", "raining": "rain", "rainfall": "rain", "rain-slick": "rain",
    "rain-soaked": "rain", "drizzle": "drizzle", "downpour": "heavy rain", "storm": "storm", "stormy": "storm",
    "thunderstorm": "thunderstorm", "thunder": "thunderstorm", "lightning": "lightning", "snow": "falling snow",
    "snowy": "falling snow", "snowing": "falling snow", "snowflakes": "falling snow", "blizzard": "blizzard",
    "fog": "fog", "foggy": "fog", "mist": "mist", "misty": "mist", "sandstorm": "sandstorm",
    "sunny": "clear sky", "sunshine": "clear sky", "cloudless": "clear sky", "overcast": "overcast sky",
}  # fmt: skip
INDOOR_WEATHER = {
    "rain": "rain on the windows", "drizzle": "rain on the windows", "heavy rain": "heavy rain on the windows",
    "storm": "storm outside", "thunderstorm": "thunderstorm outside", "lightning": "lightning outside",
    "falling snow": "snow outside", "blizzard": "blizzard outside", "fog": "fog outside", "mist": "mist outside",
}  # fmt: skip
LIGHT = {
    "neon": "neon light", "candle": "candlelight", "candles": "candlelight", "candlelight": "candlelight",
    "moonlight": "moonlight", "moon": "moonlight", "moonlit": "moonlight", "sunlight": "sunlight",
    "firelight": "firelight", "campfire": "firelight", "fireplace": "firelight", "torch": "torchlight",
    "torches": "torchlight", "lantern": "lantern light", "lanterns": "lantern light", "streetlight": "street lamps",
    "streetlights": "street lamps", "fluorescent": "fluorescent light", "flashlight": "a flashlight beam",
    "hologram": "holographic glow", "holograms": "holographic glow", "holographic": "holographic glow",
}  # fmt: skip
TIMES = {
    "night": "night", "midnight": "night", "nighttime": "night", "tonight": "night", "dawn": "dawn",
    "sunrise": "sunrise", "daybreak": "dawn", "morning": "morning", "noon": "midday", "midday": "midday",
    "day": "day", "daytime": "day", "afternoon": "afternoon", "dusk": "dusk", "sunset": "sunset",
    "twilight": "dusk", "evening": "evening", "magic hour": "golden hour", "golden hour": "golden hour",
}  # fmt: skip
# In running prose "day" and "tonight" rarely tell when a scene plays.
PROSE_TIMES = {word: time for word, time in TIMES.items() if word not in ("day", "tonight", "noon", "morning")} | {
    "morning": "morning"
}
_INDOORS = _words(
    "apartment attic bar barn basement bathroom bedroom cabin cafe café cave cell cellar chamber chapel church "
    "classroom cockpit corridor court diner elevator factory flat garage hall hallway hospital hotel hut "
    "kitchen lab laboratory library lobby museum nightclub office prison pub restaurant room saloon school "
    "shed shop stairwell store studio tavern temple tent theater theatre tunnel warehouse workshop"
)
_OUTDOORS = _words(
    "alley avenue bay beach boat boulevard bridge canal canals cemetery city cliff coast courtyard desert dock "
    "docks farm field fields forest garden graveyard harbor harbour highway hill hills island jungle lake "
    "market meadow mountain mountains ocean park path pier planet plaza quay railway river road roof rooftop "
    "rooftops sea shore skyline square station street streets town valley village wasteland waterfront woods "
    "yard"
)
# Place nouns: true where one stands under a roof.
PLACES = {**dict.fromkeys(sorted(_INDOORS), True), **dict.fromkeys(sorted(_OUTDOORS), False)}
DETAILS = _words(
    "eye eyes hand hands finger fingers fingertips face lips mouth ring letter photo photograph screen display "
    "map gun pistol key keys drop droplet tear tears clock watch phone scar blade knife chip coin button lens "
    "pupil note card badge glass cup candle match cigarette flower feather bullet switch keyboard page "
    "book"
)
EMOTIONS = _words(
    "cries crying cry weeps sobs smiles smile grins laughs stares stare whispers trembles trembling shivers "
    "tears fear afraid terrified horror anger angry rage joy sad sadness grief tired lonely hesitates realizes "
    "realises gasps blinks frowns blushes sighs remembers listens silence"
)
FAST_MOVES = _words(
    "run runs running ran sprint sprints sprinting race races racing raced chase chases chasing chased flee "
    "flees fleeing fled leap leaps leaping leapt jump jumps jumping jumped dive dives diving dash dashes "
    "dashing bolt bolts charge charges crash crashes explode explodes explosion gallop gallops burst bursts "
    "hurtle hurtles tumble tumbles"
)
SLOW_MOVES = _words(
    "walk walks walking walked stroll strolls wander wanders wandered climb climbs climbing climbed crawl "
    "crawls ride rides riding rode drive drives driving drove sail sails sailing sailed fly flies flying flew "
    "drift drifts drifting glide glides gliding follow follows following followed cross crosses crossing "
    "crossed enter enters entering entered approach approaches approaching approached march marches move moves "
    "moving moved step steps stepped steps hurry hurries hurried descend descends descended swim swims trudge "
    "trudges pass passes passed push pushes"
)
GENRES: dict[str, tuple[frozenset[str], str]] = {
    "cyberpunk": (
        _words(
            "cyberpunk neon hologram holograms holographic cybernetic android androids implant implants megacity drone "
            "drones hovercar hovercars augmented synthetic chrome cyborg hacker neural 2084 2077 2049"
        ),
        "cyberpunk film still, futuristic architecture, neon reflections, volumetric haze, anamorphic lens",
    ),
    "space": (
        _words(
            "spaceship starship spacecraft astronaut astronauts orbit orbital planet alien aliens galaxy asteroid "
            "airlock cosmos mars moonbase capsule"
        ),
        "science fiction film still, deep space contrast, precise practical lights, 70mm",
    ),
    "fantasy": (
        _words(
            "dragon dragons wizard witch castle sword swords elf elves magic kingdom knight knights spell sorcerer "
            "troll goblin enchanted prophecy realm"
        ),
        "epic fantasy film still, painterly light, rich texture, sweeping depth",
    ),
    "horror": (
        _words(
            "blood scream screams ghost ghosts corpse demon haunted grave graveyard nightmare monster creature evil "
            "possessed undead vampire"
        ),
        "horror film still, deep shadows, cold desaturated colour, uneasy framing",
    ),
    "noir": (
        _words(
            "detective murder cigarette fedora alley informant revolver gangster mobster noir blackmail suspect "
            "investigator trenchcoat"
        ),
        "film noir, hard low-key light, long shadows, smoke, 35mm grain",
    ),
    "western": (
        _words("cowboy saloon sheriff outlaw ranch prairie stagecoach tumbleweed gunslinger posse frontier"),
        "western film still, dusty golden light, wide horizons, 35mm grain",
    ),
    "war": (
        _words(
            "soldier soldiers trench trenches artillery tank tanks battlefield regiment sniper bombardment barracks"
        ),
        "war film still, muted colour, smoke, handheld urgency, 35mm grain",
    ),
    "romance": (
        _words("love lover lovers kiss kisses kissed wedding bride romance romantic heartbeat embrace"),
        "romantic drama film still, warm soft light, shallow depth of field",
    ),
    "nature": (
        _words("wolf wolves bird birds deer fox whale whales bear eagle wilderness herd forest meadow ocean wildlife"),
        "nature film still, natural light, crisp detail, long lens",
    ),
    "fairy tale": (
        _words("rabbit teddy toy toys princess fairy grandmother bunny kitten puppy storybook once"),
        "storybook animation look, gentle light, warm colours",
    ),
}
PLAIN_LOOK = "cinematic film still, natural light, 35mm, shallow depth of field"
MUSIC_TAGS = {
    "cyberpunk": "synthwave, analog synthesizer, deep bass",
    "space": "ambient, orchestral, synthesizer pads",
    "fantasy": "orchestral, choir, strings",
    "horror": "dark ambient, drones, strings",
    "noir": "jazz, muted trumpet, double bass",
    "western": "acoustic guitar, harmonica",
    "war": "orchestral, low brass, drums",
    "romance": "piano, strings",
    "nature": "ambient, acoustic, strings",
    "fairy tale": "glockenspiel, woodwinds, strings",
}
PLAIN_TAGS = "cinematic, piano, strings"
# Mood: its words and a tempo in beats a minute.
MOODS: dict[str, tuple[frozenset[str], float]] = {
    "tense": (
        _words(
            "run runs chase chases gun shot shots escape hunted danger alarm siren sirens fight attack explosion hurry "
            "pursues pursuit sprint sprints leap leaps leaped chased fled knife"
        ),
        128,
    ),
    "dark": (
        _words(
            "dark darkness shadow shadows dead death murder blood night corpse cold black grave fear evil abandoned"
        ),
        84,
    ),
    "melancholic": (
        _words(
            "rain alone lonely tired tears cry cries cried lost memory memories old empty grey gray goodbye misses "
            "silence autumn grief ash"
        ),
        72,
    ),
    "joyful": (
        _words(
            "laugh laughs laughed smile smiles happy joy dance dances party sun sunny play plays children music "
            "celebrate sings bright"
        ),
        118,
    ),
    "romantic": (_words("love lover kiss kisses heart embrace wedding together bride"), 84),
    "epic": (
        _words("army battle king queen kingdom mountain mountains war sword dragon empire victory rises storm"),
        104,
    ),
    "calm": (
        _words("quiet calm peace gentle soft sleep sleeps river morning breeze slow slowly garden meadow still"),
        66,
    ),
}
WOMEN = _words(
    "woman girl lady mother sister daughter queen princess waitress actress witch bride grandmother wife aunt "
    "she her nun nurse policewoman"
)
MEN = _words(
    "man boy gentleman father brother son king prince waiter actor wizard groom grandfather husband uncle he "
    "his monk cowboy fisherman policeman sailor"
)
ROLES = (
    WOMEN - {"she", "her"}
    | MEN - {"he", "his"}
    | _words(
        "detective bartender barkeeper doctor soldier child kid robot android cyborg stranger driver pilot captain "
        "guard officer cop thief hacker courier scientist artist writer teacher student astronaut knight sheriff "
        "farmer painter dancer singer musician pianist baker priest killer assassin figure informant agent "
        "inspector reporter keeper lighthouse-keeper traveler traveller hunter warrior clerk vendor cat dog fox "
        "wolf rabbit bear dragon horse"
    )
)
ANIMALS = _words("cat dog fox wolf rabbit bear dragon horse")
ROLE_ENDINGS = ("maker", "keeper", "woman", "smith", "hunter", "monger")
# What moves by itself beside people.
MOVERS = ROLES | _words(
    "boat ship car train bus truck motorcycle bike bicycle drone drones plane helicopter crowd people "
    "man men women children soldiers figures she he they we i who camera"
)
GARMENTS = _words(
    "coat overcoat trenchcoat raincoat jacket dress suit hat hood hoodie boots glasses uniform armor armour "
    "beard hair eyes eye arm scar cap scarf gloves mask cloak robe sweater shirt backpack umbrella visor apron "
    "gown tie helmet jumpsuit spacesuit vest skirt shawl cane leg hand"
)
NOT_NAMES = _words(
    "i a an the he she it they we you his her their its our my your this that these those there here then when "
    "while as at in on by to of for from with without into onto over under after before behind above below "
    "between beyond inside outside somewhere suddenly finally slowly now later once one two three and but or "
    "so if because yet not no yes what who where why how all every each some many most none nothing everything "
    "everyone someone nobody another only even still just monday tuesday wednesday thursday friday saturday "
    "sunday january february march april may june july august september october november december god mr mrs "
    "ms dr sir madam both down up out off through across along far near meanwhile perhaps maybe today tomorrow "
    "yesterday tonight night day rain snow silence darkness smoke close wide int ext fade cut angle pov insert "
    "beat continuous back ok okay well please"
)
# After "her", these show that nothing is owned: "behind her and".
NOT_OWNED = _words("a the and or but in on at to from with as into for by of while before after")
# A place's own words never hold these: "into the old tower" begins after "the".
NO_MODIFIERS = _words("and or of to in on at from with for as the a an he she it they his her its into by that who")
SMALL_WORDS = _words("of the in on at and a an to by de der den van von la le du")
# The small words that make a text English: elsewhere capitals and prepositions mean other things.
ENGLISH = _words("the a an and of in on at to is are was with he she it his her they you i from by for")
