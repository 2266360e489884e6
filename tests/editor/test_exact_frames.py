"""Every frame of a film is where a full encode in one go would put it."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from barcode import cells_of, code_of, decoded_cells, picture, timeline_clip, write_clip

from film_pipeline.editor.assembly import assemble
from film_pipeline.ffmpeg.encoding import Encoding
from film_pipeline.ffmpeg.program import file_argument, run_ffmpeg
from film_pipeline.models.format import FilmFormat
from film_pipeline.models.storyboard import Transition
from film_pipeline.models.timeline import Timeline

NTSC = Fraction(24000, 1001)
RATES = [Fraction(24), NTSC]
XFADES = {"dissolve": "fade", "fade": "fadeblack", "fade_white": "fadewhite", "wipe_left": "wipeleft",
          "wipe_right": "wiperight", "wipe_up": "wipeup", "wipe_down": "wipedown"}  # fmt: skip


def make(folder, rate: Fraction, kinds: list[str], frames: list[int], seconds: list[float]) -> Timeline:
    paths = [write_clip(folder / f"{scene}.mp4", scene, count, rate) for scene, count in enumerate(frames, start=1)]
    clips = [
        timeline_clip(path, scene, count) for scene, (path, count) in enumerate(zip(paths, frames, strict=True), 1)
    ]
    wishes = [None] + [Transition(kind=k, duration=s) for k, s in zip(kinds, seconds, strict=True)]
    return assemble("T", FilmFormat(width=320, height=180, frame_rate=rate), clips, wishes)


def single_graph(timeline: Timeline, output) -> None:
    """The usual way: one FFmpeg, one chain of blends, everything encoded again (here without loss)."""
    rate, inputs, graph = timeline.format.frame_rate, [], []
    for index, clip in enumerate(timeline.clips):
        inputs += ["-i", file_argument(Path(clip.media))]
        graph.append(f"[{index}:v]settb={1 / rate},setpts=N,tpad=stop=2:stop_mode=clone[c{index}]")
    last = "[c0]"
    for index, transition in enumerate(timeline.transitions, start=1):
        offset = float(timeline.starts()[index] / rate)
        duration = float(transition.frames / rate)
        blend = f"xfade=transition={XFADES[transition.kind]}:duration={duration:.6f}:offset={offset:.6f}"
        graph.append(f"{last}[c{index}]{blend}[x{index}]")
        last = f"[x{index}]"
    graph.append(f"{last}trim=end_frame={timeline.frames}[v]")
    lossless = ["-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-fps_mode", "passthrough"]
    run_ffmpeg(["-y", *inputs, "-filter_complex", ";".join(graph), "-map", "[v]", *lossless, file_argument(output)],
               doing="encoding the reference")  # fmt: skip


@pytest.mark.parametrize(("rate", "codec"), [(24, "h264"), (NTSC, "h264"), (NTSC, "hevc"), (NTSC, "av1")])
def test_every_frame_is_that_of_a_full_encode(workshop, rate, codec) -> None:
    rate = Fraction(rate)
    kinds = ["dissolve", "fade", "wipe_left", "fade_white", "wipe_up", "wipe_right", "wipe_down", "dissolve"]
    frames = [24, 30, 13, 25, 12, 24, 31, 24, 40]
    seconds = [0.5, 0.25, 0.125, 0.25, 0.2, 0.5, 0.05, 1.5]
    timeline = make(workshop.folder, rate, kinds, frames, seconds)
    workshop.cut(timeline, encoding=Encoding(codec=codec))
    single_graph(timeline, workshop.folder / "reference.mp4")

    ours = list(decoded_cells(workshop.movie))
    reference = [cells for _, cells in decoded_cells(workshop.folder / "reference.mp4")]
    assert len(ours) == len(reference) == timeline.frames
    assert [time for time, _ in ours] == [Fraction(number) / rate for number in range(timeline.frames)]
    errors = [np.abs(cells - wanted).max() for (_, cells), wanted in zip(ours, reference, strict=True)]
    assert max(errors) < 8, f"frame {int(np.argmax(errors))} is off by {max(errors):.0f} of 255"


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_frames_outside_transitions_carry_their_own_numbers(workshop, rate) -> None:
    timeline = make(
        workshop.folder, rate, ["cut", "dissolve", "cut", "wipe_left"], [7, 24, 1, 30, 24], [0, 0.3, 0, 0.5]
    )
    workshop.cut(timeline)

    found = [code_of(cells) for _, cells in decoded_cells(workshop.movie)]
    assert len(found) == timeline.frames
    checked = 0
    for clip, span in zip(timeline.clips, timeline.spans(), strict=True):
        for frame in range(span.head, clip.frames - span.tail):
            assert found[span.start + frame] == (int(clip.scene), frame)
            checked += 1
    assert checked == timeline.frames - sum(t.frames for t in timeline.transitions)


def test_a_dissolve_mixes_both_scenes_by_its_progress(workshop) -> None:
    timeline = make(workshop.folder, Fraction(24), ["dissolve"], [24, 24], [0.5])
    workshop.cut(timeline)

    cells = [cells for _, cells in decoded_cells(workshop.movie)]
    for step in range(12):
        out, into = cells_of_code(1, 12 + step), cells_of_code(2, step)
        weight = step / 12
        assert np.abs(cells[12 + step] - (out * (1 - weight) + into * weight)).max() < 255 * 0.03


def cells_of_code(scene: int, frame: int) -> np.ndarray:
    return cells_of(picture(scene, frame)[:, :, 0].astype(float))


def test_a_film_opens_and_closes_with_a_fade(workshop) -> None:
    clips = [workshop.clip(1), workshop.clip(2)]
    fade = Transition(kind="fade", duration=0.5)
    timeline = assemble(
        "T",
        FilmFormat(width=320, height=180),
        clips,
        [Transition(kind="fade_white", duration=0.25), None],
        closing=fade,
    )
    facts = workshop.cut(timeline)

    cells = [cells for _, cells in decoded_cells(workshop.movie)]
    assert len(cells) == facts.frames == 48
    assert cells[0].min() > 240
    assert [code_of(c) for c in cells[6:36]] == [(1, f) for f in range(6, 24)] + [(2, f) for f in range(12)]
    assert cells[-1].max() < 40
    assert 100 < cells[41].max() < 200


def test_a_film_of_a_single_frame(workshop) -> None:
    facts = workshop.cut(workshop.timeline([workshop.clip(5, 1)]))

    assert facts.frames == 1
    assert [code_of(cells) for _, cells in decoded_cells(workshop.movie)] == [(5, 0)]


def test_the_same_clip_twice_in_a_row(workshop) -> None:
    clip = workshop.clip(3)
    facts = workshop.cut(workshop.timeline([clip, clip, clip], ["cut", "dissolve", "dissolve"]))

    assert facts.frames == 60
    # Without and with a head or a tail it is cut in three ways; two blends and the sound come to that.
    assert facts.encoded_parts == 6
    assert code_of(list(decoded_cells(workshop.movie))[-1][1]) == (3, 23)
