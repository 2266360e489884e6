"""Brings each clip to the film's format, once, cut into head, body and tail where its transitions begin and end."""

from dataclasses import dataclass
from pathlib import Path

from film_pipeline.editor.cache import Entry, Order
from film_pipeline.editor.parts import Part, part_of
from film_pipeline.editor.proof import prove_part
from film_pipeline.editor.records import Facts, proof_of
from film_pipeline.editor.tracks import count_samples
from film_pipeline.errors import FFmpegFailedError, MediaError, UnfitMediaError, UnreadableMediaError
from film_pipeline.ffmpeg.encoding import Encoding
from film_pipeline.ffmpeg.graphs import HEAD, SHOWN, TAIL, conform_arguments
from film_pipeline.ffmpeg.opening import named
from film_pipeline.ffmpeg.probe import MediaInfo, probe
from film_pipeline.ffmpeg.program import ffmpeg_program, ffmpeg_version, run_ffmpeg
from film_pipeline.models.digests import digest_of, sha256_of
from film_pipeline.models.format import FilmFormat
from film_pipeline.models.timeline import ClipSpan, TimelineClip

MOST_MISSING_FRAMES = 2
"""So many frames short are made up by holding the last picture; a clip that lacks more is refused."""

_VERSION = 10  # raise it when the same inputs shall give other bytes


@dataclass(frozen=True)
class Conformed:
    """A clip in the film's format; ``head`` and ``tail`` lie in transitions, each part may be missing."""

    key: str
    head: Part | None
    body: Part | None
    tail: Part | None
    has_audio: bool
    notes: tuple[str, ...]
    fresh: bool


def picture_key(film_format: FilmFormat, encoding: Encoding) -> dict[str, str | float]:
    """What decides the bytes of every part beside its content; belongs into each key."""
    return {
        "version": _VERSION,
        "format": f"{film_format.size}@{film_format.frame_rate}",
        "codec": encoding.codec,
        "preset": encoding.preset,
        "crf": encoding.crf,
        "ffmpeg": ffmpeg_version(ffmpeg_program()),
    }


def conform(clip: TimelineClip, span: ClipSpan, film_format: FilmFormat, encoding: Encoding) -> Order[Conformed]:
    """The conformed parts of a clip.

    Making them raises:
        UnreadableMediaError: the clip is damaged. UnfitMediaError: it is too short. Both name the scene.
    """
    key = digest_of(
        {
            "kind": "conformed",
            "clip": clip.sha256,
            "frames": clip.frames,
            "blended": [span.head, span.tail],
            **picture_key(film_format, encoding),
        }
    )
    return Order(
        key,
        lambda folder: _Conforming(clip, span, film_format, encoding, folder).run(),
        lambda entry: _conformed(entry, clip, span),
    )


def _lengths(frames: int, head: int, tail: int) -> dict[str, int]:
    """The frames of each file that a clip is cut into; none is empty."""
    lengths = {HEAD: head, SHOWN: frames - head - tail, TAIL: tail}
    return {name: length for name, length in lengths.items() if length}


def _conformed(entry: Entry, clip: TimelineClip, span: ClipSpan) -> Conformed:
    lengths = _lengths(clip.frames, span.head, span.tail)
    parts = {name: part_of(entry, name, length) for name, length in lengths.items()}
    return Conformed(
        key=entry.key,
        head=parts.get(HEAD),
        body=parts.get(SHOWN),
        tail=parts.get(TAIL),
        has_audio=bool(entry.facts["has_audio"]),
        notes=tuple(f"scene {clip.scene}: {note}" for note in entry.facts["notes"]),
        fresh=entry.fresh,
    )


@dataclass
class _Conforming:
    """One clip being encoded into an empty folder."""

    clip: TimelineClip
    span: ClipSpan
    film_format: FilmFormat
    encoding: Encoding
    folder: Path

    def run(self) -> Facts:
        media = Path(self.clip.media)
        try:
            info = probe(media)
            require_content(self.clip)
        except MediaError as error:
            raise _naming_scene(error, self.clip) from error
        notes = _notes(info)
        head, tail = self.span.head, self.span.tail
        found = self._encode(media, info, head=head, tail=tail)
        missing = self.clip.frames - found
        if 0 < missing <= MOST_MISSING_FRAMES:
            notes.append(f"{missing} frame{'s' if missing > 1 else ''} short, so its last picture is held")
            found = self._encode(media, info, head=head, tail=tail, clone_last=True)
        if found != self.clip.frames:
            raise UnfitMediaError(
                f"The clip of scene {self.clip.scene} is too short",
                where=named(media),
                why=f"it gives {found} frames at {self.film_format.frame_rate} a second, not {self.clip.frames}",
                remedy="Render the scene again.",
            )
        shown = self.folder / SHOWN
        if shown.exists():
            prove_part(shown, proof_of(shown), self.clip.frames - head - tail, self.film_format)
        return {"has_audio": info.has_audio, "notes": notes}

    def _encode(self, media: Path, info: MediaInfo, *, head: int, tail: int, clone_last: bool = False) -> int:
        """Encode and return how many frames came out."""
        for stale in self.folder.iterdir():
            stale.unlink()
        arguments = conform_arguments(
            media,
            info,
            self.film_format,
            self.encoding,
            frames=self.clip.frames,
            head=head,
            tail=tail,
            clone_last=clone_last,
        )
        try:
            run_ffmpeg(arguments, doing=f"conforming scene {self.clip.scene}", within=self.folder)
        except FFmpegFailedError as error:
            if head + tail and not clone_last:
                # A clip may end before its tail begins, of which FFmpeg then has nothing to write.
                found = self._encode(media, info, head=0, tail=0)
                if found < self.clip.frames:
                    return found
            raise UnreadableMediaError(
                f"The clip of scene {self.clip.scene} cannot be decoded whole",
                where=named(media),
                why=error.why,
                remedy="Render the scene again.",
            ) from error
        return self._count(_lengths(self.clip.frames, head, tail))

    def _count(self, lengths: dict[str, int]) -> int:
        counts = {path.name: count_samples(path) for path in self.folder.iterdir()}
        total = sum(counts.values())
        if total == self.clip.frames and counts != lengths:
            raise FFmpegFailedError(
                f"FFmpeg cut scene {self.clip.scene} at the wrong frames",
                why=f"parts of {list(counts.values())} frames",
            )
        return total


def require_content(clip: TimelineClip) -> None:
    """Prove that a clip's file is what was rendered.

    Raises:
        UnreadableMediaError
    """
    if sha256_of(Path(clip.media)) != clip.sha256:
        raise UnreadableMediaError(
            "The clip is not what it was when it was made",
            where=named(Path(clip.media)),
            why="its SHA-256 differs from the recorded one",
            remedy="Render the scene again, or restore the file.",
        )


def _notes(info: MediaInfo) -> list[str]:
    """What a film cannot show of the clip, or shows in another way."""
    notes = []
    if info.is_hdr:
        notes.append(f"its HDR picture ({info.transfer}) is shown without tone mapping")
    elif info.has_wide_colours:
        notes.append(f"its wide colours ({info.primaries}) are shown as BT.709, a little paler")
    if info.interlaced:
        notes.append("it is interlaced; whole pictures were made of its fields")
    if info.has_alpha:
        notes.append("its transparency is left out")
    return notes


def _naming_scene(error: MediaError, clip: TimelineClip) -> MediaError:
    return type(error)(
        f"The clip of scene {clip.scene} cannot be used",
        where=error.where,
        why=f"{error.what.rstrip('.')}: {error.why}",
        remedy="Render the scene again.",
    )
