"""Two pieces of an edit by themselves, against FFmpeg's usual ways: joining parts, and bringing sound to a loudness."""

import json
import re
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from editing.clips import RATE
from editing.meter import processor_seconds
from editing.ways import OVERLAP
from synth import make_score

from film_pipeline.composer.synth import SynthComposer
from film_pipeline.editor.cache import PartsCache
from film_pipeline.editor.joining import join
from film_pipeline.editor.mastering import TRUE_PEAK_DB, master
from film_pipeline.editor.mixing import Mix, Music
from film_pipeline.editor.parts import Part, SoundPart
from film_pipeline.editor.samples import SoundFile
from film_pipeline.editor.sounding import KILOBITS, FilmSounding
from film_pipeline.editor.stretches import stretches
from film_pipeline.editor.tracks import count_samples
from film_pipeline.ffmpeg.encoding import Encoding, shown_options
from film_pipeline.ffmpeg.graphs import SAMPLE_RATE, aac_arguments
from film_pipeline.ffmpeg.program import ffmpeg_program, run_ffmpeg

BODY = 72
SOUND_SECONDS, TARGET = 120, -23


def joining(folder: Path, clip: Path, count: int, rounds: int) -> None:
    """Bodies and blends of ``count`` scenes, as files of their own, become a film with sound."""
    paths = _drawn_parts(folder, clip, count)
    sound = folder / "sound.m4a"
    frames = sum(frames for _, frames in paths)
    samples = frames * SAMPLE_RATE // RATE
    silent = ["-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo", "-af", f"atrim=end_sample={samples}", "-c:a", "aac"]
    run_ffmpeg(["-y", *silent, sound.name], doing="drawing sound", within=folder)
    whole = SoundPart(sound, count_samples(sound), "", first=0, samples=samples)
    parts = [Part(path, frames, "") for path, frames in paths]
    row = folder / "row.txt"
    row.write_text("ffconcat version 1.0\n" + "".join(f"file {path.name}\n" for path, _ in paths))
    demuxer = ["-f", "concat", "-i", str(row), "-i", str(sound), "-c", "copy", "-video_track_timescale", "12288"]
    theirs = [ffmpeg_program(), "-v", "error", "-y", *demuxer, "-movflags", "+faststart", str(folder / "theirs.mp4")]
    film = folder / "ours.mp4"
    own = _median(lambda: join(parts, [whole], film, Fraction(RATE), {}), rounds)
    usual = _median(lambda: subprocess.run(theirs, check=True), rounds)
    copy = _median(lambda: subprocess.run(["cp", str(film), str(folder / "copy.mp4")], check=True), rounds)
    print(f"\nJoining {len(parts)} parts, {film.stat().st_size / 1e6:.0f} MB: {own:.3f} s on the processor; ", end="")
    print(f"FFmpeg's concat demuxer {usual:.3f} s ({usual / own:.1f} times), cp {copy:.3f} s", flush=True)


def _drawn_parts(folder: Path, clip: Path, count: int) -> list[tuple[Path, int]]:
    """One body and one blend's worth of frames, each written ``count`` times under other names."""
    paths = []
    for name, frames in (("body", BODY), ("blend", OVERLAP)):
        options = [part for key, value in shown_options(Encoding(), frames).items() for part in (f"-{key}", value)]
        shown = ["-i", str(clip), "-an", "-frames:v", str(frames), *options, "-video_track_timescale", "12288"]
        run_ffmpeg(["-y", *shown, f"{name}.mp4"], doing="drawing parts", within=folder)
        data = (folder / f"{name}.mp4").read_bytes()
        paths.append([(folder / f"{name}{number}.mp4", frames) for number in range(count)])
        for path, _ in paths[-1]:
            path.write_bytes(data)
    return [pair for scene in zip(*paths, strict=True) for pair in scene][:-1]


def loudness(folder: Path, rounds: int) -> None:
    """Our synthesizer's music is brought to a loudness that needs no peak to be limited, and encoded."""
    samples, music = folder / "mix.f32", folder / "music.flac"
    SynthComposer().compose(make_score(SOUND_SECONDS), music, lambda share, words: None)
    quieter = ["-i", str(music), "-af", "volume=-12dB", "-f", "f32le", "-ar", "48000", "-ac", "2"]
    run_ffmpeg(["-y", *quieter, samples.name], doing="drawing sound", within=folder)
    encode = aac_arguments(samples, "encoded.m4a", KILOBITS)
    aac = _median(lambda: run_ffmpeg(encode, doing="encoding", within=folder), rounds)
    file = SoundFile(samples, "float32")
    mix = Mix([], Music("music", lambda: file, file.samples), file.samples)
    measured = _median(lambda: _in_stretches(mix, folder, lambda sounding: sounding.mixed()), rounds)
    own = _median(lambda: _in_stretches(mix, folder, lambda sounding: master(sounding, TARGET)), rounds) - aac
    usual = _median(lambda: _two_passes(samples), rounds)
    print(f"Loudness of {SOUND_SECONDS} s of sound on the processor: loudnorm in two passes {usual:.2f} s; ", end="")
    print(
        f"ours measures in {measured:.2f} s ({usual / measured:.1f} times); with measuring what was encoded, ", end=""
    )
    print(
        f"and all that stretches cost beside one encode ({aac:.2f} s), {own:.2f} s ({usual / own:.1f} times)",
        flush=True,
    )


def _in_stretches(mix: Mix, folder: Path, work: Callable[[FilmSounding], object]) -> None:
    """With nothing kept."""
    with tempfile.TemporaryDirectory(dir=folder) as home:
        cache = PartsCache(Path(home, "cache"))
        with cache.scratch() as scratch:
            work(FilmSounding(mix, list(stretches(mix.samples)), cache, scratch, workers=1))


def _two_passes(mix: Path) -> None:
    filters = f"loudnorm=I={TARGET}:TP={TRUE_PEAK_DB}:LRA=20"
    begin = [ffmpeg_program(), "-hide_banner", "-nostats", "-f", "f32le", "-ar", "48000", "-ac", "2", "-i", str(mix)]
    first = [*begin, "-af", f"{filters}:print_format=json", "-f", "null", "-"]
    said = subprocess.run(first, check=True, capture_output=True, text=True).stderr
    found = json.loads(re.findall(r"\{[^{}]*\}", said)[-1])
    names = {"I": "input_i", "TP": "input_tp", "LRA": "input_lra", "thresh": "input_thresh"}
    measured = ":".join(f"measured_{name}={found[key]}" for name, key in names.items())
    second = f"{filters}:{measured}:offset={found['target_offset']}:linear=true"
    rest = ["-af", second, "-ar", "48000", "-f", "f32le", "-y", str(mix.with_name("theirs.f32"))]
    subprocess.run([*begin, *rest], check=True, capture_output=True)


def _median(work: Callable[[], object], rounds: int) -> float:
    costs = []
    for _ in range(rounds):
        before = processor_seconds()
        work()
        costs.append(processor_seconds() - before)
    return statistics.median(costs)
