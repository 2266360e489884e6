"""The mixing desk: buses through automation, room, echo, compressor and soft clip to finished blocks of stereo."""

import math

import numpy as np
from numpy.typing import NDArray

from film_pipeline.composer import SAMPLE_RATE
from film_pipeline.composer.synth.band import Band
from film_pipeline.composer.synth.form import Form, ring_seconds
from film_pipeline.composer.synth.space import PingPongEcho, Reverb
from film_pipeline.composer.synth.tones import Sound

_CEILING = 0.84  # of full scale: -1.5 dB
_DYNAMICS_DB = 2.0  # between the quietest and the loudest scene, beside what layers add
_HOP = 480
_THRESHOLD_DB, _RATIO = -19.0, 1.8


class Desk:
    """Mixes one film, block by block; the automation follows the form's intensity."""

    def __init__(self, form: Form, gain: float) -> None:
        self._form = form
        self._gain = np.float32(gain)
        # Small and dry for quick music, large for slow music, as rooms are chosen in a studio.
        self._reverb = Reverb(seconds=1.6 + 2.0 * max(0.0, min(1.0, (130 - form.tempo) / 70)), damping=0.32)
        self._echo = PingPongEcho(form.beat_seconds * 0.75, feedback=0.38)
        self._compressor = Compressor()
        self._at = 0

    def mix(self, band: Band, samples: int) -> Sound:
        """The next ``samples`` of the film, shape (2, n), within -1.5 dB of full scale."""
        seconds = (self._at + np.arange(samples)) / SAMPLE_RATE
        intensity = self._form.intensity(seconds).astype(np.float32)
        held = 1 - np.float32(0.45) * np.minimum(1, band.duck.take(samples)[0])
        pad = band.pad.take(samples) * (0.03 - 0.012 * intensity)
        pad += band.pad_bright.take(samples) * (0.03 * intensity**1.5)
        pad *= held
        bass, tonal, drums = band.bass.take(samples), band.tonal.take(samples), band.drums.take(samples)
        band.advance(samples)
        bass *= held
        echo = self._echo.process(np.float32(0.3) * (tonal[0] + tonal[1]))
        struck = tonal[0] + tonal[1] + np.float32(0.5) * (echo[0] + echo[1])
        room = self._reverb.process(0.22 * struck + 0.6 * pad[0] + np.float32(0.07) * (drums[0] + drums[1]))
        mixed = bass + tonal + drums + np.float32(0.5) * echo + room
        mixed[0] += pad[0] + pad[1]
        mixed[1] += pad[0] - pad[1]
        mixed *= self._gain * 10 ** (np.float32(_DYNAMICS_DB / 20) * (intensity - np.float32(0.5)))
        mixed *= self._compressor.gains(mixed)
        mixed *= _opening_and_ending(seconds, self._form.seconds)
        self._at += samples
        return np.asarray(np.float32(_CEILING) * np.tanh(mixed / np.float32(_CEILING)))


class Compressor:
    """Evens out by the loudness of hundredths of a second; quick to press down, slow to let go."""

    def __init__(self) -> None:
        self._decibels = 0.0

    def gains(self, sound: Sound) -> Sound:
        """A gain for each sample of ``sound``, shape (2, n), without steps."""
        hops = math.ceil(sound.shape[1] / _HOP)
        power = np.add.reduceat(np.mean(sound**2, axis=0), np.arange(hops) * _HOP) / _HOP
        loudness = 10 * np.log10(np.maximum(power, 1e-10))
        wanted = np.minimum(0.0, (_THRESHOLD_DB - loudness) * (1 - 1 / _RATIO))
        followed = [self._decibels]
        for decibels in wanted.tolist():
            speed = 0.25 if decibels < followed[-1] else 0.035
            followed.append(followed[-1] + speed * (decibels - followed[-1]))
        self._decibels = followed[-1]
        at = np.arange(sound.shape[1]) / _HOP
        return (10 ** (np.interp(at, np.arange(hops + 1), followed) / 20)).astype(np.float32)


def _opening_and_ending(seconds: NDArray[np.float64], film_seconds: float) -> Sound | np.float32:
    """From silence and back to it; the end fades over most of the last chord's ringing."""
    opening = min(0.03, film_seconds / 8)
    ending = ring_seconds(film_seconds) * 0.75
    if seconds[0] >= opening and seconds[-1] <= film_seconds - ending:
        return np.float32(1)
    left = np.clip((film_seconds - seconds) / ending, 0, 1)
    entered = np.clip(seconds / opening, 0, 1)
    return np.asarray(np.sin(np.pi / 2 * entered) ** 2 * np.sin(np.pi / 2 * left) ** 2, dtype=np.float32)


def makeup_gain(form: Form) -> float:
    """What lifts a film of quiet scenes towards the loudness of others; the editor sets the exact loudness later."""
    mean = float(np.mean(form.intensities))
    return float(10 ** (6.0 * (0.5 - mean) / 20))
