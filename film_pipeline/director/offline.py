"""The offline director: a script becomes a storyboard by the rules of the craft, without a language model.

The same script gives the same storyboard, always. Reading is in ``fountain.py`` and ``prose.py``, cutting into beats in
``breakdown.py``, the words of the prompts in ``shots.py``; here the parts meet.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import ClassVar

from film_pipeline.director import Direction, Limits, Made, Script
from film_pipeline.director.breakdown import Beat, break_down
from film_pipeline.director.continuity import film_words_kept, keep_unchanged
from film_pipeline.director.fountain import read_fountain
from film_pipeline.director.given import direct_storyboard
from film_pipeline.director.limits import check_limits, check_scene_count
from film_pipeline.director.prose import read_markdown, read_prose
from film_pipeline.director.shots import Film
from film_pipeline.errors import ScriptError
from film_pipeline.models.storyboard import Scene, Storyboard

_READERS = {"text": read_prose, "markdown": read_markdown, "fountain": read_fountain}
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ENDINGS = re.compile(r"(?:the )?(?:end|fin|ende)\.?", re.IGNORECASE)
_MAX_TITLE = 200


class OfflineDirector:
    """Directs by rules: deterministic, in milliseconds, for any language."""

    name: ClassVar[str] = "offline/1"
    stand_in: ClassVar[bool] = True

    def direct(self, script: Script, limits: Limits, previous: Storyboard | None = None) -> Direction:
        """A storyboard of ``script``; scenes whose words did not change are taken from ``previous``.

        Raises:
            ScriptError: nothing in it can be filmed. StoryboardError: more scenes or seconds than ``limits``.
        """
        if script.kind == "storyboard":
            return direct_storyboard(script, limits)
        reading = _READERS[script.kind](_UNPRINTABLE.sub(" ", script.text))
        known = (
            frozenset(scene.seed for scene in previous.scenes if scene.seed is not None) if previous else frozenset()
        )
        beats = [beat for beat in break_down(reading.elements, known) if not _is_end_card(beat)]
        if not beats:
            raise ScriptError(
                "The script holds nothing to film",
                where=script.name,
                why="there is no scene heading, action or dialogue in it",
                remedy="Write at least one sentence of what is seen.",
            )
        check_scene_count(len(beats), limits, script.name)
        film = Film.of(reading, title_of(reading.title, script.name))
        fresh = [film.scene(beat) for beat in beats]
        scenes, kept = keep_unchanged(fresh, previous)
        storyboard = _storyboard(film, scenes, previous, kept)
        check_limits(storyboard, limits, script.name)
        made: Made = {"director": self.name, "stand_in": True, "scenes": len(scenes), "kept": len(kept)}
        return Direction(storyboard, made, tuple(_notes(fresh, scenes, kept)))


def title_of(title: str | None, script_name: str) -> str:
    """The title as text for people: the script's own, else the file name in words."""
    stem = PurePosixPath(script_name).stem if script_name else ""
    for words in (title or "", stem.replace("_", " ").replace("-", " ").title()):
        words = " ".join(_UNPRINTABLE.sub(" ", words).split())
        if words:
            return words if len(words) <= _MAX_TITLE else words[: _MAX_TITLE - 1].rstrip() + "…"
    return "Untitled"


def _is_end_card(beat: Beat) -> bool:
    return (
        all(unit.element.kind == "card" for unit in beat.units)
        and bool(beat.units)
        and all(_ENDINGS.fullmatch(unit.text) or not unit.text for unit in beat.units)
    )


def _storyboard(
    film: Film, scenes: tuple[Scene, ...], previous: Storyboard | None, kept: tuple[str, ...]
) -> Storyboard:
    if previous is not None and film_words_kept(previous, kept, len(scenes)):
        return previous.model_copy(update={"title": film.title, "scenes": scenes})
    return Storyboard(title=film.title, scenes=scenes, soundtrack=film.soundtrack())


def _notes(fresh: list[Scene], scenes: tuple[Scene, ...], kept: tuple[str, ...]) -> Iterator[str]:
    by_id = set(kept)
    older = [
        scene.id for made, scene in zip(fresh, scenes, strict=True) if scene.id in by_id and scene.prompt != made.prompt
    ]
    if older:
        yield (
            f"{len(older)} scenes keep their former prompt although the words around them changed: "
            f"{', '.join(older[:8])}{' ...' if len(older) > 8 else ''}. Delete storyboard.json to "
            "have them written anew."
        )
