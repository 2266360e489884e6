"""The film's sound, made once for the whole film and kept while nothing that is heard changes."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from film_pipeline.editor.cache import Facts, PartsCache
from film_pipeline.editor.conform import Conformed, require_content
from film_pipeline.editor.disk import sha256_of, writing
from film_pipeline.editor.mastering import KILOBITS, Master, master, silence
from film_pipeline.editor.mixing import CLICK_FADE_SAMPLES, SceneSound, mix
from film_pipeline.editor.parts import Part
from film_pipeline.editor.samples import SoundFile, SoundWriter, sample_at
from film_pipeline.errors import FFmpegFailedError, UnreadableMediaError
from film_pipeline.ffmpeg.graphs import SAMPLE_RATE, pcm_arguments
from film_pipeline.ffmpeg.loudness import Loudness
from film_pipeline.ffmpeg.opening import demuxer_of, named
from film_pipeline.ffmpeg.program import ffmpeg_program, ffmpeg_version, run_ffmpeg
from film_pipeline.models.take import digest_of
from film_pipeline.models.timeline import Timeline, TimelineClip

_VERSION = 2  # raise it when the same inputs shall sound different
_PCM = "sound.s16"
_AAC = "sound.m4a"
_SHORT_SECONDS = 0.5


@dataclass(frozen=True)
class FilmSound:
    """The encoded sound of a film; ``fresh`` if it was made just now."""

    part: Part
    loudness: Loudness
    notes: tuple[str, ...]
    fresh: bool


def film_sound(
    timeline: Timeline,
    clips: Sequence[Conformed],
    soundtrack: Path | None,
    target_lufs: float,
    cache: PartsCache,
    workers: int = 1,
) -> FilmSound:
    """Scene sound and soundtrack of exactly the picture's length, at the wanted loudness.

    The sound of up to ``workers`` scenes is decoded at a time.

    Raises:
        UnreadableMediaError: the soundtrack or the sound of a named scene is damaged. StorageFullError.
    """
    if soundtrack is not None:
        demuxer_of(soundtrack)  # refused here with its own name, before it is hashed
    heard = [index for index, clip in enumerate(clips) if clip.has_audio]
    places = scene_places(timeline, heard)
    key = digest_of(
        {
            "kind": "sound",
            "version": _VERSION,
            "samples": _film_samples(timeline),
            "soundtrack": sha256_of(soundtrack) if soundtrack else None,
            "scenes": [[timeline.clips[index].sha256, *place] for index, place in zip(heard, places, strict=True)],
            "loudness": target_lufs,
            "kilobits": KILOBITS,
            "ffmpeg": ffmpeg_version(ffmpeg_program()),
        }
    )

    def make(folder: Path) -> Facts:
        with ThreadPoolExecutor(workers, thread_name_prefix="sound") as pool:
            files = list(pool.map(lambda index: scene_sound(timeline.clips[index], cache), heard))
        scenes = [SceneSound(file, *place) for file, place in zip(files, places, strict=True)]
        with cache.scratch() as scratch:
            return _make(timeline, scenes, soundtrack, target_lufs, folder / _AAC, scratch)

    entry = cache.get(key, make)
    part = Part(entry.file(_AAC), timeline.frames, entry.hashes[_AAC])
    loudness = Loudness(**{name: float(value) for name, value in entry.facts["loudness"].items()})
    return FilmSound(part, loudness, tuple(entry.facts["notes"]), entry.fresh)


def _film_samples(timeline: Timeline) -> int:
    return sample_at(timeline.frames, timeline.format.frame_rate)


def scene_places(timeline: Timeline, scenes: Sequence[int]) -> list[tuple[int, int, int, int]]:
    """For each clip, by its number: start, end, and the lengths of both ramps, in samples of the film."""
    rate, spans, last = timeline.format.frame_rate, timeline.spans(), len(timeline.clips) - 1
    places = []
    for number in scenes:
        span, frames = spans[number], timeline.clips[number].frames
        ramp_in = sample_at(span.head, rate) if number else 0  # the film's own edges have their own fade
        ramp_out = sample_at(span.tail, rate) if number < last else 0
        start, end = sample_at(span.start, rate), sample_at(span.start + frames, rate)
        places.append((start, end, max(ramp_in, CLICK_FADE_SAMPLES), max(ramp_out, CLICK_FADE_SAMPLES)))
    return places


def scene_sound(clip: TimelineClip, cache: PartsCache) -> SoundFile:
    """The raw sound of a clip, from the cache or decoded now.

    Raises:
        UnreadableMediaError: it does not decode whole.
    """
    key = digest_of({"kind": "pcm", "clip": clip.sha256, "ffmpeg": ffmpeg_version(ffmpeg_program())})

    def make(folder: Path) -> Facts:
        require_content(clip)
        _decode(Path(clip.media), folder, f"the sound of scene {clip.scene}", "Render the scene again.")
        return {}

    return SoundFile(cache.get(key, make).file(_PCM), "int16")


def _decode(media: Path, folder: Path, what: str, remedy: str) -> SoundFile:
    try:
        run_ffmpeg(pcm_arguments(media, _PCM), doing=f"decoding {what}", within=folder)
    except FFmpegFailedError as error:
        raise UnreadableMediaError(
            f"{what[0].upper()}{what[1:]} cannot be decoded", where=named(media), why=error.why, remedy=remedy
        ) from error
    return SoundFile(folder / _PCM, "int16")


def _make(
    timeline: Timeline,
    scenes: list[SceneSound],
    soundtrack: Path | None,
    target_lufs: float,
    into: Path,
    scratch: Path,
) -> Facts:
    samples = _film_samples(timeline)
    if not soundtrack and not scenes:
        return _facts(silence(samples, into), ["there is no soundtrack, and no scene has sound"])
    notes = []
    music = _decode(soundtrack, scratch, "the soundtrack", "Compose it again.") if soundtrack else None
    if music is not None and music.samples < samples - _SHORT_SECONDS * SAMPLE_RATE:
        notes.append(f"the soundtrack ends {(samples - music.samples) / SAMPLE_RATE:.1f} s before the film")
    mixed = scratch / "mix.f32"
    with writing("the film's sound", mixed), SoundWriter(mixed) as file:
        for block in mix(scenes, music, samples):
            file.write(block)
    return _facts(master(SoundFile(mixed, "float32"), target_lufs, into, scratch), notes)


def _facts(mastered: Master, notes: list[str]) -> Facts:
    loudness = mastered.loudness
    return {
        "loudness": {
            "integrated_lufs": loudness.integrated_lufs,
            "true_peak_db": max(loudness.true_peak_db, -120.0),  # JSON knows no infinity
            "range_lu": loudness.range_lu,
        },
        "notes": [*notes, *mastered.notes],
    }
