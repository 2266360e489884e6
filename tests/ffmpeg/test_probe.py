import os
from fractions import Fraction

import pytest
from clipmaking import X264, draw

from film_pipeline.errors import UnreadableMediaError
from film_pipeline.ffmpeg.probe import probe
from film_pipeline.ffmpeg.program import file_argument, run_ffmpeg

BARS = "testsrc2=s=320x180:r=24"


def test_a_plain_clip(tmp_path) -> None:
    info = probe(draw(tmp_path / "clip.mp4", BARS, *X264, "-c:a", "aac", "-ac", "2", sound="sine=440:r=44100"))

    assert (info.container, info.video_codec, info.width, info.height) == ("mov", "h264", 320, 180)
    assert (info.frame_rate, info.variable_rate, info.claimed_frames) == (Fraction(24), False, 48)
    assert (info.pixel_format, info.bit_depth, info.matrix, info.full_range) == ("yuv420p", 8, "unknown", False)
    assert (info.has_audio, info.audio_codec, info.sample_rate, info.channels) == (True, "aac", 44100, 2)
    assert info.duration_seconds == pytest.approx(2, abs=0.05)
    assert (info.rotation, info.pixel_aspect, info.is_hdr) == (0, 1, False)


def test_colour_depth_and_transfer(tmp_path) -> None:
    path = draw(
        tmp_path / "hdr.mp4",
        BARS
        + ",format=yuv420p10le,setparams=colorspace=bt2020nc:color_primaries=bt2020:color_trc=arib-std-b67:range=pc",
        *X264[:-2],
        *("-colorspace", "bt2020nc", "-color_primaries", "bt2020", "-color_trc", "arib-std-b67", "-color_range", "pc"),
    )
    info = probe(path)
    assert (info.bit_depth, info.matrix, info.primaries, info.transfer) == (10, "bt2020", "bt2020", "hlg")
    assert info.full_range
    assert info.is_hdr


def test_the_name_does_not_matter_but_the_content_does(tmp_path) -> None:
    path = draw(tmp_path / "clip.mp4", BARS, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-f", "webm", frames=12)
    assert (probe(path).container, probe(path).video_codec) == ("matroska", "vp9")


def test_pixels_that_are_not_square(tmp_path) -> None:
    assert probe(draw(tmp_path / "clip.mp4", BARS + ",setsar=4/3")).pixel_aspect == Fraction(4, 3)


def test_a_fractional_rate(tmp_path) -> None:
    assert probe(draw(tmp_path / "clip.mp4", "testsrc2=r=24000/1001")).frame_rate == Fraction(24000, 1001)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"hello\n", "it is a text"),
        (b"#EXTM3U\nhttp://127.0.0.1:9/a.ts\n", "it is a text"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "it is a text"),
        (bytes(5000), "no known container"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "no known container"),
        (b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(500), "damaged or cut short"),
        (b"\0\0\0\x18ftypisom\0\0\2\0isomiso2\0\0\0\x08mdat", "damaged or cut short"),
    ],
)
def test_what_is_not_media_is_refused_with_the_reason(tmp_path, content, why) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(UnreadableMediaError, match=why) as caught:
        probe(path)
    assert str(path) in str(caught.value)


def test_places_that_are_no_files(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    for name, why in (("gone.mp4", "no such file"), (".", "not a plain file"), ("pipe.mp4", "not a plain file")):
        with pytest.raises(UnreadableMediaError, match=why):
            probe(tmp_path / name)


def test_sound_alone_is_no_clip(tmp_path) -> None:
    path = tmp_path / "sound.mp4"
    run_ffmpeg(["-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac", file_argument(path)], doing="drawing")
    with pytest.raises(UnreadableMediaError, match="there is no picture in it"):
        probe(path)


def test_odd_names_are_shown_in_one_line(tmp_path) -> None:
    path = tmp_path / "a\nb.mp4"
    path.write_bytes(b"")
    with pytest.raises(UnreadableMediaError, match=r"a\\nb\.mp4"):
        probe(path)
