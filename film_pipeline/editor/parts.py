"""Parts: short pieces of encoded picture that are joined without encoding again, and how they are counted."""

from dataclasses import dataclass
from pathlib import Path

from film_pipeline.editor.cache import Entry
from film_pipeline.editor.disk import writing
from film_pipeline.editor.records import proof_of
from film_pipeline.editor.tracks import count_samples
from film_pipeline.errors import FFmpegFailedError, UnreadableMediaError
from film_pipeline.ffmpeg.opening import named
from film_pipeline.models.digests import sha256_of


@dataclass(frozen=True)
class Part:
    """A file of ``frames`` pictures (or as much sound) that needs no other file to be decoded.

    ``sha256`` is what it was when it was made.
    """

    path: Path
    frames: int
    sha256: str

    @property
    def proof(self) -> Path:
        """Where it is noted that all of it was decoded; the note goes when the entry of the cache is made anew."""
        return proof_of(self.path)

    def require_content(self) -> None:
        """Prove that the file is what was made.

        Raises:
            DamagedPartError
        """
        with writing("the cache of parts", self.path):
            found = sha256_of(self.path)
        if found != self.sha256:
            raise DamagedPartError(
                "A part in the cache is damaged",
                where=named(self.path),
                why="its SHA-256 is not what it was when the part was made",
                remedy="Delete the cache of parts and cut again; check the disk.",
            )


@dataclass(frozen=True)
class SoundPart(Part):
    """A stretch of the film's sound: its ``frames`` AAC frames from the one of number ``first`` on are in the film.

    What lies before and after only helped to encode it. ``samples`` is how long it is heard.
    """

    first: int
    samples: int


class DamagedPartError(UnreadableMediaError):
    """What is kept in the cache is not what was made; without it the film is the same."""


def part_of(entry: Entry, name: str, frames: int) -> Part:
    """The part of that name in a cache entry."""
    return Part(entry.file(name), frames, entry.hashes[name])


def require_frames(path: Path, wanted: int, *, what: str) -> None:
    """Refuse a part that has not the frames that the timeline counts on.

    Raises:
        FFmpegFailedError: FFmpeg reported success but wrote something else.
    """
    found = count_samples(path)
    if found != wanted:
        raise FFmpegFailedError(f"FFmpeg wrote {found} frames of {what} instead of {wanted}", where=path.name)
