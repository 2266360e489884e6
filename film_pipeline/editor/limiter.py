"""Sets a gain and keeps the true peak under a ceiling, looking ahead and behind, so that nothing is clipped.

The gain dips smoothly around each peak. It depends on the near surroundings only, so blocks of any length give the
same samples, and memory does not grow with the film.
"""

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from film_pipeline.editor.samples import BLOCK, Sound, SoundFile

_CELL = 16
_REACH = 16  # cells looked at on each side: 5 ms
_PHASES, _TAPS = 4, 24
_MARGIN = (2 * _REACH + 4) * _CELL


def _interpolators() -> NDArray[np.float64]:
    """Windowed sinc filters that give the values between samples at 1/4, 2/4 and 3/4, as BS.1770 asks for."""
    position = np.arange(_TAPS) - (_TAPS / 2 - 1)
    window = np.hanning(_TAPS + 2)[1:-1]
    filters = np.array([np.sinc(position - phase / _PHASES) * window for phase in range(1, _PHASES)])
    normal: NDArray[np.float64] = filters / filters.sum(axis=1, keepdims=True)
    return normal


_INTERPOLATORS = _interpolators()
_SMOOTHING = np.hanning(2 * _REACH + 3)[1:-1] / np.hanning(2 * _REACH + 3)[1:-1].sum()


def limited(sound: SoundFile, gain_db: float, ceiling_db: float | None) -> Iterator[Sound]:
    """The sound with a gain, in blocks; with a ceiling (dBTP) peaks above it are pressed down to it."""
    gain = np.float32(10 ** (gain_db / 20))
    samples = sound.samples
    for start in range(0, samples, BLOCK):
        count = min(BLOCK, samples - start)
        if ceiling_db is None:
            yield sound.read(start, count) * gain
            continue
        # Cells must lie at the same places whatever the block: the margin is a whole number of them, as is a block.
        surroundings = sound.read(start - _MARGIN, BLOCK + 2 * _MARGIN) * gain
        pressed = _pressing(surroundings, 10 ** (ceiling_db / 20))
        yield (surroundings * pressed[:, None])[_MARGIN : _MARGIN + count]


def _pressing(sound: Sound, ceiling: float) -> NDArray[np.float32]:
    """The gain (at most 1) for every sample."""
    if float(np.abs(sound).max(initial=0.0)) < ceiling / 2:
        return np.ones(len(sound), np.float32)
    allowed = np.minimum(1.0, ceiling / np.maximum(true_peaks(sound), 1e-9))
    cells = allowed.reshape(-1, _CELL).min(axis=1)
    reach = _REACH + 2
    lowest = sliding_window_view(np.pad(cells, reach, constant_values=1.0), 2 * reach + 1).min(axis=1)
    smooth = np.convolve(np.pad(lowest, _REACH, mode="edge"), _SMOOTHING, mode="valid")
    centres = np.arange(len(cells)) * _CELL + _CELL / 2 - 0.5
    return np.interp(np.arange(len(sound)), centres, smooth).astype(np.float32)


def true_peaks(sound: Sound) -> NDArray[np.float64]:
    """The largest value at or right after each sample, of both channels, between the samples too."""
    peaks: NDArray[np.float64] = np.abs(sound).max(axis=1).astype(np.float64)
    for channel in sound.T.astype(np.float64):
        for filter_taps in _INTERPOLATORS:
            between = np.abs(np.convolve(channel, filter_taps[::-1], mode="full"))
            peaks = np.maximum(peaks, between[_TAPS // 2 : _TAPS // 2 + len(channel)])
    return peaks
