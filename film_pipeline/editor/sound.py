"""The film's sound: which scenes are heard where, brought to its loudness; kept while nothing that is heard changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache as once
from pathlib import Path
from threading import Lock

from film_pipeline.editor.cache import Entry, PartsCache
from film_pipeline.editor.conform import Conformed, require_content
from film_pipeline.editor.mastering import master
from film_pipeline.editor.mixing import CLICK_FADE_SAMPLES, Mix, Music, SceneSound
from film_pipeline.editor.parts import SoundPart, part_of
from film_pipeline.editor.records import Facts
from film_pipeline.editor.samples import SoundFile, sample_at
from film_pipeline.editor.sounding import FilmSounding
from film_pipeline.editor.stretches import stretches
from film_pipeline.errors import FFmpegFailedError, UnreadableMediaError
from film_pipeline.ffmpeg.graphs import SAMPLE_RATE, pcm_arguments
from film_pipeline.ffmpeg.loudness import Loudness
from film_pipeline.ffmpeg.opening import demuxer_of, named
from film_pipeline.ffmpeg.program import ffmpeg_program, ffmpeg_version, run_ffmpeg
from film_pipeline.models.digests import digest_of, sha256_of
from film_pipeline.models.timeline import Timeline, TimelineClip

_PCM = "sound.s16"
_SHORT_SECONDS = 0.5


@dataclass(frozen=True)
class FilmSound:
    """The encoded sound of a film, in stretches; ``fresh`` tells of each whether it was made just now."""

    parts: tuple[SoundPart, ...]
    loudness: Loudness
    notes: tuple[str, ...]
    fresh: tuple[bool, ...]


def film_sound(
    timeline: Timeline,
    clips: Sequence[Conformed],
    soundtrack: Path | None,
    target_lufs: float,
    cache: PartsCache,
    workers: int = 1,
) -> FilmSound:
    """Scene sound and soundtrack of exactly the picture's length, at the wanted loudness.

    Up to ``workers`` stretches are worked on at a time.

    Raises:
        UnreadableMediaError: the soundtrack or the sound of a named scene is damaged. StorageFullError.
    """
    heard = [index for index, clip in enumerate(clips) if clip.has_audio]
    places = scene_places(timeline, heard)
    scenes = [
        SceneSound(timeline.clips[index].sha256, _opener(timeline.clips[index], cache), *place)
        for index, place in zip(heard, places, strict=True)
    ]
    mix = Mix(scenes, _music(soundtrack, cache) if soundtrack else None, _film_samples(timeline))
    with cache.scratch() as scratch:
        sounding = FilmSounding(mix, list(stretches(mix.samples)), cache, scratch, workers)
        mastered = master(sounding, target_lufs)
    return FilmSound(
        parts=sounding.parts(mastered.levelling),
        loudness=mastered.loudness,
        notes=_notes(mix, mastered.notes),
        fresh=sounding.fresh(mastered.levelling),
    )


def _opener(clip: TimelineClip, cache: PartsCache) -> Callable[[], SoundFile]:
    return _asked_once(lambda: scene_sound(clip, cache))


def _asked_once(open_sound: Callable[[], SoundFile]) -> Callable[[], SoundFile]:
    """So that a sound which several stretches hear is read and hashed by one of them; the others wait."""
    opened, lock = once(open_sound), Lock()

    def ask() -> SoundFile:
        with lock:
            return opened()

    return ask


def _notes(mix: Mix, of_master: tuple[str, ...]) -> tuple[str, ...]:
    if mix.music is None and not mix.scenes:
        return ("there is no soundtrack, and no scene has sound", *of_master)
    if mix.music is not None and mix.music.samples < mix.samples - _SHORT_SECONDS * SAMPLE_RATE:
        missing = (mix.samples - mix.music.samples) / SAMPLE_RATE
        return (f"the soundtrack ends {missing:.1f} s before the film", *of_master)
    return of_master


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
    """The raw sound of a clip, decoded now or from the cache, and then proven to be what was decoded.

    Raises:
        UnreadableMediaError: it does not decode whole. DamagedPartError: what was kept is not what it was.
    """

    def decode(folder: Path) -> None:
        require_content(clip)
        _decode(Path(clip.media), folder, f"the sound of scene {clip.scene}", "Render the scene again.")

    return _proven(_raw_sound(clip.sha256, decode, cache))


def _music(soundtrack: Path, cache: PartsCache) -> Music:
    demuxer_of(soundtrack)  # refused here with its own name, before it is hashed
    content = sha256_of(soundtrack)
    entry = _raw_sound(
        content, lambda folder: _decode(soundtrack, folder, "the soundtrack", "Compose it again."), cache
    )
    return Music(content, _asked_once(lambda: _proven(entry)), SoundFile(entry.file(_PCM), "int16").samples)


def _proven(entry: Entry) -> SoundFile:
    """The raw sound of an entry; where it was kept, it is what was decoded then.

    Raises:
        DamagedPartError
    """
    if not entry.fresh:
        part_of(entry, _PCM, 1).require_content()
    return SoundFile(entry.file(_PCM), "int16")


def _raw_sound(content: str, decode: Callable[[Path], None], cache: PartsCache) -> Entry:
    key = digest_of({"kind": "pcm", "clip": content, "ffmpeg": ffmpeg_version(ffmpeg_program())})

    def make(folder: Path) -> Facts:
        decode(folder)
        return {}

    return cache.get(key, make)


def _decode(media: Path, folder: Path, what: str, remedy: str) -> None:
    try:
        run_ffmpeg(pcm_arguments(media, _PCM), doing=f"decoding {what}", within=folder)
    except FFmpegFailedError as error:
        raise UnreadableMediaError(
            f"{what[0].upper()}{what[1:]} cannot be decoded", where=named(media), why=error.why, remedy=remedy
        ) from error
