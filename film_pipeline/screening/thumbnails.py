"""Single pictures of clips, kept in memory up to a bound."""

from collections import OrderedDict
from threading import Lock

from film_pipeline.ffmpeg.pictures import thumbnail
from film_pipeline.ffmpeg.probe import probe
from film_pipeline.screening.addresses import MOMENTS, WIDTHS
from film_pipeline.storage.objects import Objects

_MOST_BYTES = 32 * 1024 * 1024
_LARGEST = {"small": 8_000, "medium": 40_000, "large": 150_000}


class Thumbnails:
    """WebP pictures of stored clips; the least lately seen go first when ``most_bytes`` are kept."""

    def __init__(self, objects: Objects, most_bytes: int = _MOST_BYTES) -> None:
        self._objects = objects
        self._most_bytes = most_bytes
        self._kept: OrderedDict[tuple[str, str, str, str], bytes] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def picture(self, clip: str, moment: str, size: str) -> bytes | None:
        """The picture of the clip with key ``clip``, or None where there is no such clip.

        Raises:
            UnreadableMediaError: the clip cannot be decoded.
        """
        stat = self._objects.stat(clip)
        if stat is None:
            return None
        key = (clip, stat.version, moment, size)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = self._made(clip, moment, size)
        self._keep(key, made)
        return made

    def _made(self, clip: str, moment: str, size: str) -> bytes:
        with self._objects.fetched(clip) as path:
            at = (probe(path).duration_seconds or 0.0) * MOMENTS[moment]
            return thumbnail(path, WIDTHS[size], at, max_bytes=_LARGEST[size])

    def _keep(self, key: tuple[str, str, str, str], picture: bytes) -> None:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = picture
                self._bytes += len(picture)
            while self._bytes > self._most_bytes and len(self._kept) > 1:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= len(gone)
