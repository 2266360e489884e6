"""Proves by decoding that a clip is whole and shows something: an exit status or a header proves nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame

from film_pipeline.errors import MediaError, UnfitMediaError, UnreadableMediaError
from film_pipeline.ffmpeg.opening import named, open_media
from film_pipeline.ffmpeg.probe import MediaInfo, picture_stream, probe
from film_pipeline.ffmpeg.watching import PictureWatch

MAX_BLACK_SHARE = 0.4
MAX_FLAT_SHARE = 1 / 2
MAX_STILL_SHARE = 0.9
MOST_FRAMES_MORE = 25
"""How many frames more than asked a clip may have under ``at_least``; models round up to their own steps."""

_ENOUGH_FAULTS = 5


@dataclass(frozen=True)
class Examination:
    """What one decoding pass over a clip found.

    ``frames`` were decoded, ``promised`` by the container (None where it does not tell). Luma from 0 to 255 is that
    of the darkest and the brightest frame's mean, ``contrast`` the largest standard deviation within one frame.
    Shares are of all frames, from 0 to 1; ``still_share`` that of the longest stretch without any motion. ``gaps``
    counts irregular steps between frames. ``faults`` are what went wrong in decoding, in words.
    """

    path: Path
    info: MediaInfo
    frames: int
    promised: int | None
    luma_min: float
    luma_max: float
    contrast: float
    black_share: float
    still_share: float
    flat_share: float
    first_seconds: float
    last_seconds: float
    gaps: int
    audio_seconds: float
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Check:
    """One question asked of a clip, and the answer in words."""

    name: str
    passed: bool
    says: str


def examine(path: Path) -> Examination:
    """Decode a clip once, picture and sound.

    Raises:
        UnreadableMediaError: it cannot even be opened, or has no picture. Damage further on is in ``faults``.
    """
    info = probe(path)
    with open_media(path) as container:
        return _Examiner(path, info, container).run()


class _Examiner:
    """The counters of one pass."""

    def __init__(self, path: Path, info: MediaInfo, container: InputContainer) -> None:
        self.path, self.info, self.container = path, info, container
        self.watch = PictureWatch()
        self.faults: list[str] = []
        self.discarded = 0
        self.audio_samples = 0
        self.first: float | None = None
        self.last = 0.0
        self.gaps = 0
        self.size: tuple[int, int] | None = None

    def run(self) -> Examination:
        picture = picture_stream(self.container, self.path)
        streams = [picture, *self.container.streams.audio[:1]]
        for stream in streams:
            # "aggressive" also finds slices that end before their data does, which is how damage mostly looks.
            strict = "explode+aggressive" if stream.codec_context.name == "h264" else "explode"
            stream.codec_context.options = {"err_detect": strict}
            stream.codec_context.thread_count = 1
        try:
            for packet in self.container.demux(*streams):
                self._take(packet)
                if len(self.faults) >= _ENOUGH_FAULTS:
                    break
        except av.FFmpegError as error:
            self.faults.append(f"reading stops: {error.strerror or error}")
        return self._result()

    def _take(self, packet: "Packet[Any]") -> None:
        if packet.is_corrupt:
            self.faults.append("the file ends in the middle of a frame")
        self.discarded += packet.is_discard and packet.stream.type == "video"
        try:
            frames: list[Any] = packet.decode()
        except av.FFmpegError as error:
            kind = "a picture" if packet.stream.type == "video" else "sound"
            self.faults.append(f"{kind} after {self.last:.2f} s cannot be decoded ({error.strerror or error})")
            return
        for frame in frames:
            if isinstance(frame, VideoFrame):
                self._see(frame)
            elif isinstance(frame, AudioFrame):
                self.audio_samples += frame.samples

    def _see(self, frame: VideoFrame) -> None:
        if frame.is_corrupt:
            self.faults.append(f"the picture at {self.last:.2f} s is damaged")
        size = (frame.width, frame.height)
        if self.size not in (None, size):
            self.faults.append(f"the picture size changes at frame {self.watch.frames}")
            return
        self.size = size
        self.watch.see(frame)
        self._step(frame.time)

    def _step(self, time: float | None) -> None:
        if time is None:
            self.gaps += 1
            return
        if self.first is None:
            self.first = time
        elif abs((time - self.last) * float(self.info.frame_rate) - 1) > 0.3:
            self.gaps += 1
        self.last = time

    def _result(self) -> Examination:
        watch, frames = self.watch, max(1, self.watch.frames)
        promised = self._promised()
        if promised is not None and watch.frames < promised and not self.faults:
            self.faults.append(f"only {watch.frames} of {promised} frames are there: it is cut short")
        return Examination(
            path=self.path,
            info=self.info,
            frames=watch.frames,
            promised=promised,
            luma_min=watch.luma_min,
            luma_max=watch.luma_max,
            contrast=watch.contrast,
            black_share=watch.black / frames,
            still_share=watch.longest_still / frames,
            flat_share=watch.flat / frames,
            first_seconds=self.first or 0.0,
            last_seconds=self.last,
            gaps=self.gaps,
            audio_seconds=self.audio_samples / self.info.sample_rate if self.info.sample_rate else 0.0,
            faults=tuple(self.faults),
        )

    def _promised(self) -> int | None:
        """Frames by the container's table; else by its duration, less two for rounding and late starts."""
        if self.info.claimed_frames is not None:
            return self.info.claimed_frames - self.discarded
        if self.info.duration_seconds is None or self.info.variable_rate or self.info.has_audio:
            return None
        return max(1, int(self.info.duration_seconds * self.info.frame_rate) - 2)


def check_clip(
    examination: Examination,
    *,
    frames: int,
    width: int,
    height: int,
    frame_rate: Fraction,
    at_least: bool = False,
    allow_still: bool = False,
    allow_black: bool = False,
) -> list[Check]:
    """Ask whether a clip is what was wanted: does it decode, and are its frames, size and picture right.

    ``frames`` count at ``frame_rate``; a clip of another rate is judged by the time it lasts. With ``at_least`` up to
    ``MOST_FRAMES_MORE`` more are fine, for models that make lengths of their own steps; the editor trims.
    """
    info = examination.info
    return [
        _check_decodes(examination),
        _check_frames(examination, frames, frame_rate, at_least=at_least),
        Check(
            "size",
            (info.width, info.height) == (width, height),
            f"{info.width}x{info.height}, wanted {width}x{height}",
        ),
        _check_not_black(examination, allow_black=allow_black),
        _check_not_frozen(examination, allow_still=allow_still, allow_black=allow_black),
        Check(
            "not_flat",
            examination.flat_share <= MAX_FLAT_SHARE,
            f"{examination.flat_share:.0%} of the frames show a single colour",
        ),
    ]


def _check_decodes(examination: Examination) -> Check:
    if examination.frames == 0:
        return Check("decodes", False, "; ".join(examination.faults) or "not one frame can be decoded")
    whole = f"all {examination.frames} frames decode"
    return Check("decodes", not examination.faults, "; ".join(examination.faults) or whole)


def _check_frames(examination: Examination, wanted: int, frame_rate: Fraction, *, at_least: bool) -> Check:
    rate = examination.info.frame_rate
    found = examination.frames if rate == frame_rate else round(examination.frames * frame_rate / rate)
    slack = 0 if rate == frame_rate else 1
    most = wanted + (MOST_FRAMES_MORE if at_least else slack)
    says = f"{found} frames at {frame_rate} a second, wanted {wanted}{' or a few more' if at_least else ''}"
    if rate != frame_rate:
        says += f" (the file has {examination.frames} at {rate})"
    return Check("frames", wanted - slack <= found <= most, says)


def _check_not_black(examination: Examination, *, allow_black: bool) -> Check:
    says = f"{examination.black_share:.0%} of the frames are black"
    if allow_black:
        return Check("not_black", True, f"{says}, as allowed")
    return Check("not_black", examination.black_share <= MAX_BLACK_SHARE, says)


def _check_not_frozen(examination: Examination, *, allow_still: bool, allow_black: bool) -> Check:
    says = f"nothing moves in {examination.still_share:.0%} of the frames"
    if allow_still or (allow_black and examination.black_share > MAX_STILL_SHARE):
        return Check("not_frozen", True, f"{says}, as allowed")
    return Check("not_frozen", examination.frames <= 1 or examination.still_share <= MAX_STILL_SHARE, says)


def require_clip(
    path: Path,
    *,
    frames: int,
    width: int,
    height: int,
    frame_rate: Fraction,
    at_least: bool = False,
    allow_still: bool = False,
    allow_black: bool = False,
) -> Examination:
    """Examine a clip and return the findings, or refuse it.

    Raises:
        UnreadableMediaError: it does not decode whole. UnfitMediaError: it does, but is not what was wanted.
    """
    examination = examine(path)
    checks = check_clip(
        examination,
        frames=frames,
        width=width,
        height=height,
        frame_rate=frame_rate,
        at_least=at_least,
        allow_still=allow_still,
        allow_black=allow_black,
    )
    refuse_failed(checks, where=named(path))
    return examination


def refuse_failed(checks: Sequence[Check], *, where: str) -> None:
    """Raise for all checks that failed, in one error.

    Raises:
        UnreadableMediaError, UnfitMediaError
    """
    failed = [check for check in checks if not check.passed]
    if not failed:
        return
    damaged = any(check.name == "decodes" for check in failed)
    kind: type[MediaError] = UnreadableMediaError if damaged else UnfitMediaError
    raise kind(
        "The clip cannot be decoded whole" if damaged else "The clip is not what was asked for",
        where=where,
        why="; ".join(f"{check.name}: {check.says}" for check in failed),
        remedy="Render the scene again." + _hint(failed),
    )


def _hint(failed: Sequence[Check]) -> str:
    names = {check.name for check in failed}
    if names & {"not_black", "not_flat"}:
        return " If it stays so, the model's numbers overflow: try bf16 precision. allow_black accepts a black scene."
    return " If a still picture is wanted, set allow_still on the scene." if "not_frozen" in names else ""
