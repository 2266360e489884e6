"""Parts: short pieces of encoded picture that are joined without encoding again, and how they are counted."""

from dataclasses import dataclass
from pathlib import Path

from film_pipeline.errors import FFmpegFailedError
from film_pipeline.ffmpeg.opening import open_media
from film_pipeline.ffmpeg.probe import picture_stream


@dataclass(frozen=True)
class Part:
    """A file of ``frames`` pictures that starts with a key frame and needs no other file to be decoded."""

    path: Path
    frames: int


def count_frames(path: Path) -> int:
    """The pictures in a file by counting its packets, not by its header.

    Raises:
        UnreadableMediaError
    """
    with open_media(path) as container:
        return sum(1 for packet in container.demux(picture_stream(container, path)) if packet.size)


def require_frames(path: Path, wanted: int, *, what: str) -> Part:
    """The part at ``path``, if it has the frames that the timeline counts on.

    Raises:
        FFmpegFailedError: FFmpeg reported success but wrote something else.
    """
    found = count_frames(path)
    if found != wanted:
        raise FFmpegFailedError(f"FFmpeg wrote {found} frames of {what} instead of {wanted}", where=path.name)
    return Part(path, wanted)
