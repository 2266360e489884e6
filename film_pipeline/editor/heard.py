"""The film's sound as one track, put together from the tables of its stretches."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from film_pipeline.editor.index import SoundTable
from film_pipeline.editor.parts import SoundPart
from film_pipeline.editor.stretches import AAC_FRAME
from film_pipeline.editor.tracks import Numbers, Track, read_track
from film_pipeline.errors import UnfitMediaError


@dataclass(frozen=True)
class Heard:
    """Stretches that follow each other; AAC frames are counted from the film's first one."""

    parts: Sequence[SoundPart]
    tracks: Sequence[Track]
    starts: Sequence[int]

    @classmethod
    def read(cls, parts: Sequence[SoundPart]) -> "Heard":
        """The stretches with their tables.

        Raises:
            UnreadableMediaError: a file is damaged. UnfitMediaError: it does not hold its frames.
        """
        tracks = [read_track(part.path) for part in parts]
        for part, track in zip(parts, tracks, strict=True):
            if part.first + part.frames > len(track.sizes):
                raise UnfitMediaError(
                    f"A stretch of sound does not hold its {part.frames} frames",
                    where=str(part.path),
                    remedy="Delete the cache of parts and cut again.",
                )
        lengths = np.array([part.frames for part in parts])
        return cls(parts, tracks, (np.cumsum(lengths) - lengths).tolist())

    @property
    def frames(self) -> int:
        return self.starts[-1] + self.parts[-1].frames

    def times(self) -> Numbers:
        """When each frame begins to be decoded, in samples."""
        return np.arange(self.frames, dtype=np.int64) * AAC_FRAME

    def runs(self, first: int, end: int) -> Iterator[tuple[Track, int, int]]:
        """Where frames ``first`` to ``end`` lie: a track, and the first and end of those in it."""
        number = bisect_right(self.starts, first) - 1
        while first < end:
            part, start = self.parts[number], self.starts[number]
            until = min(end, start + part.frames)
            yield self.tracks[number], part.first + first - start, part.first + until - start
            first, number = until, number + 1

    def table(self) -> SoundTable:
        track = self.tracks[0]
        sizes = [
            track.sizes[part.first : part.first + part.frames]
            for part, track in zip(self.parts, self.tracks, strict=True)
        ]
        return SoundTable(
            description=track.description,
            time_scale=track.time_scale,
            frame_samples=AAC_FRAME,
            sizes=np.concatenate(sizes),
            duration=track.run_up + sum(part.samples for part in self.parts),
            run_up=track.run_up,
        )
