"""The film's sound: at the right time, at the right loudness, as long as the picture."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from barcode import timeline_clip, write_clip

from film_pipeline.errors import UnreadableMediaError
from film_pipeline.ffmpeg.loudness import measure_loudness
from film_pipeline.ffmpeg.program import feeding_ffmpeg, file_argument

RATE = 48_000
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def write_sound(path: Path, samples: np.ndarray) -> Path:
    with feeding_ffmpeg(
        ["-y", "-f", "f32le", "-ar", str(RATE), "-ac", "2", "-i", "pipe:0", file_argument(path)], doing="writing"
    ) as pipe:
        pipe.write(samples.astype(np.float32).tobytes())
    return path


def tone(seconds: float, level: float = 0.2, frequency: float = 440) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    return np.repeat((level * np.sin(2 * np.pi * frequency * time))[:, None], 2, axis=1)


def heard(movie: Path) -> np.ndarray:
    with av.open(str(movie)) as container:
        blocks = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return np.concatenate(blocks, axis=1).T


@pytest.mark.parametrize("target", [-14.0, -23.0])
def test_the_film_has_the_wanted_loudness(workshop, target) -> None:
    noise = np.random.default_rng(1).normal(0, 0.05, (4 * RATE, 2))
    music = write_sound(workshop.folder / "music.flac", noise)
    clips = [workshop.clip(1, 48), workshop.clip(2, 48)]
    facts = workshop.cut(workshop.timeline(clips, ["cut", "dissolve"]), soundtrack=music, loudness_lufs=target)

    measured = measure_loudness(workshop.movie)
    assert measured.integrated_lufs == pytest.approx(target, abs=0.5)
    assert measured.true_peak_db <= -1
    assert facts.integrated_lufs == pytest.approx(measured.integrated_lufs, abs=0.1)
    assert facts.true_peak_db == pytest.approx(measured.true_peak_db, abs=0.3)
    assert facts.notes == ()


def test_peaks_are_limited_where_loudness_would_clip_them(workshop) -> None:
    time = np.arange(RATE // 2) / RATE
    kick = np.exp(-time * 20) * np.sin(2 * np.pi * 60 * time) + 0.3 * np.exp(-time * 60) * np.sin(
        2 * np.pi * 900 * time
    )
    drums = np.repeat(np.tile(kick, 8)[:, None], 2, axis=1) + np.random.default_rng(2).normal(0, 0.004, (4 * RATE, 2))
    music = write_sound(workshop.folder / "drums.wav", drums * 0.3)
    before = measure_loudness(music)
    assert before.true_peak_db - before.integrated_lufs > 14 - 1  # one gain alone would clip
    facts = workshop.cut(workshop.timeline([workshop.clip(1, 96)]), soundtrack=music)

    measured = measure_loudness(workshop.movie)
    assert measured.true_peak_db <= -1
    assert measured.integrated_lufs == pytest.approx(-14, abs=1)
    assert facts.notes == ()


def test_hopeless_peaks_stay_below_the_limit_and_the_note_says_so(workshop) -> None:
    clicks = np.zeros((4 * RATE, 2))
    clicks[RATE // 2 :: RATE // 2] = 0.9
    clicks += np.random.default_rng(3).normal(0, 0.002, clicks.shape)
    music = write_sound(workshop.folder / "clicks.wav", clicks)
    facts = workshop.cut(workshop.timeline([workshop.clip(1, 96)]), soundtrack=music)

    assert measure_loudness(workshop.movie).true_peak_db <= -1
    assert facts.integrated_lufs < -15
    assert any("LUFS, not -14: more would need over 20 dB of limiting" in note for note in facts.notes)


def test_silence_is_not_made_louder(workshop) -> None:
    hiss = np.random.default_rng(4).normal(0, 0.0002, (2 * RATE, 2))
    music = write_sound(workshop.folder / "hiss.wav", hiss)
    facts = workshop.cut(workshop.timeline([workshop.clip(1, 48)]), soundtrack=music)

    assert facts.integrated_lufs < -50
    assert np.abs(heard(workshop.movie)).max() < 0.01
    assert any("was not made louder" in note for note in facts.notes)


@pytest.mark.parametrize("frames", [1, 7, 24, 101])
@pytest.mark.parametrize("rate", [Fraction(24), Fraction(24000, 1001)], ids=str)
def test_sound_is_as_long_as_the_picture(workshop, frames, rate) -> None:
    clip = timeline_clip(write_clip(workshop.folder / "clip.mp4", 1, frames, rate), 1, frames)
    timeline = workshop.timeline([clip])
    timeline = timeline.model_copy(update={"format": timeline.format.model_copy(update={"frame_rate": rate})})
    music = write_sound(workshop.folder / "music.wav", tone(8))
    workshop.cut(timeline, soundtrack=music)

    wanted = float(frames / rate)
    with av.open(str(workshop.movie)) as container:
        sound, picture = container.streams.audio[0], container.streams.video[0]
        assert abs(float(sound.duration * sound.time_base) - wanted) <= 1024 / RATE
        assert float(picture.duration * picture.time_base) == pytest.approx(wanted, abs=1e-6)
        assert (sound.codec_context.sample_rate, sound.codec_context.channels) == (RATE, 2)
    assert abs(len(heard(workshop.movie)) / RATE - wanted) <= 1024 / RATE


def test_scene_sound_is_heard_with_its_picture_to_the_sample(workshop) -> None:
    """Each scene clicks in its middle; the clicks are where the frames are, also at the film's end."""
    clips = []
    for scene in range(8):
        click = np.zeros((RATE, 2))
        click[RATE // 2 : RATE // 2 + 48] = 0.8
        sound = write_sound(workshop.folder / f"{scene}.wav", click + tone(1, 0.01))
        path = write_clip(
            workshop.folder / f"{scene}.mkv", scene, 24,
            inputs=("-i", file_argument(sound)), options=(*X264, "-c:a", "flac"),
        )  # fmt: skip
        clips.append(timeline_clip(path, scene, 24))
    timeline = workshop.timeline(clips, ["cut"] + ["dissolve", "cut"] * 3 + ["dissolve"])
    workshop.cut(timeline)

    level = np.abs(heard(workshop.movie)).max(axis=1)
    for span in timeline.spans():
        expected = span.start * RATE // 24 + RATE // 2
        around = level[expected - 4800 : expected + 4800]
        # The onset, as AAC smears a click over some hundred samples.
        assert abs(int(np.argmax(around > around.max() * 0.5)) - 4800) < 100


def test_music_goes_down_under_scene_sound(workshop) -> None:
    speech = write_sound(workshop.folder / "speech.wav", tone(3, 0.1, 3000))
    path = write_clip(
        workshop.folder / "speech.mkv", 1, 72, inputs=("-i", file_argument(speech)), options=(*X264, "-c:a", "flac")
    )
    music = write_sound(workshop.folder / "music.wav", tone(13, 0.1, 200))
    clips = [workshop.clip(1, 72), timeline_clip(path, 2, 72), workshop.clip(3, 144)]
    workshop.cut(workshop.timeline(clips), soundtrack=music)

    def music_level(second: float) -> float:
        part = heard(workshop.movie)[int(second * RATE) : int((second + 0.5) * RATE), 0]
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
        return float(spectrum[95:106].max())

    before, under, after = music_level(2), music_level(4.5), music_level(9)
    assert 20 * np.log10(under / before) == pytest.approx(-10, abs=1)
    assert 20 * np.log10(after / before) == pytest.approx(0, abs=1.5)


def test_the_film_fades_in_and_out(workshop) -> None:
    music = write_sound(workshop.folder / "music.wav", tone(20, 0.2))
    workshop.cut(workshop.timeline([workshop.clip(1, 240)]), soundtrack=music)

    level = np.abs(heard(workshop.movie)[:, 0])
    full = level[4 * RATE : 5 * RATE].max()
    assert level[: RATE // 100].max() < full * 0.1
    assert level[-RATE // 100 :].max() < full * 0.1
    assert level[int(9.2 * RATE) : int(9.3 * RATE)].max() == pytest.approx(full * 0.52, rel=0.1)


def rumble(seconds: float, frequency: float) -> np.ndarray:
    """Full scale, and so low that it counts for next to nothing in loudness."""
    return tone(seconds, 1.0, frequency)


def loud_noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 1, (round(seconds * RATE), 2)).clip(-1, 1)


@pytest.mark.parametrize(
    ("frames", "sound", "said"),
    [
        (5, loud_noise(5 / 24), "too short to be measured"),
        (8, loud_noise(8 / 24), "too short to be measured"),
        (9, loud_noise(9 / 24), "too short to be measured"),
        (96, rumble(4, 2), "nearly silent"),
        (96, rumble(4, 0.5), "nearly silent"),
    ],
    ids=["5 frames", "8 frames", "9 frames", "2 Hz", "0.5 Hz"],
)
def test_peaks_are_limited_where_loudness_says_nothing_of_them(workshop, frames, sound, said) -> None:
    file = write_sound(workshop.folder / "sound.wav", sound)
    options = (*X264, "-c:a", "flac")
    path = write_clip(workshop.folder / "clip.mkv", 1, frames, inputs=("-i", file_argument(file)), options=options)
    facts = workshop.cut(workshop.timeline([timeline_clip(path, 1, frames)]))

    assert -3 < measure_loudness(workshop.movie).true_peak_db <= -1
    assert facts.true_peak_db <= -1
    assert len(facts.notes) == 1
    assert facts.notes[0].startswith(f"the sound is {said} ")


def test_soft_sound_of_a_film_too_short_to_be_measured_stays_as_it_is(workshop) -> None:
    music = write_sound(workshop.folder / "music.wav", tone(0.25))
    facts = workshop.cut(workshop.timeline([workshop.clip(1, 6)]), soundtrack=music)
    assert facts.notes == ("the sound is too short to be measured and was not made louder",)
    assert np.abs(heard(workshop.movie)).max() == pytest.approx(0.2, rel=0.15)


def test_silence_is_called_silent_however_short(workshop) -> None:
    facts = workshop.cut(workshop.timeline([workshop.clip(1, 5)]))
    assert facts.notes[1:] == ("the sound is silent and was not made louder",)


def test_a_short_soundtrack_is_noted(workshop) -> None:
    music = write_sound(workshop.folder / "music.wav", tone(2))
    facts = workshop.cut(workshop.timeline([workshop.clip(1, 96)]), soundtrack=music)
    assert facts.notes == ("the soundtrack ends 2.0 s before the film",)


def test_a_film_without_any_sound_has_a_silent_track(workshop) -> None:
    facts = workshop.cut(workshop.timeline([workshop.clip(1, 48)]))
    assert facts.integrated_lufs == -70
    assert len(heard(workshop.movie)) >= 2 * RATE - 1024
    assert facts.notes[0] == "there is no soundtrack, and no scene has sound"


def test_changing_a_silent_scene_leaves_the_sound_alone(workshop) -> None:
    music = write_sound(workshop.folder / "music.wav", tone(4))
    workshop.cut(workshop.timeline([workshop.clip(1), workshop.clip(2)]), soundtrack=music)
    facts = workshop.cut(workshop.timeline([workshop.clip(1), workshop.clip(3)]), soundtrack=music)
    assert (facts.encoded_parts, facts.reused_parts) == (1, 2)


@pytest.mark.parametrize("data", [b"", b"no music\n" * 9, b"RIFF\0\0\0\0WAVEfmt \x10"], ids=["empty", "text", "cut"])
def test_a_damaged_soundtrack_is_refused(workshop, data) -> None:
    path = workshop.folder / "music.wav"
    path.write_bytes(data)
    with pytest.raises(UnreadableMediaError, match=r"music\.wav"):
        workshop.cut(workshop.timeline([workshop.clip(1)]), soundtrack=path)


def test_damaged_scene_sound_is_refused_by_scene(workshop) -> None:
    sound = write_sound(workshop.folder / "sound.wav", np.random.default_rng(1).normal(0, 0.1, (2 * RATE, 2)))
    path = write_clip(
        workshop.folder / "clip.mkv", 3, 48, inputs=("-i", file_argument(sound)), options=(*X264, "-c:a", "flac")
    )
    data = bytearray(path.read_bytes())
    frame = data.index(b"\xff\xf8", len(data) // 2)  # the start of a FLAC frame
    data[frame : frame + 3000] = bytes(3000)
    path.write_bytes(data)
    with pytest.raises(UnreadableMediaError, match="scene 003"):
        workshop.cut(workshop.timeline([workshop.clip(1), timeline_clip(path, 3, 48)]))


def test_the_cache_keeps_within_its_limit(workshop) -> None:
    for number in range(3):
        music = write_sound(workshop.folder / "music.wav", tone(3, 0.1, 200 + number))
        workshop.cut(workshop.timeline([workshop.clip(number, 72)]), soundtrack=music, cache_limit_bytes=100_000)
    kept = sum(file.stat().st_size for file in workshop.cache.rglob("*") if file.is_file())
    assert 0 < kept <= 100_000
