"""Subtitles: readable cues inside their scene, never over each other, and no markup from a script."""

import re
from pathlib import Path

import av
import pytest
from factories import make_scene, make_storyboard

from film_pipeline.editor.assembly import assemble
from film_pipeline.editor.subtitles import (
    MAX_COLUMNS,
    MAX_LINES,
    Subtitles,
    spoken_lines,
    srt_text,
    subtitles,
    vtt_text,
)
from film_pipeline.models.format import FilmFormat
from film_pipeline.models.storyboard import Storyboard, Transition
from film_pipeline.models.timeline import Timeline, TimelineClip

SPEECH = (
    "ANNA: Where were you last night? I waited at the bridge until the lamps went out, and nobody came. "
    "Not you, not your brother, not even the dog.\n"
    "OLD MAN: Here.\n"
    "VOICE: The city never sleeps, but it forgets; and what it forgets, it builds over."
)


def timeline_of(storyboard: Storyboard, rate: str = "24") -> Timeline:
    shape = FilmFormat(width=160, height=90, frame_rate=rate)
    clips = [
        TimelineClip(scene=scene.id, take=1, media="", sha256="", frames=shape.frames(scene.duration))
        for scene in storyboard.scenes
    ]
    return assemble("Test", shape, clips, [None, *(Transition() for _ in clips[1:])])


def made(*narrations: str | None, duration: float = 20.0, rate: str = "24") -> tuple[Subtitles, Timeline]:
    scenes = [make_scene(n, duration=duration, narration=words) for n, words in enumerate(narrations, start=1)]
    storyboard = make_storyboard(*scenes)
    timeline = timeline_of(storyboard, rate)
    return subtitles(storyboard, timeline), timeline


def words_of(text: str) -> list[str]:
    return re.sub(r"\s+", " ", text).split()


def test_cues_are_readable_and_never_overlap() -> None:
    found, timeline = made(SPEECH, None, SPEECH, SPEECH, rate="24000/1001")
    assert found.notes == ()
    starts = [timeline.format.seconds(start) * 1000 for start in (*timeline.starts(), timeline.frames)]
    for cue in found.cues:
        assert 1 <= len(cue.lines) <= MAX_LINES
        assert all(0 < len(line) <= MAX_COLUMNS for line in cue.lines)
        assert 1000 <= cue.end - cue.start <= 7000
        assert sum(map(len, cue.lines)) / (cue.end - cue.start) * 1000 <= 17.1
    for before, after in zip(found.cues, found.cues[1:], strict=False):
        assert before.end <= after.start
    for scene in (0, 2, 3):
        inside = [cue for cue in found.cues if starts[scene] <= cue.start < starts[scene + 1]]
        assert words_of(" ".join(line for cue in inside for line in cue.lines)) == words_of(
            SPEECH.replace("VOICE: ", "")
        )
        assert max(cue.end for cue in inside) <= starts[scene + 1]
    assert not [cue for cue in found.cues if starts[1] <= cue.start < starts[2]]


def test_sentences_stay_together_and_lines_are_balanced() -> None:
    found, _ = made("ANNA: Come here. Now, before the rain begins again and we are wet.")
    (cue,) = found.cues
    assert cue.lines == ("ANNA: Come here. Now, before the", "rain begins again and we are wet.")


@pytest.mark.parametrize("duration", [0.5, 2.0, 5.0, 6.5])
def test_too_many_words_are_told_and_none_is_lost(duration: float) -> None:
    found, timeline = made(SPEECH, duration=duration)
    assert "scene 001" in found.notes[0]
    assert words_of(" ".join(line for cue in found.cues for line in cue.lines)) == words_of(
        SPEECH.replace("VOICE: ", "")
    )
    for before, after in zip(found.cues, found.cues[1:], strict=False):
        assert before.start < before.end <= after.start
    assert found.cues[-1].end <= timeline.seconds * 1000
    if duration >= len(found.cues):
        assert min(cue.end - cue.start for cue in found.cues) >= 1000


def test_words_without_spaces_are_broken() -> None:
    found, _ = made("雨が降る" * 40)
    assert all(len(line) <= MAX_COLUMNS for cue in found.cues for line in cue.lines)
    assert "".join(line for cue in found.cues for line in cue.lines) == "雨が降る" * 40


def test_who_speaks_is_told_from_what_is_said() -> None:
    assert spoken_lines("ANNA: Yes.\nVOICE: Rain.\nIt is 12: 30.\n\nMÜLLER (O.S.): no: never") == [
        ("ANNA", "Yes."),
        ("", "Rain."),
        ("", "It is 12: 30."),
        ("MÜLLER (O.S.)", "no: never"),
    ]


def test_no_narration_gives_no_cue() -> None:
    found, _ = made(None, None)
    assert found == Subtitles((), ())


def test_markup_of_a_script_is_only_text(tmp_path: Path) -> None:
    words = "BOB: <b>1 < 2</b> & {\\an8}up --> down <script>"
    found, _ = made(words, words)
    vtt = vtt_text(found.cues)
    assert vtt.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:0")
    assert "<v BOB>BOB: &lt;b&gt;1 &lt; 2&lt;/b&gt; &amp;" in vtt
    assert vtt.count("-->") == len(found.cues)
    path = tmp_path / "film.srt"
    path.write_text(srt_text(found.cues), encoding="utf-8")
    shown = read_back(path)
    assert len(shown) == len(found.cues) == 2
    assert shown[0].replace("\u2060", "").replace("→", "-->") == " ".join(words.split())


def read_back(path: Path) -> list[str]:
    """The texts that FFmpeg shows, all its own markup removed."""
    texts = []
    with av.open(str(path)) as container:
        for packet in container.demux(container.streams.subtitles[0]):
            for subtitle in packet.decode():
                fields = subtitle.ass.decode() if hasattr(subtitle, "ass") else ""
                text = fields.split(",", 8)[-1].replace("\\N", " ")
                texts.append(re.sub(r"\{\\[^}]*\}", "", text))
    return texts


def test_times_are_exact_over_a_long_film() -> None:
    found, timeline = made(*(["ANNA: Yes."] * 200), duration=4.0, rate="24000/1001")
    for cue, start in zip(found.cues, timeline.starts(), strict=True):
        assert 0 <= cue.start - start / timeline.format.frame_rate * 1000 < 1
    assert srt_text(found.cues[-1:]).splitlines()[1].startswith("00:11:")
