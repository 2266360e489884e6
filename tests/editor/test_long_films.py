"""Memory does not grow with the length of the film, and time does not drift."""

import json
import subprocess
import sys
from fractions import Fraction

import av
import numpy as np
import pytest
from barcode import code_of, decoded_cells, timeline_clip, write_clip

from film_pipeline.editor.assembly import assemble
from film_pipeline.editor.sound import scene_places
from film_pipeline.ffmpeg.encoding import Encoding
from film_pipeline.ffmpeg.program import file_argument, run_ffmpeg
from film_pipeline.models.format import FilmFormat
from film_pipeline.models.storyboard import Transition

CODE = """
import resource, sys
from pathlib import Path
from film_pipeline.editor.movie import cut_movie
from film_pipeline.models.timeline import Timeline
timeline, soundtrack, into, cache = sys.argv[1:]
timeline = Timeline.model_validate_json(Path(timeline).read_text())
facts = cut_movie(timeline, soundtrack=Path(soundtrack), into=Path(into), cache=Path(cache), workers=1)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, facts.frames, facts.encoded_parts)
"""


def test_memory_stays_flat(workshop) -> None:
    """The same long clip once, and twenty times with sound throughout: 4 s against 80 s."""
    music = workshop.folder / "music.wav"
    run_ffmpeg(["-f", "lavfi", "-i", "anoisesrc=d=80:a=0.1", "-ac", "2", file_argument(music)], doing="drawing")
    path = write_clip(
        workshop.folder / "clip.mkv", 1, 96, inputs=("-f", "lavfi", "-t", "4", "-i", "anoisesrc=a=0.1"),
        options=("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "flac"),
    )  # fmt: skip
    clip = timeline_clip(path, 1, 96)
    peaks = {}
    for count in (1, 20):
        timeline = workshop.timeline([clip] * count, ["cut"] * count)
        plan = workshop.folder / f"{count}.json"
        plan.write_text(timeline.model_dump_json())
        command = [sys.executable, "-c", CODE, plan, music, workshop.movie, workshop.folder / f"cache{count}"]
        result = subprocess.run(command, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        peak, frames, _ = json.loads(f"[{result.stdout.strip().replace(' ', ',')}]")
        assert frames == 96 * count
        peaks[count] = peak
    assert peaks[20] < peaks[1] * 1.1, peaks


RATES = [Fraction(1), Fraction(10), Fraction(25), Fraction(30000, 1001), Fraction(49, 2), Fraction(60), Fraction(120)]


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_any_rate_is_exact(workshop, rate) -> None:
    clips = [
        timeline_clip(write_clip(workshop.folder / f"{scene}.mp4", scene, 20, rate), scene, 20) for scene in (1, 2, 3)
    ]
    dissolve = Transition(kind="dissolve", duration=min(5.0, float(6 / rate)))
    film_format = FilmFormat(width=320, height=180, frame_rate=rate)
    timeline = assemble("T", film_format, clips, [None, dissolve, Transition(kind="cut")])
    workshop.cut(timeline)

    found = list(decoded_cells(workshop.movie))
    assert [time for time, _ in found] == [Fraction(number) / rate for number in range(timeline.frames)]
    overlap = timeline.transitions[0].frames
    assert overlap == min(6, 5 * rate)
    codes = [code_of(cells) for _, cells in found]
    assert codes[: 20 - overlap] == [(1, frame) for frame in range(20 - overlap)]
    assert codes[20:] == [(2, frame) for frame in range(overlap, 20)] + [(3, frame) for frame in range(20)]


SIZES = [("h264", (64, 64)), ("h264", (180, 320)), ("h264", (320, 320)), ("h264", (1920, 800)), ("h264", (322, 182)),
         ("hevc", (64, 64)), ("av1", (66, 64))]  # fmt: skip


@pytest.mark.parametrize(("codec", "size"), SIZES)
def test_any_size(workshop, codec, size) -> None:
    clips = [workshop.clip(1, 6), workshop.clip(2, 6)]
    film_format = FilmFormat(width=size[0], height=size[1])
    timeline = assemble("T", film_format, clips, [None, Transition(kind="wipe_down", duration=0.1)])
    facts = workshop.cut(timeline, encoding=Encoding(codec=codec))
    assert (facts.width, facts.height, facts.frames) == (*size, 10)


def test_sound_and_picture_do_not_drift_apart(workshop) -> None:
    """Two hundred scenes at 24000/1001: sound at the start of a scene is that of its first frame, to the sample."""
    rate = Fraction(24000, 1001)
    clip = workshop.clip(1, 37)
    dissolve = Transition(kind="dissolve", duration=0.5)
    timeline = assemble(
        "T", FilmFormat(width=320, height=180, frame_rate=rate), [clip] * 200, [None] + [dissolve] * 199
    )
    places = scene_places(timeline, range(200))
    for index, span in enumerate(timeline.spans()):
        start, end, ramp_in, _ = places[index]
        assert abs(start - float(span.start / rate) * 48000) <= 0.5
        assert abs(end - float((span.start + 37) / rate) * 48000) <= 0.5
        assert index == 0 or abs(ramp_in - float(12 / rate) * 48000) <= 0.5
    assert np.diff([span.start for span in timeline.spans()]).tolist() == [25] * 199


def test_two_hundred_scenes_are_heard_when_they_are_seen(workshop) -> None:
    """Decoded as a player does: each scene clicks as its frame 6 begins."""
    rate = Fraction(24000, 1001)
    click = f"aevalsrc='0.5*between(t,{float(6 / rate)},{float(6 / rate) + 0.001})+0.1*sin(2000*t)':d=0.6:s=48000"
    path = write_clip(
        workshop.folder / "clip.mkv", 1, 13, rate, inputs=("-f", "lavfi", "-i", click),
        options=("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "flac"),
    )  # fmt: skip
    film_format = FilmFormat(width=128, height=72, frame_rate=rate)
    dissolve = Transition(kind="dissolve", duration=float(3 / rate))
    timeline = assemble("T", film_format, [timeline_clip(path, 1, 13)] * 200, [None] + [dissolve] * 199)
    workshop.cut(timeline)

    seen = [time for time, cells in decoded_cells(workshop.movie) if code_of(cells) == (1, 6)]
    assert seen == [(span.start + 6) / rate for span in timeline.spans()]
    with av.open(str(workshop.movie)) as container:
        sound = np.concatenate([np.abs(frame.to_ndarray()).max(axis=0) for frame in container.decode(audio=0)])
    for time in seen[1:-3]:  # the film fades in and out
        around = sound[round(time * 48000) - 4800 :][:9600]
        assert abs(int(np.argmax(around > around.max() * 0.5)) - 4800) < 100
