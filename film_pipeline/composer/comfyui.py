"""ComfyUIComposer: a score generated for the whole cut by a music workflow, cut to its exact length.

Not here: loudness and ducking, which are the editor's.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np

from film_pipeline.comfyui.binding import Binding, Slot, Value, bind, fill
from film_pipeline.comfyui.client import Graph
from film_pipeline.comfyui.fulfilling import fulfil
from film_pipeline.comfyui.jobs import OutputFile
from film_pipeline.comfyui.orders import Delivery, Handling, Order
from film_pipeline.comfyui.pool import Pool, PoolRules
from film_pipeline.comfyui.preflight import missing_on
from film_pipeline.comfyui.watching import Patience
from film_pipeline.comfyui.workflow import load_workflow
from film_pipeline.composer import SAMPLE_RATE, Composition, Progress
from film_pipeline.errors import UnfitMediaError, UnreadableMediaError
from film_pipeline.ffmpeg.program import file_argument, run_ffmpeg
from film_pipeline.models.digests import digest_of
from film_pipeline.models.soundtrack import Score

_REQUIRED = (Slot.TAGS, Slot.OUTPUT)
_SOUNDS = (".flac", ".wav", ".mp3", ".opus", ".ogg", ".m4a")
_LEAST_SECONDS, _MOST_SECONDS = 10.0, 600.0
_DEFAULT_TEMPO, _TEMPO_RANGE = 90, (10, 300)
_OVERLAP_SECONDS, _FADE_SECONDS = 4.0, 2.0
_SILENT_PEAK = 0.001
_OTHER_SEED = 0x5DEECE66D
_MOST_SEED = 2**63 - 1
_INSTRUMENTAL = "[instrumental]"


class ComfyUIComposer:
    """Composes with the music workflow of a folder; servers and handling as for scenes.

    A model makes ten seconds to ten minutes at once: shorter scores are cut out of a longer piece, longer ones are
    the piece again, blended over a few seconds.
    """

    stand_in = False
    follows_scenes = False

    def __init__(
        self,
        servers: Sequence[str],
        workflows: Path,
        workflow: str,
        *,
        lock_folder: Path | None = None,
        stall_seconds: float = 900.0,
        attempts: int = 4,
        handling: Handling | None = None,
        rules: PoolRules | None = None,
    ) -> None:
        self._servers, self._path = tuple(servers), workflows / f"{workflow}.json"
        self._lock_folder, self._rules = lock_folder, rules
        self._handling = handling or Handling(Patience(stall=stall_seconds), attempts)

    @cached_property
    def name(self) -> str:
        """With the workflow's content, so that another workflow makes the soundtrack stale."""
        return f"comfyui/1 {self._binding.workflow.name} {self._binding.workflow.digest[:12]}"

    @cached_property
    def _binding(self) -> Binding:
        return bind(load_workflow(self._path), required=_REQUIRED)

    @cached_property
    def pool(self) -> Pool:
        """The servers; made when the first score is composed."""
        return Pool(self._servers, folder=self._lock_folder, rules=self._rules)

    def close(self) -> None:
        """Let go of the servers' connections."""
        if "pool" in vars(self):
            self.pool.close()

    def compose(self, score: Score, into: Path, progress: Progress) -> Composition:
        """Write ``score.seconds`` of music, 48 kHz stereo FLAC, to ``into``.

        Raises:
            RenderContentError, WorkflowError: it is refused. RenderMachineError: worth another try.
        """
        piece = min(_MOST_SECONDS, max(_LEAST_SECONDS, score.seconds))
        workflow = self._binding.workflow
        order = Order(
            digest=digest_of(
                {"brief": score.model_dump(mode="json", exclude={"sections"}), "workflow": workflow.digest}
            ),
            need=workflow.digest,
            fill=lambda _, prompt_id, variation: self._fill(score, piece, prompt_id, variation),
            choose=self._choose,
            check=lambda path: _check_sound(path, piece),
            preflight=lambda client: missing_on(client, workflow),
            size=f"{piece:.0f} s of music",
        )
        with TemporaryDirectory(dir=into.parent) as folder:
            raw = Path(folder) / "raw"
            delivery = fulfil(order, self.pool, raw, progress, handling=self._handling)
            _fit(raw, into, score.seconds, piece)
        return Composition(made=self._made(score, piece, delivery), notes=_notes(score, piece, delivery))

    def _fill(self, score: Score, piece: float, prompt_id: str, variation: int) -> Graph:
        low, high = _TEMPO_RANGE
        values: dict[Slot, Value] = {
            Slot.TAGS: _tags(score),
            Slot.LYRICS: _INSTRUMENTAL,
            Slot.SECONDS: piece,
            Slot.TEMPO: min(high, max(low, round(score.tempo or _DEFAULT_TEMPO))),
            Slot.SEED: (score.seed + variation * _OTHER_SEED) & _MOST_SEED,
            Slot.OUTPUT: f"film/{prompt_id}",
        }
        return fill(self._binding, values)

    def _choose(self, outputs: tuple[OutputFile, ...]) -> OutputFile | None:
        sounds = [file for file in outputs if file.filename.lower().endswith(_SOUNDS)]
        own = [file for file in sounds if file.node == self._binding.output_node]
        return next(reversed(own or sounds), None)

    def _made(self, score: Score, piece: float, delivery: Delivery) -> dict[str, str | int | float | bool | None]:
        return {
            "server": delivery.server,
            "comfyui": delivery.version,
            "torch": delivery.torch,
            "device": delivery.device,
            "workflow": self._binding.workflow.name,
            "workflow_digest": self._binding.workflow.digest,
            "models": ", ".join(self._binding.workflow.models),
            "prompt_id": delivery.prompt_id,
            "attempts": delivery.attempts,
            "gpu_seconds": round(delivery.gpu_seconds, 3),
            "generated_seconds": piece,
            "seconds": score.seconds,
        }


def _tags(score: Score) -> str:
    """What the model is told: the brief's tags and mood, not each scene's words, and that nobody sings."""
    parts = [score.tags, score.mood, "instrumental film score"]
    return ", ".join(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _notes(score: Score, piece: float, delivery: Delivery) -> tuple[str, ...]:
    notes = [f"On the way: {trouble}." for trouble in delivery.troubles]
    if score.seconds > piece:
        notes.insert(0, f"The music is a piece of {piece:.0f} s, played again until {score.seconds:.0f} s are filled.")
    return tuple(notes)


def _check_sound(path: Path, seconds: float) -> None:
    """Decode it whole: long enough, and not silent.

    Raises:
        MediaError
    """
    try:
        length, peak = _measure(path)
    except av.FFmpegError as error:
        raise UnreadableMediaError(
            "The music cannot be decoded whole", where=path.name, why=str(error.strerror), remedy="Compose again."
        ) from error
    if length < seconds * 0.9:
        raise UnfitMediaError(
            "The music is too short",
            where=path.name,
            why=f"{length:.1f} s, wanted {seconds:.1f} s",
            remedy="Try again.",
        )
    if peak < _SILENT_PEAK:
        raise UnfitMediaError("The music is silent", where=path.name, remedy="Check the music workflow on the server.")


def _measure(path: Path) -> tuple[float, float]:
    """Seconds and the largest sample (of 1.0)."""
    samples, peak = 0, 0.0
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
        for frame in container.decode(stream):
            for piece in resampler.resample(frame):
                samples += piece.samples
                peak = max(peak, float(np.abs(piece.to_ndarray()).max()))
    return samples / SAMPLE_RATE, peak


def _fit(raw: Path, into: Path, seconds: float, piece: float) -> None:
    """Exactly ``seconds`` of 48 kHz stereo, with a short fade at the end; repeats are blended into each other."""
    times = 1
    while piece * times - _OVERLAP_SECONDS * (times - 1) < seconds:
        times += 1
    inputs = [argument for _ in range(times) for argument in ("-i", file_argument(raw))]
    graph = "".join(
        f"[{index}:a]aresample={SAMPLE_RATE},aformat=channel_layouts=stereo[a{index}];" for index in range(times)
    )
    last = "a0"
    for index in range(1, times):
        graph += f"[{last}][a{index}]acrossfade=d={_OVERLAP_SECONDS}:c1=tri:c2=tri[x{index}];"
        last = f"x{index}"
    samples = round(seconds * SAMPLE_RATE)
    fade = min(_FADE_SECONDS, seconds / 4)
    graph += (
        f"[{last}]apad=whole_len={samples},atrim=end_sample={samples},"
        f"afade=t=out:st={seconds - fade:.6f}:d={fade:.6f}[out]"
    )
    run_ffmpeg(
        [*inputs, "-filter_complex", graph, "-map", "[out]", "-map_metadata", "-1", "-c:a", "flac", "-y",
         "-f", "flac", file_argument(into)],
        doing="cutting the music to length",
    )  # fmt: skip
