"""Single pictures out of a clip: thumbnails for the UI and frames for contact sheets."""

from io import BytesIO
from pathlib import Path

from PIL import Image

from film_pipeline.ffmpeg.opening import open_media, unreadable
from film_pipeline.ffmpeg.probe import picture_stream

_QUALITIES = (60, 45, 30, 20, 12, 6, 2, 0)


def frame_image(path: Path, seconds: float = 0.0) -> Image.Image:
    """The frame that is on the screen at ``seconds``, upright, in RGB; the last one where the clip is shorter.

    Raises:
        UnreadableMediaError
    """
    with open_media(path) as container:
        stream = picture_stream(container, path)
        if seconds > 0:
            container.seek(int(seconds * 1_000_000), backward=True)
        found = None
        for frame in container.decode(stream):
            if found is not None and frame.time is not None and frame.time > seconds + 1e-6:
                break
            found = frame
        if found is None:
            raise unreadable(path, "not one picture of it can be decoded")
        image = Image.fromarray(found.to_ndarray(format="rgb24"))
    return image.rotate(found.rotation, expand=True) if found.rotation else image


def thumbnail(path: Path, width: int = 112, at: float = 0.0, *, max_bytes: int = 600) -> bytes:
    """A WebP picture ``width`` pixels wide of the frame ``at`` seconds, as good as ``max_bytes`` allow.

    Raises:
        UnreadableMediaError
    """
    image = frame_image(path, at)
    while True:
        small = image.resize((width, max(1, round(width * image.height / image.width))), Image.Resampling.LANCZOS)
        for quality in _QUALITIES:
            data = _webp(small, quality)
            if len(data) <= max_bytes:
                return data
        if width <= 16:
            return data
        width = width * 3 // 4  # noise that no quality makes small enough


def _webp(image: Image.Image, quality: int) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "WEBP", quality=quality, method=6)
    return buffer.getvalue()
