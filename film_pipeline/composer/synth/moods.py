"""The moods this composer knows: for each its tempo, harmony, instruments and the words that call for it. Data only.

Not here: how words are weighed (reading.py) and how chords are spelled (harmony.py).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mood:
    """One way to score a scene.

    ``tempo`` is the range in beats a minute, ``energy`` (0 to 1) how intense a scene of this mood is before its words
    are read, ``swing`` how late off-beats fall (share of a sixteenth). ``progressions`` and ``cadence`` are Roman
    numerals on the steps of ``scale``; the cadence leads to the film's last chord.
    """

    name: str
    tempo: tuple[float, float]
    energy: float
    scale: str
    progressions: tuple[str, ...]
    cadence: str
    ending: str
    pad: str
    lead: str
    arpeggio: str
    bass: str
    beat: str
    words: str
    swing: float = 0.0


NOIR = Mood(
    name="noir",
    tempo=(78, 112),
    energy=0.5,
    scale="minor",
    progressions=("i7 VImaj7 iv7 v7", "i VI III VII", "iadd9 VImaj7 III VII", "i7 iv7 VImaj7 v7"),
    cadence="iv7 V",
    ending="iadd9",
    pad="warm",
    lead="bell",
    arpeggio="pluck",
    bass="octave",
    beat="synthwave",
    words="noir neon cyberpunk detective synthwave retro retrowave futuristic city street alley rain rainy night "
    "hologram holographic cyber cybernetic android robot electronic techno neo metropolis skyline downtown bar smoke",
)
TENSE = Mood(
    name="tense",
    tempo=(100, 140),
    energy=0.62,
    scale="phrygian",
    progressions=("i i II i", "i VI II i", "i VII II i", "i i VI II"),
    cadence="iv II",
    ending="i",
    pad="strings",
    lead="pluck",
    arpeggio="marcato",
    bass="pulse",
    beat="pulse",
    words="tense tension suspense thriller chase pursuit run flee escape hunt hunter danger alarm siren gun bomb heist "
    "countdown panic urgent stalk threat action racing hide spy",
)
HOPEFUL = Mood(
    name="hopeful",
    tempo=(92, 124),
    energy=0.48,
    scale="major",
    progressions=("I V vi IV", "Iadd9 IV vi V", "vi IV I V", "I iii IV V"),
    cadence="IV V",
    ending="Iadd9",
    pad="strings",
    lead="piano",
    arpeggio="pluck",
    bass="pulse",
    beat="light",
    words="hope hopeful uplifting inspiring inspire bright future freedom sunrise victory smile rise optimistic dream "
    "discovery wonder begin beginning light sky fly happy joy celebrate",
)
MELANCHOLIC = Mood(
    name="melancholic",
    tempo=(64, 86),
    energy=0.34,
    scale="minor",
    progressions=("iadd9 VImaj7 III VII", "i v VI iv", "i III iv VI", "iadd9 iv7 VImaj7 v7"),
    cadence="iv7 v7",
    ending="iadd9",
    pad="strings",
    lead="piano",
    arpeggio="bell",
    bass="hold",
    beat="soft",
    words="melancholic melancholy sad sadness sorrow grief lonely alone loss lost farewell goodbye tear cry regret "
    "memory autumn funeral grave abandoned nostalgia nostalgic wistful ruin mourn widow",
)
EPIC = Mood(
    name="epic",
    tempo=(84, 116),
    energy=0.68,
    scale="minor",
    progressions=("i VI III VII", "i VII VI VII", "i III VII iv", "VI VII i i"),
    cadence="VI VII",
    ending="i",
    pad="strings",
    lead="brass",
    arpeggio="marcato",
    bass="pulse",
    beat="taiko",
    words="epic battle war army hero heroic dragon castle king queen warrior sword empire legend explosion storm "
    "titan gods mountain cinematic orchestral trailer spaceship fleet giant conquest knight arena",
)
CALM = Mood(
    name="calm",
    tempo=(60, 82),
    energy=0.22,
    scale="major",
    progressions=("Imaj7 IVmaj7 Imaj7 vi7", "Imaj7 vi7 IVmaj7 Vsus4", "Iadd9 iii7 IVmaj7 Iadd9"),
    cadence="IVmaj7 Vsus4",
    ending="Iadd9",
    pad="warm",
    lead="flute",
    arpeggio="bell",
    bass="hold",
    beat="soft",
    words="calm peaceful peace serene serenity quiet gentle forest dawn lake meadow river morning ambient meditation "
    "relax nature garden field breeze ocean sea beach valley soft tranquil sleep snow countryside",
)
PLAYFUL = Mood(
    name="playful",
    tempo=(104, 136),
    energy=0.5,
    scale="major",
    progressions=("I vi ii V", "I IV I V", "I iii IV V", "I IV ii V"),
    cadence="ii V",
    ending="I",
    pad="warm",
    lead="pluck",
    arpeggio="marimba",
    bass="walk",
    beat="bouncy",
    words="playful funny comedy comic cute child children kid kids puppy kitten cat dog toy dance dancing party circus "
    "carnival silly cartoon laugh quirky candy balloon game play cheerful",
    swing=0.22,
)
MYSTERIOUS = Mood(
    name="mysterious",
    tempo=(70, 96),
    energy=0.36,
    scale="dorian",
    progressions=("i7 IV i7 VII", "iadd9 IV VIImaj7 iadd9", "i IV v7 i", "iadd9 VII IV i"),
    cadence="VII v7",
    ending="iadd9",
    pad="glass",
    lead="bell",
    arpeggio="bell",
    bass="hold",
    beat="soft",
    words="mysterious mystery secret strange enigma fog mist shadow moon moonlight ancient temple cave ritual unknown "
    "magic magical spell alien space star stars cosmos planet portal underwater deep map artifact whisper",
)
ROMANTIC = Mood(
    name="romantic",
    tempo=(66, 88),
    energy=0.36,
    scale="major",
    progressions=("Imaj7 vi7 ii7 V7", "Imaj7 iii7 IVmaj7 ii7", "IVmaj7 V iii7 vi7", "Imaj7 IVmaj7 ii7 V7"),
    cadence="ii7 V7",
    ending="Imaj7",
    pad="strings",
    lead="piano",
    arpeggio="piano",
    bass="hold",
    beat="soft",
    words="romantic romance love lover kiss embrace wedding couple heart tender passion candle candlelight rose "
    "date honeymoon sunset intimate caress bride paris",
)
HORROR = Mood(
    name="horror",
    tempo=(62, 84),
    energy=0.42,
    scale="phrygian",
    progressions=("i i II i", "i II v° i", "i vii i II", "i v° II i"),
    cadence="v° II",
    ending="i",
    pad="dark",
    lead="bell",
    arpeggio="glass",
    bass="drone",
    beat="heart",
    words="horror scary fear terror terrifying creepy eerie haunted ghost monster demon blood bloody corpse zombie "
    "scream nightmare asylum crypt cemetery vampire witch possessed dread sinister evil darkness dead",
)

MOODS = (NOIR, TENSE, HOPEFUL, MELANCHOLIC, EPIC, CALM, PLAYFUL, MYSTERIOUS, ROMANTIC, HORROR)
