"""Subtitles from the narration of scenes: timed within each scene's own stretch, as SubRip and WebVTT. Pure.

Narration is lines ``NAME: what is said``; who is only ``VOICE`` has no name to show.
"""

import math
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from film_pipeline.models.storyboard import Storyboard
from film_pipeline.models.timeline import Timeline

MAX_LINES, MAX_COLUMNS = 2, 42
MIN_SECONDS, MAX_SECONDS = 1.0, 7.0
CHARACTERS_A_SECOND = 17.0

_GAP_MS = 80.0
_NAMELESS = ("VOICE", "NARRATOR")
_SPOKEN = re.compile(r"([^\W\d_][^:\n]{0,39}):\s+(.+)")
_SENTENCE_END = re.compile(r"(?<=[.!?…。！？])\s+")
_ZERO_WIDTH = "\u2060"  # after < or { no player sees markup, and no reader sees a difference


@dataclass(frozen=True)
class Cue:
    """One subtitle: from ``start`` to ``end`` in milliseconds of the film, one or two lines, and who speaks."""

    start: int
    end: int
    lines: tuple[str, ...]
    speaker: str = ""


@dataclass(frozen=True)
class Subtitles:
    """All cues in order, and notes on scenes whose narration is too long to be read in their time."""

    cues: tuple[Cue, ...]
    notes: tuple[str, ...]


def subtitles(storyboard: Storyboard, timeline: Timeline) -> Subtitles:
    """The subtitles of a film; none where no scene has a narration."""
    starts = [*timeline.starts(), timeline.frames]
    cues: list[Cue] = []
    notes: list[str] = []
    for scene, start, end in zip(storyboard.scenes, starts, starts[1:], strict=False):
        texts = [text for line in spoken_lines(scene.narration or "") for text in _split(line)]
        if not texts:
            continue
        stretch = (timeline.format.seconds(start), timeline.format.seconds(end))
        cues += _timed(texts, stretch)
        notes += _complaint(scene.id, texts, stretch[1] - stretch[0])
    return Subtitles(tuple(cues), tuple(notes))


def srt_text(cues: Sequence[Cue]) -> str:
    """SubRip, names as ``NAME:`` before what is said."""
    blocks = []
    for number, cue in enumerate(cues, start=1):
        times = f"{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}"
        blocks.append("\n".join([str(number), times, *(_srt_line(line) for line in cue.lines)]) + "\n")
    return "\n".join(blocks)


def vtt_text(cues: Sequence[Cue]) -> str:
    """WebVTT, who speaks as a voice span too."""
    blocks = ["WEBVTT\n"]
    for cue in cues:
        times = f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}"
        text = "\n".join(_vtt_text(line) for line in cue.lines)
        voice = f"<v {_vtt_text(cue.speaker)}>{text}</v>" if cue.speaker else text
        blocks.append(f"{times}\n{voice}\n")
    return "\n".join(blocks)


def spoken_lines(narration: str) -> list[tuple[str, str]]:
    """Speaker (or nothing) and words of each line. A name is written without small letters."""
    lines = []
    for line in narration.splitlines():
        words = " ".join(line.split())
        match = _SPOKEN.fullmatch(words)
        if match and match[1] == match[1].upper():
            lines.append(("" if match[1] in _NAMELESS else match[1], match[2]))
        elif words:
            lines.append(("", words))
    return lines


@dataclass(frozen=True)
class _Text:
    """What one cue shows, before it has its time."""

    lines: tuple[str, ...]
    speaker: str

    @property
    def characters(self) -> int:
        return sum(len(line) for line in self.lines)

    @property
    def wanted_ms(self) -> float:
        return 1000 * min(MAX_SECONDS, max(MIN_SECONDS, self.characters / CHARACTERS_A_SECOND))


def _split(line: tuple[str, str]) -> Iterator[_Text]:
    """A spoken line as texts of at most two lines, sentences kept together where they fit."""
    speaker, words = line
    shown = _breakable(f"{speaker}: {words}" if speaker else words)
    text = ""
    for piece in _pieces(shown):
        longer = f"{text} {piece}" if text else piece
        if text and len(_wrapped(longer)) > MAX_LINES:
            yield _Text(_balanced(text), speaker)
            text = piece
        else:
            text = longer
    yield _Text(_balanced(text), speaker)


def _pieces(text: str) -> Iterator[str]:
    """Sentences, those that are too long for one cue cut between words."""
    for sentence in _SENTENCE_END.split(text):
        lines = _wrapped(sentence)
        for index in range(0, len(lines), MAX_LINES):
            yield " ".join(lines[index : index + MAX_LINES])


def _breakable(text: str) -> str:
    """Words that are longer than a line (a web address, or Japanese) in pieces of one line."""
    words = text.split(" ")
    return " ".join(word[at : at + MAX_COLUMNS] for word in words for at in range(0, len(word), MAX_COLUMNS))


def _wrapped(text: str, columns: int = MAX_COLUMNS) -> list[str]:
    return textwrap.wrap(text, columns, break_on_hyphens=False)


def _balanced(text: str) -> tuple[str, ...]:
    """The text in as few lines as possible, and these of about equal length."""
    wanted = len(_wrapped(text))
    columns = max(math.ceil(len(text) / wanted), *map(len, text.split()), 1)
    while len(_wrapped(text, columns)) > wanted:
        columns += 1
    return tuple(_wrapped(text, columns))


def _timed(texts: Sequence[_Text], stretch: tuple[float, float]) -> list[Cue]:
    """Spread over the stretch (seconds of the film); each stays until it is read and ends before the next begins."""
    position = float(math.ceil(stretch[0] * 1000))
    cues = []
    for text, slot in zip(texts, _slots(texts, stretch[1] * 1000 - position), strict=True):
        shown = min(slot - min(_GAP_MS, slot / 10), MAX_SECONDS * 1000, text.wanted_ms * 1.5)
        # A stretch that is only just long enough gives its pauses away before any cue gets too short.
        shown = max(shown, min(slot, MIN_SECONDS * 1000))
        start = math.floor(position)
        cues.append(Cue(start, start + max(1, math.floor(shown)), text.lines, text.speaker))
        position += slot
    return cues


def _slots(texts: Sequence[_Text], available: float) -> list[float]:
    """The milliseconds from the start of each text to that of the next: by length, but none under the least time."""
    wanted = [text.wanted_ms for text in texts]
    least, total = MIN_SECONDS * 1000, sum(wanted)
    if available >= total or available < least * len(texts):
        return [available * want / total for want in wanted]
    share = (available - least * len(texts)) / (total - least * len(texts))
    return [least + (want - least) * share for want in wanted]


def _complaint(scene: str, texts: Sequence[_Text], seconds: float) -> list[str]:
    characters = sum(text.characters for text in texts)
    pace = characters / seconds
    if pace <= CHARACTERS_A_SECOND * 1.05 and seconds >= len(texts) * MIN_SECONDS:
        return []
    said = (
        f"scene {scene}: {characters} characters in {len(texts)} subtitle{'' if len(texts) == 1 else 's'} "
        f"are too many to be read in {seconds:.1f} s"
    )
    return [f"{said}; give the scene more time or fewer words"]


def _clock(milliseconds: int, point: str) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{point}{rest:03d}"


def _srt_line(line: str) -> str:
    """SubRip has no way to write its own marks, so they are parted from what would make them marks."""
    safe = line.replace("-->", "→")
    return safe.replace("<", "<" + _ZERO_WIDTH).replace("{", "{" + _ZERO_WIDTH)


def _vtt_text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
