"""Clips of any size, rate and colour become the film's format; what cannot be used is refused by name."""

from fractions import Fraction

import av
import numpy as np
import pytest
from barcode import code_of, decoded_cells, timeline_clip, write_clip

from film_pipeline.errors import UnfitMediaError, UnreadableMediaError
from film_pipeline.ffmpeg.probe import probe
from film_pipeline.ffmpeg.program import file_argument, run_ffmpeg
from film_pipeline.models.timeline import TimelineClip

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "12")
TAGGED = "scale=out_color_matrix=bt709:out_range=tv,setparams=colorspace=bt709:range=tv"
BT601 = "scale=out_color_matrix=bt601:out_range=tv"
SOUND = ("-f", "lavfi", "-t", "1", "-i")

# What is written -> options for write_clip.
UNLIKE = {
    "twice the size": {"width": 640, "height": 360},
    "half the size": {"width": 160, "height": 90},
    "odd size": {"width": 321, "height": 181, "options": (*X264, "-pix_fmt", "yuv444p")},
    "10 bit": {"options": (*X264, "-pix_fmt", "yuv420p10le")},
    "4:4:4": {"options": (*X264, "-pix_fmt", "yuv444p")},
    "full range": {
        "filters": "scale=out_color_matrix=bt709:out_range=pc,format=yuv420p,setparams=colorspace=bt709:range=pc",
        "options": (*X264, "-color_range", "pc"),
    },
    "untagged": {"filters": BT601 + ",format=yuv420p,setparams=colorspace=unknown"},
    "tagged BT.601": {"filters": BT601 + ",format=yuv420p,setparams=colorspace=smpte170m"},
    "RGB": {"filters": "null", "options": ("-c:v", "libx264rgb", "-preset", "ultrafast", "-crf", "8")},
    "raw RGB": {"filters": "format=bgr24", "options": ("-c:v", "rawvideo", "-f", "avi")},
    "HDR": {
        "filters": "scale=out_color_matrix=bt2020:out_range=tv,format=yuv420p10le,"
        "setparams=colorspace=bt2020nc:color_primaries=bt2020:color_trc=smpte2084",
        "options": (*X264, "-pix_fmt", "yuv420p10le"),
    },
    "wide colours": {"filters": TAGGED + ",setparams=color_primaries=smpte432,format=yuv420p"},
    "transparent": {"filters": "format=argb", "options": ("-c:v", "qtrle", "-f", "mov")},
    "interlaced": {
        "filters": TAGGED + ",setfield=tff", "options": (*X264, "-pix_fmt", "yuv420p", "-flags", "+ildct+ilme")
    },
    "AVI with B frames": {"options": ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-bf", "3", "-f", "avi")},
    "VP9 in WebM": {"options": ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-f", "webm")},
    "Matroska": {"options": (*X264, "-pix_fmt", "yuv420p", "-f", "matroska")},
    "mono 22 kHz": {
        "inputs": (*SOUND, "sine=440:r=22050"),
        "options": (*X264, "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "1"),
    },
    "8 channels": {
        "inputs": (*SOUND, "aevalsrc=0.1*sin(440*t)|0|0|0|0|0|0|0:c=7.1"),
        "options": (*X264, "-pix_fmt", "yuv420p", "-c:a", "aac"),
    },
}  # fmt: skip

TOLD = {
    "HDR": "its HDR picture (pq) is shown without tone mapping",
    "wide colours": "its wide colours (display-p3) are shown as BT.709, a little paler",
    "transparent": "its transparency is left out",
    "interlaced": "it is interlaced; whole pictures were made of its fields",
}


@pytest.mark.parametrize("kind", UNLIKE)
def test_an_unlike_clip_is_brought_to_the_format(workshop, kind) -> None:
    plain = workshop.clip(1)
    odd = timeline_clip(write_clip(workshop.folder / "odd.mp4", 2, 24, **UNLIKE[kind]), 2, 24)
    facts = workshop.cut(workshop.timeline([plain, odd, plain], ["cut", "dissolve", "wipe_left"]))

    assert (facts.frames, facts.width, facts.height) == (60, 320, 180)
    frames = [cells for _, cells in decoded_cells(workshop.movie)]
    assert [code_of(cells) for cells in frames[24:36]] == [(2, frame) for frame in range(6, 18)]
    # Black and white come out as they were put in, whatever matrix and range the clip had.
    cells = frames[30]
    assert abs(cells[cells < 128].mean() - 28) < 1.5
    assert abs(cells[cells > 128].mean() - 228) < 1.5
    told = [note for note in facts.notes if note.startswith("scene 002: ")]
    assert told == ([f"scene 002: {TOLD[kind]}"] if kind in TOLD else [])


def test_two_fields_become_one_picture(workshop) -> None:
    """A box moves on between the even and the odd lines; in the movie its edges are straight again."""
    path = workshop.folder / "fields.mp4"
    moving = "color=black:s=320x180:r=48:d=1[bed];color=white:s=60x100:r=48:d=1[box];[bed][box]overlay=x=4*n:y=40"
    fields = f"{moving},tinterlace=interleave_top,{TAGGED},format=yuv420p"
    run_ffmpeg(["-f", "lavfi", "-i", fields, *X264, "-flags", "+ildct+ilme", file_argument(path)], doing="drawing")
    workshop.cut(workshop.timeline([timeline_clip(path, 1, 24)]))

    def ragged(clip) -> float:
        with av.open(str(clip)) as container:
            frames = [frame.to_ndarray(format="gray").astype(float) for frame in container.decode(video=0)]
        assert len(frames) == 24
        return max(float(np.abs(np.diff(frame[50:130], axis=0)).mean()) for frame in frames)

    assert ragged(path) > 5
    assert ragged(workshop.movie) < 0.5


def colour_of(movie, number: int) -> np.ndarray:
    with av.open(str(movie)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index == number:
                return frame.to_ndarray(format="rgb24")[60:120, 100:220].reshape(-1, 3).mean(axis=0)
    raise AssertionError("the movie is shorter")


@pytest.mark.parametrize("matrix", ["bt709", "smpte170m", "unknown"])
def test_colours_stay_the_same(workshop, matrix) -> None:
    path = workshop.folder / "red.mp4"
    convert = "bt709" if matrix == "bt709" else "bt601"
    graph = f"color=c=0xC02030:s=320x180:r=24:d=1,format=rgb24,scale=out_color_matrix={convert}:out_range=tv"
    graph += f",format=yuv420p,setparams=colorspace={matrix}:range=tv"
    tag = [] if matrix == "unknown" else ["-colorspace", matrix]
    run_ffmpeg(["-f", "lavfi", "-i", graph, *X264, *tag, "-y", file_argument(path)], doing="drawing")
    workshop.cut(workshop.timeline([timeline_clip(path, 1, 24)]))

    assert np.abs(colour_of(workshop.movie, 12) - [0xC0, 0x20, 0x30]).max() < 6
    info = probe(workshop.movie)
    assert (info.matrix, info.primaries, info.transfer, info.full_range) == ("bt709", "bt709", "bt709", False)


@pytest.mark.parametrize(
    "rate", [Fraction(16), Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(48)]
)
def test_another_rate_keeps_its_speed(workshop, rate) -> None:
    frames = int(2 * rate)
    clip = timeline_clip(write_clip(workshop.folder / "rate.mp4", 1, frames, rate), 1, 47)
    workshop.cut(workshop.timeline([clip]))

    for number, (_, cells) in enumerate(decoded_cells(workshop.movie)):
        assert abs(code_of(cells)[1] - number / 24 * float(rate)) <= 1.01 * float(rate) / 24 + 0.01


def test_a_variable_rate_clip_keeps_its_time(workshop) -> None:
    path = write_clip(
        workshop.folder / "variable.mp4", 1, 48,
        filters="select='not(between(n,10,19))+eq(n,15)'," + TAGGED,
        options=(*X264, "-pix_fmt", "yuv420p", "-fps_mode", "vfr"),
    )  # fmt: skip
    assert probe(path).variable_rate
    workshop.cut(workshop.timeline([timeline_clip(path, 1, 48)]))

    found = [code_of(cells)[1] for _, cells in decoded_cells(workshop.movie)]
    assert found == [*range(10), *[9] * 5, *[15] * 5, *range(20, 48)]


def test_a_rotated_clip_stands_upright(workshop) -> None:
    path = write_clip(workshop.folder / "upright.mp4", 1, 24, width=180, height=320)
    turned = workshop.folder / "turned.mp4"
    with av.open(str(path)) as source, av.open(str(turned), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        stream.set_display_rotation(90)
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    assert (probe(turned).width, probe(turned).height, probe(turned).rotation) == (320, 180, 90)

    workshop.cut(workshop.timeline([timeline_clip(turned, 1, 24)]))
    with av.open(str(workshop.movie)) as container:
        luma = next(container.decode(video=0)).to_ndarray(format="gray")
    assert luma[:, :10].max() > 20  # it fills the frame: no bars at the sides
    assert luma[:, -10:].max() > 20


def test_a_portrait_clip_gets_black_bars(workshop) -> None:
    path = write_clip(workshop.folder / "portrait.mp4", 0xFFFF, 24, width=180, height=320)
    workshop.cut(workshop.timeline([timeline_clip(path, 1, 24)]))

    with av.open(str(workshop.movie)) as container:
        luma = next(container.decode(video=0)).to_ndarray(format="gray")
    assert luma[20:60, :100].max() < 6
    assert luma[20:60, 125:195].min() > 200


def test_wide_pixels_become_square(workshop) -> None:
    path = write_clip(workshop.folder / "wide.mp4", 1, 24, width=160, height=180, filters=TAGGED + ",setsar=2")
    workshop.cut(workshop.timeline([timeline_clip(path, 1, 24)]))

    assert [code_of(cells) for _, cells in decoded_cells(workshop.movie)] == [(1, frame) for frame in range(24)]


def test_a_longer_clip_is_trimmed(workshop) -> None:
    path = write_clip(workshop.folder / "long.mp4", 1, 33)
    facts = workshop.cut(workshop.timeline([timeline_clip(path, 1, 24)]))

    assert facts.frames == 24
    assert facts.notes == (
        "there is no soundtrack, and no scene has sound",
        "the sound is silent and was not made louder",
    )
    assert [code_of(cells)[1] for _, cells in decoded_cells(workshop.movie)] == list(range(24))


def test_one_or_two_missing_frames_are_made_up_and_told(workshop) -> None:
    path = write_clip(workshop.folder / "short.mp4", 1, 22)
    facts = workshop.cut(workshop.timeline([timeline_clip(path, 1, 24)]))

    assert "scene 001: 2 frames short, so its last picture is held" in facts.notes
    assert [code_of(cells)[1] for _, cells in decoded_cells(workshop.movie)] == [*range(22), 21, 21]


def test_a_clip_that_lacks_more_is_refused(workshop) -> None:
    path = write_clip(workshop.folder / "short.mp4", 1, 20)
    with pytest.raises(UnfitMediaError, match=r"scene 001 is too short .*short.mp4\): it gives 20 frames .* not 24"):
        workshop.cut(workshop.timeline([timeline_clip(path, 1, 24)]))


def damaged(workshop, data: bytes) -> TimelineClip:
    path = workshop.folder / "damaged.mp4"
    path.write_bytes(data)
    return timeline_clip(path, 7, 48)


@pytest.mark.parametrize("tenths", range(10))
@pytest.mark.parametrize("index", ["in front", "at the end"])
def test_a_clip_cut_short_is_refused_by_scene(workshop, tenths, index) -> None:
    flags = ("-movflags", "+faststart") if index == "in front" else ()
    whole = write_clip(
        workshop.folder / "whole.mp4", 7, 48, options=(*X264, "-pix_fmt", "yuv420p", *flags)
    ).read_bytes()
    bad = damaged(workshop, whole[: len(whole) * tenths // 10])
    with pytest.raises((UnreadableMediaError, UnfitMediaError), match="scene 007"):
        workshop.cut(workshop.timeline([workshop.clip(1), bad], ["cut", "dissolve"]))
    assert not workshop.movie.exists()


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 1000, b"this is no video\n" * 10, b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/x.ts\n",
     b"ffconcat version 1.0\nfile 'http://127.0.0.1:1/x.mp4'\n", b"<?xml version='1.0'?><MPD/>"],
    ids=["empty", "zeros", "text", "HLS", "ffconcat", "DASH"],
)  # fmt: skip
def test_what_is_no_clip_is_refused_by_scene(workshop, data) -> None:
    with pytest.raises(UnreadableMediaError, match="The clip of scene 007 cannot be used"):
        workshop.cut(workshop.timeline([damaged(workshop, data)]))


def test_a_clip_without_a_picture_is_refused(workshop) -> None:
    path = workshop.folder / "sound.mp4"
    run_ffmpeg(["-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac", "-y", file_argument(path)], doing="")
    with pytest.raises(UnreadableMediaError, match=r"scene 007 .*there is no picture in it"):
        workshop.cut(workshop.timeline([timeline_clip(path, 7, 24)]))


def test_a_missing_clip_is_refused_by_scene(workshop) -> None:
    gone = TimelineClip(scene="004", take=1, media=str(workshop.folder / "gone.mp4"), sha256="x", frames=24)
    with pytest.raises(UnreadableMediaError, match=r"scene 004 .*gone.mp4.*there is no such file"):
        workshop.cut(workshop.timeline([gone]))


def test_a_clip_changed_since_it_was_made_is_refused(workshop) -> None:
    clip = workshop.clip(1)
    write_clip(workshop.folder / "clip1_24.mp4", 2, 24)
    with pytest.raises(UnreadableMediaError, match=r"scene 001 .*SHA-256 differs"):
        workshop.cut(workshop.timeline([clip]))


@pytest.mark.parametrize(
    "name", ["-i.mp4", 'it\'s "so".mp4', "%03d.mp4", "line\nbreak.mp4", "a:b,c;[d]=e\\.mp4", "film é 電影 🎬.mp4"]
)
def test_odd_names_do_no_harm(workshop, name) -> None:
    clip = timeline_clip(write_clip(workshop.folder / name, 1, 24), 1, 24)
    folder = workshop.folder / name.replace(".mp4", "")
    folder.mkdir()
    facts = workshop.cut(
        workshop.timeline([clip, clip], ["fade", "dissolve"]),
        into=folder / name, cache=folder / "cache", tags={"title": name, "comment": "a=b;c\n#d"},
    )  # fmt: skip

    assert facts.frames == 42
    with av.open(str(folder / name)) as container:
        assert container.metadata["title"] == name
        assert container.metadata["comment"] == "a=b;c\n#d"


def test_an_address_is_a_file_name_like_any_other(workshop, monkeypatch) -> None:
    monkeypatch.chdir(workshop.folder)
    (workshop.folder / "http:" / "127.0.0.1:1").mkdir(parents=True)
    write_clip(workshop.folder / "http:/127.0.0.1:1/x.mp4", 1, 24)
    clip = timeline_clip(workshop.folder / "http:/127.0.0.1:1/x.mp4", 1, 24)
    assert workshop.cut(workshop.timeline([clip.model_copy(update={"media": "http://127.0.0.1:1/x.mp4"})])).frames == 24
