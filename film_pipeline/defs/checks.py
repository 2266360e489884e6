"""Asset checks: is the clip what its scene asked for, is the movie what its timeline says.

What is measured here was measured before publishing, in the same decoding pass: a failing clip or movie never gets this
far, it fails its step. The checks show people what was proven. Not here: the measuring (``ffmpeg/verify.py``).
"""

from collections.abc import Sequence

import dagster as dg

from film_pipeline.storage.keys import scene_partition
from film_pipeline.studio import Studio
from film_pipeline.studio.movies import Movie
from film_pipeline.studio.shots import Shot

# A few checks with a sentence each: every check is three more events in Dagster's log of every scene.
_CLIP = {
    "decodes": ("decodes",),
    "as_asked": ("frames", "size"),
    "picture": ("not_black", "not_frozen", "not_flat"),
}
_MOVIE = ("length", "sound", "complete")

_MEANING = {
    "decodes": "Every frame of the clip can be decoded.",
    "as_asked": "The clip has as many frames, of the size and rate, as the scene asked for (or the model can make).",
    "picture": "The picture is not black, not frozen and not of one colour, unless the scene allows it.",
    "length": "The movie has exactly the frames of its timeline: the clips less their transitions.",
    "sound": "The movie is as loud as FILM_LOUDNESS asks, within 1 LU, and peaks at -1 dB or lower.",
    "complete": "Every scene of the storyboard is in the cut, in order.",
}

CLIP_CHECKS = [dg.AssetCheckSpec(name, asset="scene_clip", description=_MEANING[name]) for name in _CLIP]
MOVIE_CHECKS = [dg.AssetCheckSpec(name, asset="final_movie", description=_MEANING[name]) for name in _MOVIE]


def clip_check_results(shot: Shot) -> Sequence[dg.AssetCheckResult]:
    """One result a group of measurements; a clip that was already stored was measured when it was made."""
    results = []
    for name, parts in _CLIP.items():
        found = [check for check in shot.checks if check.name in parts]
        says = "; ".join(check.says for check in found) or f"proven when take {shot.take.number} was made"
        results.append(
            dg.AssetCheckResult(
                check_name=name,
                passed=all(check.passed for check in found),
                description=says,
                metadata={"scene": scene_partition(shot.film, shot.take.scene), "says": says},
            )
        )
    return results


def movie_check_results(studio: Studio, movie: Movie) -> Sequence[dg.AssetCheckResult]:
    """Length = clips less overlaps, sound as loud as wished, every scene of the storyboard in the cut."""
    report, timeline = movie.report, movie.timeline
    wanted = studio.settings.loudness
    loudness, peak = report.integrated_lufs, report.true_peak_db
    in_cut = [scene.scene for scene in report.scenes]
    scenes = [scene.id for scene in studio.store.storyboard(movie.film).scenes]
    said = {
        "length": (
            report.frames == timeline.frames,
            f"{report.frames} frames decoded; the timeline has {timeline.frames}",
        ),
        "sound": (
            loudness is None or (abs(loudness - wanted) <= 1 and (peak is None or peak <= -1)),
            "no sound to level" if loudness is None else f"{loudness:.1f} LUFS (wanted {wanted:g}), peak {peak} dB",
        ),
        "complete": (in_cut == scenes, f"{len(in_cut)} of {len(scenes)} scenes are in the cut"),
    }
    return [
        dg.AssetCheckResult(
            check_name=name, passed=passed, description=says, metadata={"film": movie.film, "says": says}
        )
        for name, (passed, says) in said.items()
    ]
