"""A seeded synthesizer: a soundtrack for the whole cut without a model, a GPU or a sound library.

The way of a score: reading.py (words to moods and intensity), form.py (tempo, key, bars), parts.py (notes), band.py
(notes to sound, with tones.py and percussion.py), mix.py (space, automation, level), and here to a FLAC file, block
by block, so that memory does not grow with the film.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from film_pipeline.composer import SAMPLE_RATE, Composition, Progress
from film_pipeline.composer.synth.band import Band
from film_pipeline.composer.synth.form import Form, plan_form
from film_pipeline.composer.synth.mix import Desk, makeup_gain
from film_pipeline.composer.synth.parts import Players
from film_pipeline.ffmpeg.program import feeding_ffmpeg, file_argument
from film_pipeline.models.soundtrack import Score

_BLOCK = 28_800  # samples mixed at once: 0.6 seconds


class SynthComposer:
    """Composes and plays with additive synthesis; the same score gives the same samples."""

    name = "synth/1"
    stand_in = True
    follows_scenes = True

    def compose(self, score: Score, into: Path, progress: Progress) -> Composition:
        """Write ``round(score.seconds * 48000)`` samples of stereo to ``into``.

        Raises:
            FFmpegFailedError, FFmpegMissingError, StorageFullError
        """
        form = plan_form(score)
        total = round(score.seconds * SAMPLE_RATE)
        written = 0
        with feeding_ffmpeg(_flac_arguments(into), doing="writing the soundtrack") as pipe:
            for block in perform(form, total):
                pipe.write(_as_pcm(block))
                written += block.shape[1]
                progress(written / total, f"{form.mood.name} in {form.key.name}")
        return Composition(
            made={
                "tempo": form.tempo,
                "key": form.key.name,
                "mood": form.mood.name,
                "progression": form.progression,
            },
            notes=form.notes,
        )


def perform(form: Form, samples: int) -> Iterator[NDArray[np.float32]]:
    """Play ``form`` as blocks of stereo, shape (2, n), ``samples`` in all."""
    players, band, desk = Players(form), Band(form), Desk(form, makeup_gain(form))
    taken = 0
    for bar, after in zip(form.bars, [*form.bars[1:], None], strict=True):
        for note in players.play(bar):
            band.play(note)
        # A block may be mixed once no later bar can still add to it.
        certain = samples if after is None else min(samples, round(after.start * form.beat_seconds * SAMPLE_RATE))
        while taken < certain and (certain - taken >= _BLOCK or after is None):
            block = desk.mix(band, min(_BLOCK, certain - taken))
            taken += block.shape[1]
            yield block


def _as_pcm(block: NDArray[np.float32]) -> bytes:
    """Interleaved 16-bit samples."""
    return np.rint(block.T * 32_767).astype("<i2").tobytes()


def _flac_arguments(into: Path) -> list[str]:
    raw = ["-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "2", "-i", "pipe:0"]
    return [
        "-y",
        *raw,
        "-c:a",
        "flac",
        "-f",
        "flac",
        "-map_metadata",
        "-1",
        "-fflags",
        "+bitexact",
        "-flags:a",
        "+bitexact",
        file_argument(into),
    ]
