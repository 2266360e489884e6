"""The film's sound is made in stretches: a change costs those it touches, and what is heard is as if it were one."""

import os
import shutil
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest
from barcode import timeline_clip, write_clip
from conftest import Workshop

from film_pipeline.editor.assembly import assemble
from film_pipeline.editor.cache import PartsCache
from film_pipeline.editor.disk import identity_of
from film_pipeline.editor.mastering import Levelling
from film_pipeline.editor.mixing import Mix, Music, SceneSound
from film_pipeline.editor.samples import SoundFile
from film_pipeline.editor.sounding import KILOBITS, FilmSounding
from film_pipeline.editor.stretches import AAC_FRAME, STRETCH, stretches
from film_pipeline.editor.tracks import read_track
from film_pipeline.ffmpeg.graphs import aac_arguments
from film_pipeline.ffmpeg.loudness import measure_loudness
from film_pipeline.ffmpeg.moments import MOMENT
from film_pipeline.ffmpeg.program import feeding_ffmpeg, file_argument, run_ffmpeg
from film_pipeline.models.format import FilmFormat
from film_pipeline.models.timeline import Timeline, TimelineClip

SAMPLE_RATE = 48_000
NTSC = Fraction(24000, 1001)


def write_sound(path: Path, samples: np.ndarray) -> Path:
    raw = ["-f", "f32le", "-ar", str(SAMPLE_RATE), "-ac", "2", "-i", "pipe:0"]
    with feeding_ffmpeg(["-y", *raw, file_argument(path)], doing="writing") as pipe:
        pipe.write(samples.astype(np.float32).tobytes())
    return path


def speech(seed: int, seconds: float) -> np.ndarray:
    """Bursts of a tone with its overtones, each burst at another pitch, over a little noise."""
    random = np.random.default_rng(seed)
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    pitch = np.repeat(random.uniform(100, 300, len(time) // 12_000 + 1), 12_000)[: len(time)]
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    voice = sum(np.sin(phase * overtone) / overtone for overtone in range(1, 9))
    voice = 0.1 * voice * (1 + np.sin(2 * np.pi * 1.7 * time))
    return np.column_stack([voice, voice * 0.8]) + random.normal(0, 0.002, (len(time), 2))


def music(seconds: float) -> np.ndarray:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    chord = sum(np.sin(2 * np.pi * pitch * time + np.sin(time * pitch / 50)) for pitch in (110, 165, 220, 277, 440))
    return np.column_stack([chord, np.roll(chord, 500)]) * 0.05


def talking(folder: Path, seed: int, frames: int, rate: Fraction, sign: int = 1) -> TimelineClip:
    name = f"{seed}{'' if sign > 0 else 'inverted'}"
    sound = write_sound(folder / f"{name}.wav", sign * speech(seed, float(frames / rate)))
    options = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "flac")
    path = folder / f"{name}.mkv"
    write_clip(path, seed, frames, rate, inputs=("-i", file_argument(sound)), options=options)
    return timeline_clip(path, seed, frames)


def film(clips: list[TimelineClip], rate: Fraction) -> Timeline:
    return assemble("T", FilmFormat(width=64, height=64, frame_rate=rate), clips, [None] * len(clips))


def sounds(workshop) -> set[Path]:
    return set(workshop.cache.rglob("sound.m4a"))


def heard(movie: Path) -> np.ndarray:
    """Everything a player hears, shape (samples, 2)."""
    with av.open(str(movie)) as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1).T


def rot(path: Path, place: int) -> None:
    """As a failing disk does it: other bytes, and nothing that tells of it."""
    before, record = identity_of(path), path.parent / "entry.json"
    data = bytearray(path.read_bytes())
    data[place : place + 40] = bytes(range(40))
    path.write_bytes(data)
    os.utime(path, ns=(before[2], before[2]))
    record.write_text(record.read_text().replace(str(before)[1:-1], str(identity_of(path))[1:-1]))


@pytest.fixture(scope="module")
def scenes(tmp_path_factory) -> Callable[..., TimelineClip]:
    """Clips of 4 s with sound, four frames a second."""
    folder = tmp_path_factory.mktemp("scenes")
    return cache(lambda seed, sign=1: talking(folder, seed, 16, Fraction(4), sign))


@pytest.fixture(scope="module")
def score(tmp_path_factory) -> Path:
    return write_sound(tmp_path_factory.mktemp("score") / "music.flac", music(40))


@pytest.fixture(scope="module")
def cut_before(tmp_path_factory, scenes, score) -> Path:
    """What is kept of a film of ten scenes."""
    workshop = Workshop(tmp_path_factory.mktemp("before"))
    workshop.cut(film([scenes(seed) for seed in range(10)], Fraction(4)), soundtrack=score)
    return workshop.cache


@pytest.fixture
def ten(workshop, scenes, score, cut_before):
    """A film of 40 s, in five stretches: as clips, and as a function that cuts it. It was cut before."""
    shutil.copytree(cut_before, workshop.cache)
    clips = [scenes(seed) for seed in range(10)]
    return workshop, clips, lambda **how: workshop.cut(film(clips, Fraction(4)), soundtrack=score, **how)


def test_a_changed_scene_costs_the_stretches_it_touches(ten, scenes) -> None:
    workshop, clips, cut = ten
    before = sounds(workshop)
    assert len(before) == 5
    clips[5] = scenes(5, -1)  # from 20 to 24 s; music comes up again until 26.7 s, in the same stretch
    facts = cut()
    assert facts.encoded_parts == 2
    assert len(sounds(workshop) - before) == 1

    clips[4] = scenes(4, -1)  # up to 20 s, so in two stretches
    assert cut().encoded_parts == 3
    assert cut().encoded_parts == 0


def test_an_empty_cache_gives_the_same_bytes(ten, scenes) -> None:
    workshop, clips, cut = ten
    clips[7] = scenes(7, -1)
    assert cut().sha256 == cut(cache=workshop.folder / "another", workers=1).sha256


@pytest.mark.parametrize("damage", ["gone", "short", "zeros", "record"])
def test_a_damaged_stretch_heals(ten, damage) -> None:
    workshop, _, cut = ten
    good = cut().sha256
    path = sorted(sounds(workshop))[2]
    data = path.read_bytes()
    changes = {
        "gone": lambda: shutil.rmtree(path.parent),
        "short": lambda: path.write_bytes(data[:-100]),
        "zeros": lambda: path.write_bytes(data[:-100] + bytes(100)),
        "record": lambda: (path.parent / "entry.json").write_text("{"),
    }
    changes[damage]()
    healed = cut()
    assert (healed.sha256, healed.encoded_parts) == (good, 1)


def test_a_stretch_that_rotted_unseen_is_found_though_its_neighbour_is_new(ten, scenes) -> None:
    """Other bytes in the frame that the next stretch overlaps."""
    workshop, clips, cut = ten
    clips[5] = scenes(5, -1)
    good = cut(cache=workshop.folder / "another").sha256
    for path in sounds(workshop):
        rot(path, int(read_track(path).offsets[-5]))
    assert cut().sha256 == good


def is_music(raw_sound: Path) -> bool:
    return raw_sound.stat().st_size > 1_000_000  # a scene has 4 s


def test_raw_sound_that_rotted_unseen_is_not_heard(ten, scenes) -> None:
    workshop, clips, cut = ten
    clips[5] = scenes(5, -1)
    good = cut(cache=workshop.folder / "another").sha256
    for path in workshop.cache.rglob("sound.s16"):
        if not is_music(path):
            rot(path, path.stat().st_size // 2)
    assert cut().sha256 == good


def test_music_that_rotted_unseen_is_not_heard_though_all_else_is_new(ten) -> None:
    workshop, _, cut = ten
    good = cut().sha256
    (track,) = filter(is_music, workshop.cache.rglob("sound.s16"))
    rot(track, track.stat().st_size // 2)
    for folder in (workshop.cache / "parts").glob("*/*"):
        if folder != track.parent:
            shutil.rmtree(folder)
    assert cut().sha256 == good


def test_all_measures_lost_are_measured_again(ten) -> None:
    """The gain of a film does not depend on what was kept."""
    workshop, _, cut = ten
    good = cut().sha256
    for entry in (workshop.cache / "parts").glob("*/*"):
        if [file.name for file in entry.iterdir()] == ["entry.json"]:
            shutil.rmtree(entry)
    again = cut()
    assert (again.sha256, again.encoded_parts) == (good, 0)


@pytest.mark.parametrize("target", [-9.0, -23.0])
def test_the_sum_of_the_stretches_is_what_ffmpeg_measures_of_the_movie(ten, target) -> None:
    workshop, _, cut = ten
    facts = cut(loudness_lufs=target)
    measured = measure_loudness(workshop.movie)
    assert facts.integrated_lufs == pytest.approx(measured.integrated_lufs, abs=0.1)
    assert facts.true_peak_db == pytest.approx(measured.true_peak_db, abs=0.2)
    assert measured.integrated_lufs == pytest.approx(target, abs=0.3)
    assert measured.true_peak_db <= -1
    assert facts.notes == ()


@pytest.mark.parametrize("rate", [Fraction(24), NTSC], ids=str)
def test_sound_is_at_its_sample_in_every_stretch(workshop, rate) -> None:
    """One scene over three stretches: as long as the picture, and where its samples were."""
    frames = 601
    clip = talking(workshop.folder, 1, frames, rate)
    workshop.cut(film([clip], rate))

    table = read_track(workshop.movie, 1)
    wanted = round(frames * SAMPLE_RATE / rate)
    assert (table.duration - table.run_up, table.run_up) == (wanted, AAC_FRAME)
    assert len(sounds(workshop)) == 3
    found, meant = heard(workshop.movie)[:, 0], speech(1, float(frames / rate))[:, 0]
    assert len(found) == -(-wanted // AAC_FRAME) * AAC_FRAME
    for second in (1, 9.55, 9.6, 9.65, 15, 19.15, 19.2, 19.25, 23):
        start, count, around = round(second * SAMPLE_RATE), 4096, 1000
        places = found[start - around : start + count + around]
        energy = np.convolve(places**2, np.ones(count), mode="valid")
        likeness = np.correlate(places, meant[start : start + count], mode="valid") / np.sqrt(energy)
        assert int(np.argmax(likeness)) == around, second


@pytest.mark.parametrize(("frames", "count"), [(1, 1), (47, 1), (48, 1), (49, 2), (96, 2)])
def test_films_around_the_length_of_a_stretch(workshop, frames, count) -> None:
    """At five frames a second a stretch is 48 frames."""
    rate = Fraction(5)
    clip = timeline_clip(write_clip(workshop.folder / "clip.mp4", 1, frames, rate), 1, frames)
    track = write_sound(workshop.folder / "music.wav", music(20))
    workshop.cut(film([clip], rate), soundtrack=track)

    table = read_track(workshop.movie, 1)
    assert table.duration - table.run_up == frames * 9600
    assert len(table.sizes) == -(-frames * 9600 // AAC_FRAME) + 1
    assert len(sounds(workshop)) == count
    again = workshop.cut(film([clip], rate), soundtrack=track)
    assert again.encoded_parts == 0


def test_a_long_silence_is_encoded_once(workshop) -> None:
    """A film without any sound: its first stretch, its last one, and one for all between."""
    rate = Fraction(1)
    clip = timeline_clip(write_clip(workshop.folder / "clip.mp4", 1, 60, rate), 1, 60)
    facts = workshop.cut(film([clip], rate))
    assert len(sounds(workshop)) == 3
    assert facts.integrated_lufs == -70
    assert np.abs(heard(workshop.movie)).max() < 1e-4


def some_mix(folder: Path) -> Mix:
    """Three stretches: music under four scenes, of which two overlap."""
    samples = 3 * STRETCH - 5000
    track = folder / "music.f32"
    music(30).astype(np.float32).tofile(track)
    row = []
    for number, (start, end) in enumerate([(40_000, 300_000), (290_000, 470_000), (800_000, 905_000), (9e5, 1.2e6)]):
        path = folder / f"{number}.f32"
        speech(number, (end - start) / SAMPLE_RATE).astype(np.float32).tofile(path)
        file = SoundFile(path, "float32")
        row.append(SceneSound(f"{number}", lambda file=file: file, int(start), int(end), 4800, 4800))
    return Mix(row, Music("music", lambda: SoundFile(track, "float32"), 30 * SAMPLE_RATE), samples)


def test_any_part_of_a_mix_is_what_it_is_in_the_whole(tmp_path) -> None:
    """Also ducking, which looks back."""
    mix = some_mix(tmp_path)
    whole = np.concatenate(list(mix.blocks(0, mix.samples)))
    assert len(whole) == mix.samples
    for stretch in stretches(mix.samples):
        first, end = stretch.mixed_from, stretch.mixed_until
        part = np.concatenate(list(mix.blocks(first, end)))
        assert part.shape == (end - first, 2)
        assert np.abs(part - whole[first:end]).max() < 1e-6


@pytest.mark.parametrize("short", [0, 2000, 30_000])
def test_a_sound_that_ends_before_its_picture_does_not_click(tmp_path, short) -> None:
    """A level of 0.5 goes down within 10 ms at its own end, and where it is as long as the scene, at the scene's."""
    count, ramp = 48_000, 480
    np.full((count - short, 2), 0.5, np.float32).tofile(tmp_path / "level.f32")
    scene = SceneSound("", lambda: SoundFile(tmp_path / "level.f32", "float32"), 0, count, ramp, ramp)
    blocks = [scene.block(scene.opened(), start, 4800) for start in range(0, count, 4800)]
    heard = np.concatenate([block for block in blocks if block is not None])[:, 0]

    assert np.abs(np.diff(heard, prepend=0, append=0)).max() < 0.5 * 2 / ramp
    assert (heard[ramp : count - short - ramp] == 0.5).all()
    assert not heard[count - short :].any()


def test_joins_are_no_worse_than_the_encoder_itself(tmp_path) -> None:
    """Against the samples that were encoded, the frames at joins are as near as those of one encode of everything."""
    mix = some_mix(tmp_path)
    kept = PartsCache(tmp_path / "cache")
    as_it_is = Levelling(0.0, None)
    sounding = FilmSounding(mix, list(stretches(mix.samples)), kept, tmp_path, workers=2)
    sounding.mixed()
    measured = sounding.encoded(as_it_is)
    meant = np.concatenate(list(mix.blocks(0, mix.samples)))
    meant.tofile(tmp_path / "whole.f32")
    run_ffmpeg(aac_arguments(tmp_path / "whole.f32", "whole.m4a", KILOBITS), doing="encoding", within=tmp_path)

    usual = _frame_errors(heard(tmp_path / "whole.m4a"), meant)
    ours = _frame_errors(_decoded(sounding.parts(as_it_is)), meant)
    worst = np.percentile(usual, 99)
    for join in (STRETCH // AAC_FRAME, 2 * STRETCH // AAC_FRAME):
        assert ours[join] <= max(usual[join], worst) + 2, "decibels, in the frame that overlaps"
        assert ours[join : join + 10].max() <= worst + 2
    assert np.median(ours) <= np.median(usual) + 0.3
    assert len(measured.lufs) >= mix.samples // MOMENT


def _decoded(parts) -> np.ndarray:
    decoder = av.CodecContext.create("aac", "r")
    blocks = []
    for part in parts:
        with av.open(str(part.path)) as container:
            stream = container.streams.audio[0]
            decoder.extradata = decoder.extradata or stream.codec_context.extradata
            packets = [bytes(packet) for packet in container.demux(stream) if packet.size]
        for data in packets[part.first : part.first + part.frames]:
            blocks += [frame.to_ndarray() for frame in decoder.decode(av.Packet(data))]
    return np.concatenate(blocks[1:], axis=1).T


def _frame_errors(found: np.ndarray, meant: np.ndarray) -> np.ndarray:
    """Of each AAC frame, the mean error in decibels below full scale."""
    whole = len(meant) // AAC_FRAME * AAC_FRAME
    error = (found[:whole] - meant[:whole]).reshape(whole // AAC_FRAME, -1)
    return 10 * np.log10((error**2).mean(axis=1) + 1e-12)
