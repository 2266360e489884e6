"""Writes a film as OpenTimelineIO: one picture track with transitions, the scenes' sound, the music."""

from typing import Any

from film_pipeline.editor.exchange import EFFECT_NAMES, WIPES, FilmExchange, Media, Segment, after_cut, before_cut
from film_pipeline.models.storyboard import TransitionKind
from film_pipeline.models.timeline import TimelineTransition

NAMESPACE = "film_pipeline"


def otio_text(film: FilmExchange) -> str:
    """The text of the ``.otio`` file; media are named relative to it."""
    import opentimelineio as otio  # takes a while: only where it is needed

    text: str = otio.adapters.write_to_string(_Writer(otio, film).timeline(), "otio_json")
    return text


class _Writer:
    """``otio`` is the library, ``rate`` the film's frames a second."""

    def __init__(self, otio: Any, film: FilmExchange) -> None:
        self.otio, self.film = otio, film
        self.rate = float(film.rate)

    def timeline(self) -> Any:
        timeline = self.otio.schema.Timeline(
            name=self.film.timeline.title, global_start_time=self.time(0), metadata=self._film_facts()
        )
        timeline.tracks.append(self._pictures())
        if any(medium.channels for medium in self.film.media):
            timeline.tracks.append(self._scene_sound())
        if self.film.soundtrack:
            timeline.tracks.append(self._music(self.film.soundtrack))
        return timeline

    def time(self, frames: int) -> Any:
        return self.otio.opentime.RationalTime(frames, self.rate)

    def stretch(self, start: int, end: int) -> Any:
        return self.otio.opentime.TimeRange(self.time(start), self.time(end - start))

    def _film_facts(self) -> dict[str, Any]:
        shape = self.film.timeline.format
        facts = {"frame_rate": str(shape.frame_rate), "width": shape.width, "height": shape.height}
        return {NAMESPACE: {**facts, "frames": self.film.timeline.frames, "notes": list(self.film.timeline.notes)}}

    def _pictures(self) -> Any:
        track = self.otio.schema.Track(name="Picture", kind=self.otio.schema.TrackKind.Video)
        for segment in self.film.segments():
            if segment.entering:
                track.append(self._transition(segment.entering, opening=segment.first))
            track.append(self._clip(segment))
        closing = self.film.timeline.closing
        if closing:
            track.append(self._transition(closing, closing=True))
        return track

    def _scene_sound(self) -> Any:
        """The clips' own sound from cut point to cut point; the movie fades it at the joins."""
        track = self.otio.schema.Track(name="Scene sound", kind=self.otio.schema.TrackKind.Audio)
        for segment in self.film.segments():
            if segment.media.channels:
                track.append(self._clip(segment))
            else:
                track.append(self.otio.schema.Gap(source_range=self.stretch(segment.source_in, segment.source_out)))
        return track

    def _music(self, path: str) -> Any:
        track = self.otio.schema.Track(name="Music", kind=self.otio.schema.TrackKind.Audio)
        whole = self.stretch(0, self.film.timeline.frames)
        reference = self.otio.schema.ExternalReference(target_url=path, available_range=whole)
        track.append(self.otio.schema.Clip(name="Soundtrack", media_reference=reference, source_range=whole))
        return track

    def _clip(self, segment: Segment) -> Any:
        facts = {"scene": segment.scene, "take": segment.take, **segment.media.facts}
        clip = self.otio.schema.Clip(
            name=segment.title,
            media_reference=self._reference(segment.media),
            source_range=self.stretch(segment.source_in, segment.source_out),
            metadata={NAMESPACE: facts},
        )
        clip.markers.append(
            self.otio.schema.Marker(
                name=segment.title,
                marked_range=self.stretch(segment.source_in, segment.source_in),
                color=self.otio.schema.MarkerColor.GREEN,
                comment=segment.media.facts.get("prompt", ""),
            )
        )
        return clip

    def _reference(self, medium: Media) -> Any:
        own = float(medium.frame_rate)
        times = self.otio.opentime
        available = times.TimeRange(times.RationalTime(0, own), times.RationalTime(medium.frames, own))
        return self.otio.schema.ExternalReference(target_url=medium.path, available_range=available)

    def _transition(self, transition: TimelineTransition, *, opening: bool = False, closing: bool = False) -> Any:
        """At the edges of the film a fade lies wholly on the one clip that is there."""
        before = 0 if opening else transition.frames if closing else before_cut(transition)
        after = 0 if closing else transition.frames if opening else after_cut(transition)
        types = self.otio.schema.TransitionTypes
        dissolve = transition.kind == "dissolve"
        return self.otio.schema.Transition(
            name=EFFECT_NAMES[transition.kind],
            transition_type=types.SMPTE_Dissolve if dissolve else types.Custom,
            in_offset=self.time(before),
            out_offset=self.time(after),
            metadata={NAMESPACE: {"kind": transition.kind, **_wipe_facts(transition.kind)}},
        )


def _wipe_facts(kind: TransitionKind) -> dict[str, Any]:
    if kind not in WIPES:
        return {}
    code, reverse = WIPES[kind]
    return {"smpte_wipe": code, "reverse": reverse}
