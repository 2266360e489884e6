"""Timelines for editing programs, read back by OpenTimelineIO and its adapters, and compared frame by frame."""

import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import cycle
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from film_pipeline.editor.assembly import assemble
from film_pipeline.editor.exchange import FilmExchange, Media
from film_pipeline.editor.exchange_edl import edl_text, timecode
from film_pipeline.editor.exchange_fcp7 import fcp7_text
from film_pipeline.editor.exchange_otio import otio_text
from film_pipeline.errors import UnfitMediaError
from film_pipeline.models.format import FilmFormat
from film_pipeline.models.storyboard import Transition, TransitionKind
from film_pipeline.models.timeline import TimelineClip

KINDS: tuple[TransitionKind, ...] = (
    "dissolve",
    "cut",
    "fade",
    "fade_white",
    "wipe_left",
    "wipe_right",
    "wipe_up",
    "wipe_down",
)
HOSTILE = 'A "quote" & <tag>\n002  AX V C 00:00:00:00 ]]> \ufffe * FROM CLIP NAME: x'
RATES = [Fraction(24), Fraction(24000, 1001), Fraction(30000, 1001), Fraction(25), Fraction(60)]


def exchange(
    rate: Fraction = Fraction(24),
    opening: TransitionKind | None = None,
    closing: TransitionKind | None = None,
    channels: int = 0,
    frames: tuple[int, ...] = (50, 61, 72, 83, 94, 105, 116, 127, 138),
) -> FilmExchange:
    """Nine clips with every kind of transition, of an odd number of frames, between them."""
    shape = FilmFormat(width=1280, height=720, frame_rate=rate)
    clips = [
        TimelineClip(scene=f"{number:03d}", take=1, media="", sha256="", frames=count)
        for number, count in enumerate(frames, start=1)
    ]
    seconds = float(13 / rate)
    wishes: list[Transition | None] = [Transition(kind=opening, duration=seconds) if opening else None]
    wishes += [Transition(kind=kind, duration=seconds) for kind, _ in zip(cycle(KINDS), clips[1:], strict=False)]
    ending = Transition(kind=closing, duration=seconds) if closing else None
    timeline = assemble(HOSTILE, shape, clips, wishes, closing=ending)
    facts = {"digest": "d" * 64, "seed": "7", "prompt": HOSTILE}
    media = tuple(
        Media(f"clips/{clip.scene}-take1.mp4", clip.frames + 1, rate, 1280, 720, channels, facts) for clip in clips
    )
    return FilmExchange(timeline, media, "soundtrack.wav")


@contextmanager
def old_habits() -> Iterator[None]:
    """The FCP adapter tests XML elements for truth, which newer Pythons warn of."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Testing an element's truth value", DeprecationWarning)
        yield


def frames_of(time: Any) -> int:
    assert time.value == round(time.value)
    return round(time.value)


def what_is_shown(track: Any, names: list[str]) -> dict[int, set[tuple[str, int]]]:
    """For each film frame the clips that are on the screen, with the frame of each clip's file."""
    shown: dict[int, set[tuple[str, int]]] = {}
    position = number = 0
    items = list(track)
    for index, item in enumerate(items):
        if isinstance(item, otio.schema.Transition):
            continue
        start, length = frames_of(item.source_range.start_time), frames_of(item.source_range.duration)
        before, after = items[index - 1] if index else None, items[index + 1] if index + 1 < len(items) else None
        head = frames_of(before.in_offset) if isinstance(before, otio.schema.Transition) else 0
        tail = frames_of(after.out_offset) if isinstance(after, otio.schema.Transition) else 0
        if isinstance(item, otio.schema.Clip):
            for frame in range(-head, length + tail):
                shown.setdefault(position + frame, set()).add((names[number], start + frame))
            number += 1
        position += length
    return shown


def what_the_movie_shows(film: FilmExchange) -> dict[int, set[tuple[str, int]]]:
    shown: dict[int, set[tuple[str, int]]] = {}
    for clip, start in zip(film.timeline.clips, film.timeline.starts(), strict=True):
        for frame in range(clip.frames):
            shown.setdefault(start + frame, set()).add((clip.scene, frame))
    return shown


def scenes(film: FilmExchange) -> list[str]:
    return [clip.scene for clip in film.timeline.clips]


@pytest.mark.parametrize("rate", [*RATES, Fraction(25, 2)])
def test_otio_shows_every_frame_of_the_movie(rate: Fraction) -> None:
    film = exchange(rate, opening="fade", closing="fade_white", channels=2)
    timeline = otio.adapters.read_from_string(otio_text(film), "otio_json")
    picture, sound, music = timeline.tracks
    assert what_is_shown(picture, scenes(film)) == what_the_movie_shows(film)
    assert timeline.duration().rate == float(rate)
    for track in (picture, sound, music):
        assert frames_of(track.duration()) == film.timeline.frames
    offsets = [
        (item.in_offset.value, item.out_offset.value) for item in picture if isinstance(item, otio.schema.Transition)
    ]
    assert offsets[0] == (0, 13)
    assert set(offsets[1:-1]) == {(6, 7)}
    assert offsets[-1] == (13, 0)
    assert len(offsets) == 9
    clip = picture.find_clips()[3]
    assert clip.media_reference.target_url == "clips/004-take1.mp4"
    assert clip.available_range().duration.value == 84
    assert clip.metadata["film_pipeline"]["prompt"] == clip.markers[0].comment == HOSTILE
    assert (clip.metadata["film_pipeline"]["scene"], clip.metadata["film_pipeline"]["seed"]) == ("004", "7")
    assert timeline.name == HOSTILE


def test_otio_says_which_transition_it_is() -> None:
    timeline = otio.adapters.read_from_string(otio_text(exchange()), "otio_json")
    found = [item for item in timeline.tracks[0] if isinstance(item, otio.schema.Transition)]
    assert [item.metadata["film_pipeline"]["kind"] for item in found] == [kind for kind in KINDS if kind != "cut"]
    assert found[0].transition_type == "SMPTE_Dissolve"
    assert {item.transition_type for item in found[1:]} == {"Custom_Transition"}
    assert [
        (item.metadata["film_pipeline"]["smpte_wipe"], item.metadata["film_pipeline"]["reverse"]) for item in found[3:]
    ] == [
        (1, True),
        (1, False),
        (2, True),
        (2, False),
    ]


@pytest.mark.parametrize("rate", RATES)
def test_the_edl_shows_every_frame_of_the_movie(rate: Fraction) -> None:
    film = exchange(rate)
    text = edl_text(film)
    timeline = otio.adapters.read_from_string(text, "cmx_3600", rate=float(rate))
    (track,) = timeline.tracks
    assert what_is_shown(track, scenes(film)) == what_the_movie_shows(film)
    codes = [item.metadata["cmx_3600"]["transition"] for item in track if isinstance(item, otio.schema.Transition)]
    assert codes == ["D", "D", "D", "W001", "W001", "W002", "W002"]
    assert "* EFFECT NAME: WIPE LEFT (REVERSED)\n* FROM CLIP NAME: 005-take1.mp4\n* TO CLIP NAME: 006-take1.mp4" in text
    assert text.count("\n002  AX") == 2, "a prompt must not become a statement"
    assert max(map(len, text.splitlines())) < 250


def test_the_edl_fades_from_and_to_black() -> None:
    lines = edl_text(exchange(opening="fade", closing="fade", frames=(48, 48))).splitlines()
    assert "001  BL       V     C        00:00:00:00 00:00:00:00 00:00:00:00 00:00:00:00" in lines
    assert "001  AX       V     D 013    00:00:00:00 00:00:01:11 00:00:00:00 00:00:01:11" in lines
    assert "003  AX       V     C        00:00:01:11 00:00:01:11 00:00:02:22 00:00:02:22" in lines
    assert "003  BL       V     D 013    00:00:00:00 00:00:00:13 00:00:02:22 00:00:03:11" in lines


def test_a_thousand_events_are_numbered() -> None:
    film = exchange(frames=(48,) * 1200)
    timeline = otio.adapters.read_from_string(edl_text(film), "cmx_3600", rate=24)
    assert len(timeline.find_clips()) == 1200
    assert frames_of(timeline.duration()) == film.timeline.frames


def test_timecode_is_non_drop() -> None:
    assert timecode(24 * 3600, Fraction(24000, 1001)) == "01:00:00:00"
    assert timecode(1800, Fraction(30000, 1001)) == "00:01:00:00"
    assert timecode(24 * 86_400 - 1, Fraction(24)) == "23:59:59:23"
    for rate in (Fraction(25, 2), Fraction(120)):
        with pytest.raises(UnfitMediaError, match="--otio"):
            timecode(0, rate)


@pytest.mark.parametrize("rate", RATES)
def test_fcp7_xml_shows_every_frame_of_the_movie(rate: Fraction, tmp_path: Path) -> None:
    film = exchange(rate, opening="fade", closing="fade", channels=1)
    text = fcp7_text(film, tmp_path)
    with old_habits():
        timeline = otio.adapters.read_from_string(text, "fcp_xml")
    video = timeline.video_tracks()[0]
    assert what_is_shown(video, scenes(film)) == what_the_movie_shows(film)
    assert timeline.duration().rate == pytest.approx(float(rate))
    sound, left, right = timeline.audio_tracks()
    for track in (sound, left, right):
        assert frames_of(track.duration()) == film.timeline.frames
    clip = video.find_clips()[0]
    assert clip.markers[0].metadata["fcp_xml"]["comment"].startswith('A "quote" & <tag>')
    assert clip.media_reference.target_url == f"file://localhost{tmp_path}/clips/001-take1.mp4"


def test_fcp7_xml_says_rate_size_and_effects(tmp_path: Path) -> None:
    film = exchange(Fraction(24000, 1001))
    sequence = ET.fromstring(fcp7_text(film, tmp_path / "a b")).find("sequence")
    assert sequence is not None
    assert (sequence.findtext("rate/timebase"), sequence.findtext("rate/ntsc")) == ("24", "TRUE")
    size = sequence.find("media/video/format/samplecharacteristics")
    assert size is not None
    assert (size.findtext("width"), size.findtext("height")) == ("1280", "720")
    assert sequence.findtext("duration") == str(film.timeline.frames)
    effects = [
        (effect.findtext("effectid"), effect.findtext("wipecode"), effect.findtext("reverse"))
        for effect in sequence.iterfind(".//effect")
    ]
    assert effects == [
        ("Cross Dissolve", "0", "FALSE"),
        ("Dip to Color Dissolve", "0", "FALSE"),
        ("Dip to Color Dissolve", "0", "FALSE"),
        ("Edge Wipe", "1", "TRUE"),
        ("Edge Wipe", "1", "FALSE"),
        ("Edge Wipe", "2", "TRUE"),
        ("Edge Wipe", "2", "FALSE"),
    ]
    assert [value.text for value in sequence.iterfind(".//parameter/value/red")] == ["0", "255"]
    assert "/a%20b/clips/001-take1.mp4" in (sequence.findtext(".//file/pathurl") or "")


def test_fcp7_xml_refuses_a_rate_that_it_cannot_say(tmp_path: Path) -> None:
    with pytest.raises(UnfitMediaError, match="25/2"):
        fcp7_text(exchange(Fraction(25, 2)), tmp_path)


def test_a_film_of_one_scene(tmp_path: Path) -> None:
    film = exchange(frames=(24,))
    for text, adapter in (
        (otio_text(film), "otio_json"),
        (edl_text(film), "cmx_3600"),
        (fcp7_text(film, tmp_path), "fcp_xml"),
    ):
        with old_habits():
            timeline = otio.adapters.read_from_string(text, adapter)
        tracks = [track for track in timeline.tracks if track.kind == otio.schema.TrackKind.Video]
        assert what_is_shown(tracks[0], ["001"]) == what_the_movie_shows(film)


def test_a_clip_of_another_rate_keeps_its_own_in_the_file(tmp_path: Path) -> None:
    film = exchange(frames=(24, 24))
    media = tuple(Media(f"clips/{n}.mp4", 17, Fraction(16), 832, 480) for n in (1, 2))
    other = FilmExchange(film.timeline, media)
    clip = otio.adapters.read_from_string(otio_text(other), "otio_json").find_clips()[0]
    assert (clip.available_range().duration.value, clip.available_range().duration.rate) == (17, 16)
    assert clip.source_range.duration.rate == 24
    assert clip.source_range.end_time_exclusive() <= clip.available_range().end_time_exclusive()
    item = ET.fromstring(fcp7_text(other, tmp_path)).find(".//clipitem")
    assert item is not None
    assert (item.findtext("rate/timebase"), item.findtext("duration")) == ("24", "26")
    assert (item.findtext("file/rate/timebase"), item.findtext("file/duration")) == ("16", "17")
