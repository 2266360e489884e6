"""A beat becomes a scene: shot size, action with names instead of pronouns, who they are, place, time, air and look.

Every prompt stands for itself, as a video model sees one scene at a time. What is spoken goes to ``narration`` and
never into the picture.
"""

import re
from collections import Counter
from dataclasses import dataclass, field

from film_pipeline.director.breakdown import Beat, Unit
from film_pipeline.director.camera import Matter, asked_shot, choose_shot
from film_pipeline.director.cast import Cast, Memory, Mention, Person, screen_name
from film_pipeline.director.casting import cast_of
from film_pipeline.director.continuity import MADE_TRANSITIONS
from film_pipeline.director.lexicon import MOVERS, NOT_NAMES
from film_pipeline.director.reading import Reading
from film_pipeline.director.setting import Setting, Surroundings, world_of
from film_pipeline.director.tone import genre_of, look_of, moods_of, soundtrack_of, words_of
from film_pipeline.models.storyboard import Scene, SoundtrackBrief, Transition

_SHOUTED = re.compile(r"(?<![\w'’-])[^\W\d_a-z]{2,}(?:[’'-][^\W\d_a-z]+)*(?![\w])")
_PAUSES = re.compile(r"beat|pause|a beat|cont['’]?d|continuing|then|off|o\.?s\.?|v\.?o\.?", re.IGNORECASE)
_WAYS_OF_SPEAKING = ("shouting", "whispering", "screaming", "yelling", "crying", "singing", "calling", "muttering")
_MOST_INTRODUCED = 3


@dataclass
class Film:
    """What holds for the whole film, and what is remembered from shot to shot."""

    title: str
    screenplay: bool
    cast: Cast
    world: tuple[str, ...]
    words: Counter[str]
    genre: str
    memory: Memory
    surroundings: Surroundings = field(default_factory=Surroundings)
    shot: str = ""

    @classmethod
    def of(cls, reading: Reading, title: str) -> "Film":
        cast = cast_of(reading.elements)
        texts = [title, reading.about, *(element.text for element in reading.elements)]
        words = words_of(texts)
        return cls(
            title=title,
            screenplay=any(element.kind == "heading" for element in reading.elements),
            cast=cast,
            world=world_of(texts, cast.name_words),
            words=words,
            genre=genre_of(words),
            memory=Memory(cast),
        )

    def soundtrack(self) -> SoundtrackBrief:
        return soundtrack_of(self.words, self.genre)

    def scene(self, beat: Beat) -> Scene:
        """The scene of a beat, with ``000`` for an id; to be called in the order of the film."""
        if beat.units and beat.units[0].element.kind == "card":
            return _card(beat)
        if beat.heading:
            self.surroundings.enter(beat.heading)
        asked, action = asked_shot(beat.action)
        setting = self.surroundings.notice(f"{beat.heading} {action}", prose=not self.screenplay)
        action = self._calm(self.memory.resolve(action))
        mentions = self.cast.mentions(action)
        for mention in mentions:
            self.memory.see(mention.person)
        speakers = [self._speaker(unit) for unit in beat.lines]
        seen = [mention.person for mention in mentions]
        seen += [who for unit, who in zip(beat.lines, speakers, strict=True) if not unit.element.unseen]
        wording = _Wording(beat, action, mentions, speakers, setting)
        self.shot = asked or choose_shot(wording.matter, beat.mark, self.shot)
        return Scene(
            id="000",
            duration=beat.seconds,
            prompt=wording.prompt(self.shot, self.world, look_of(self.genre)),
            heading=_heading(beat, setting),
            seed=beat.mark,
            transition=transition_of(beat.entered_by),
            characters=tuple(
                dict.fromkeys(_clip(person.name.removeprefix("the "), 100) for person in seen if person.name)
            )[:50],
            mood=_mood(beat),
            narration=_narration(beat, speakers),
        )

    def _speaker(self, unit: Unit) -> Person:
        """Who says a line; ``she said`` and lines without a name go to the one seen last."""
        name = unit.element.speaker
        person = self.cast.speaker(name) if name else None
        if person is None and name.lower() in ("she", "he"):
            person = self.memory.last.get(name.lower())
        if person is None and not name and unit.element.manner != "singing" and self.memory.recent:
            person = next((recent for recent in self.memory.recent if not recent.is_animal), None)
        if person is None:
            return Person(screen_name(name) if name and name.lower() not in ("she", "he", "they") else "")
        if not unit.element.unseen:
            self.memory.see(person)
        return person

    def _calm(self, text: str) -> str:
        """Names in capitals become names, other capitals small letters: ``MARA lifts A GUN``. Short ones stay (TV)."""

        def lowered(match: re.Match[str]) -> str:
            word = match[0]
            if word.lower() in self.cast.name_words or any(word.lower() in part.lower() for part in self.world):
                return "-".join(part[:1] + part[1:].lower() for part in word.split("-"))
            if len(word) <= 3:
                return word
            opens = match.start() == 0 or text[: match.start()].rstrip()[-1:] in (".", "!", "?")
            return word[0] + word[1:].lower() if opens else word.lower()

        return _SHOUTED.sub(lowered, text)


@dataclass
class _Wording:
    """The parts of one prompt."""

    beat: Beat
    action: str
    mentions: list[Mention]
    speakers: list[Person]
    setting: Setting
    told: list[Person] = field(default_factory=list)

    @property
    def visible(self) -> list[tuple[Unit, Person]]:
        pairs = zip(self.beat.lines, self.speakers, strict=True)
        return [(unit, who) for unit, who in pairs if not unit.element.unseen]

    @property
    def matter(self) -> Matter:
        speakers = len({who.name for _, who in self.visible})
        arrives = self.beat.arrives and bool(self.beat.heading)
        unseen = bool(self.beat.lines) and not speakers
        return Matter(self.action, speakers, unseen, arrives, self.setting.indoors, self._moving())

    def _moving(self) -> str:
        """The sentences that have somebody in them: rain that runs down a window is no chase."""
        names = {word for mention in self.mentions for word in mention.person.name.lower().split()} - {"the"}
        movers = MOVERS | names
        sentences = re.split(r"[.!?;]", self.action)
        return ". ".join(part for part in sentences if movers & {word.lower() for word in re.findall(r"\w+", part)})

    def prompt(self, shot: str, world: tuple[str, ...], look: str) -> str:
        sentences = [self._opening(shot), self._introduced_action()]
        if self.visible and not self._opens_on_speaker(shot):
            sentences.append(self._talk(whole=True))
        sentences += [_clip(self.setting.words(world), 400), _clip(look, 300)]
        return " ".join(_sentence(part) for part in sentences if part)

    def _opening(self, shot: str) -> str:
        if self.visible and self._opens_on_speaker(shot):
            return f"{shot} of {self._talk()}"
        if self.action:
            return shot
        place = self.setting.place or "the place"
        return f"{shot} of {place[0].lower() + place[1:] if place.startswith(('A ', 'The ')) else place}"

    def _opens_on_speaker(self, shot: str) -> bool:
        """A near shot shows the speaker first; where much is done before the words, the action comes first."""
        return _near(shot) and self.action.count(" ") < 6

    def _talk(self, whole: bool = False) -> str:
        """Who speaks, and how: a part of the opening, or a whole sentence."""
        people = list({id(who): who for _, who in self.visible}.values())
        names = [self._introduce(who) for who in people]
        if len(people) > 1:
            comma = "," if any("," in name for name in names) else ""
            together = f"{comma} and ".join(name or "someone" for name in names)
            return f"{together}{comma} {'are ' if whole else ''}talking to each other"
        name = names[0] or "someone"
        comma = "," if "," in name and not name.endswith(")") else ""
        return f"{name}{comma} {'is ' if whole else ''}{_speaking(self.visible[0][0].element.manner)}"

    def _introduce(self, who: Person) -> str:
        if who in self.told or not who.look or _has_look(self.action, who):
            return who.name
        self.told.append(who)
        return who.introduced()

    def _introduced_action(self) -> str:
        """The action, each person described where first named; whoever has no room there follows in a sentence."""
        text, after = self.action, []
        first = {id(mention.person): mention for mention in reversed(self.mentions)}
        for mention in sorted(first.values(), key=lambda mention: -mention.start):
            who = mention.person
            if not who.look or who in self.told or _has_look(self.action, who) or len(self.told) >= _MOST_INTRODUCED:
                continue
            self.told.append(who)
            if mention.owner:
                after.append(
                    f"{who.name} is {who.look}" if re.match(r"an? |the ", who.look) else f"{who.name}: {who.look}"
                )
            else:
                text = _with_introduction(text, mention)
        return " ".join(_sentence(part) for part in [_clip(text, 2_400), *after[::-1]] if part)


def transition_of(words: str) -> Transition | None:
    """How a written transition (``DISSOLVE TO:``, ``FADE OUT.``) leads into the next scene."""
    upper = words.upper()
    if "WHITE" in upper:
        return MADE_TRANSITIONS["fade_white"]
    if "DISSOLVE" in upper or "CROSSFADE" in upper or "CROSS FADE" in upper:
        return MADE_TRANSITIONS["dissolve"]
    if "FADE" in upper or "CUT TO BLACK" in upper:
        return MADE_TRANSITIONS["fade"]
    if "WIPE" in upper:
        return MADE_TRANSITIONS["wipe_left"]
    return MADE_TRANSITIONS["cut"] if "CUT" in upper else None


def _near(shot: str) -> bool:
    return not re.search(r"wide|tracking|crane|aerial|dolly|panning|point-of-view", shot, re.IGNORECASE)


def _has_look(text: str, who: Person) -> bool:
    return who.look[:40].lower() in text.lower()


def _with_introduction(text: str, mention: Mention) -> str:
    who, start = mention.person, mention.start
    words = who.introduced()
    by_role = text[max(0, start - 4) : start].lower() == "the "
    if by_role:
        start -= 4
    elif not who.named:
        return text
    if start == 0 or text[:start].rstrip()[-1:] in (".", "!", "?"):
        words = words[0].upper() + words[1:]
    comma = (
        ","
        if "," in words
        and not words.endswith(")")
        and text[mention.end : mention.end + 1] not in (",", ".", ";", ":", "!", "?", "", "’", "'")
        else ""
    )
    return f"{text[:start]}{words}{comma}{text[mention.end :]}"


def _speaking(manner: str) -> str:
    """How a line is said: ``quietly`` is *speaking quietly*, ``shouting`` stands for itself."""
    if not manner or _PAUSES.fullmatch(manner.strip(" .,")) or len(manner) > 60:
        return "speaking"
    first = manner.split()[0].lower()
    if first in _WAYS_OF_SPEAKING:
        return manner
    return (
        f"speaking {manner}" if first.endswith("ly") or first in ("to", "into", "in", "with") else f"speaking, {manner}"
    )


def _narration(beat: Beat, speakers: list[Person]) -> str | None:
    lines: list[str] = []
    before = ""
    for unit, who in zip(beat.lines, speakers, strict=True):
        name = who.name.removeprefix("the ").upper() or ("SONG" if unit.element.manner == "singing" else "VOICE")
        if name == before:
            lines[-1] += f" {unit.text}"
        else:
            lines.append(f"{name}: {unit.text}")
        before = name
    return _clip("\n".join(lines), 3_900) or None


def _heading(beat: Beat, setting: Setting) -> str:
    words = beat.heading or setting.heading() or beat.section
    if words:
        return _clip(" ".join(words.split()), 120)
    first = re.split(r"(?<=[.!?]) ", beat.action or beat.lines[0].text)[0].split()[:6]
    while len(first) > 2 and first[-1].lower() in NOT_NAMES:
        first.pop()
    return _clip(" ".join(first).strip(" ,.;:") or "SCENE", 80)


def _mood(beat: Beat) -> str | None:
    moods = moods_of(words_of([beat.heading, *(unit.text for unit in beat.units)]))
    return moods[0][0] if moods and moods[0][1] >= 2 else None


def _card(beat: Beat) -> Scene:
    words = _clip(" ".join(unit.text for unit in beat.units), 300)
    return Scene(
        id="000",
        duration=max(3.0, beat.seconds),
        prompt=f"Title card, plain white letters centred on black: {words}",
        heading="TITLE CARD",
        seed=beat.mark,
        transition=transition_of(beat.entered_by),
        allow_still=True,
        allow_black=True,
    )


def _sentence(text: str) -> str:
    text = text.strip(" ,;:-–—")
    if not text:
        return ""
    text = text[0].upper() + text[1:]
    return text if text[-1] in '.!?…。！？”"»' else f"{text}."


def _clip(text: str, most: int) -> str:
    """The text cut at a word where it is too long."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[most // 2 :] else cut).rstrip(" ,;:") + "…"
