"""Writes a film as Final Cut Pro 7 XML (xmeml 5), which Premiere, Resolve and others read.

Own code: the OTIO adapter writes no wipes, no fades through a colour and no frame size of the sequence, and tests
XML elements in a way that newer Pythons warn of. In this format a clip beside a transition has no time of its own (-1):
the transition says it, and the clip's in and out points include the overlap.
"""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

from film_pipeline.editor.exchange import WIPES, FilmExchange, Media, Segment, timebase
from film_pipeline.errors import UnfitMediaError
from film_pipeline.models.timeline import TimelineTransition

_SAMPLE_RATE = 48_000
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def fcp7_text(film: FilmExchange, folder: Path) -> str:
    """The text of the ``.xml`` file; media are named by their absolute place below ``folder``.

    Raises:
        UnfitMediaError: the format cannot say the film's frame rate.
    """
    root = ET.Element("xmeml", version="5")
    root.append(_Writer(film, folder).sequence())
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n' + ET.tostring(root, encoding="unicode") + "\n"


class _Writer:
    def __init__(self, film: FilmExchange, folder: Path) -> None:
        self.film, self.folder = film, folder
        self.base = timebase(film.rate, "FCP7 XML")
        self.described: set[str] = set()

    def sequence(self) -> ET.Element:
        sequence = ET.Element("sequence", id="film")
        _add(sequence, "name", self.film.timeline.title)
        _add(sequence, "duration", self.film.timeline.frames)
        sequence.append(self._rate())
        timecode = _add(sequence, "timecode")
        timecode.append(self._rate())
        for name, value in (("string", "00:00:00:00"), ("frame", 0), ("displayformat", "NDF")):
            _add(timecode, name, value)
        media = _add(sequence, "media")
        media.append(self._video())
        media.append(self._audio())
        return sequence

    def _video(self) -> ET.Element:
        video = ET.Element("video")
        shape = self.film.timeline.format
        about = _add(_add(video, "format"), "samplecharacteristics")
        about.append(self._rate())
        _picture_size(about, shape.width, shape.height)
        track = _add(video, "track")
        for segment in self.film.segments():
            if segment.entering:
                track.append(self._transition(segment.entering, segment.start, opening=segment.first))
            track.append(self._clip(segment))
        closing = self.film.timeline.closing
        if closing:
            track.append(self._transition(closing, self.film.timeline.frames - closing.frames, closing=True))
        return video

    def _clip(self, segment: Segment) -> ET.Element:
        clip = self._item(f"clip-{segment.scene}", segment.title, self._film_frames(segment.media))
        entering, leaving = segment.entering, segment.leaving
        _times(
            clip,
            start=-1 if entering else segment.start,
            end=-1 if leaving else segment.start + segment.frames,
            source=(0, segment.frames),
        )
        clip.append(self._file(segment.media))
        marker = _add(clip, "marker")
        for name, value in (("name", segment.title), ("in", 0), ("out", -1)):
            _add(marker, name, value)
        _add(marker, "comment", segment.media.facts.get("prompt", ""))
        logging = _add(clip, "logginginfo")
        _add(logging, "scene", segment.scene)
        _add(logging, "shottake", segment.take)
        _add(logging, "description", segment.media.facts.get("prompt", ""))
        _add(logging, "lognote", _facts(segment.media))
        return clip

    def _film_frames(self, medium: Media) -> int:
        """The length of a file in frames of the film."""
        return round(medium.frames / medium.frame_rate * self.film.rate)

    def _audio(self) -> ET.Element:
        """The clips' sound from cut point to cut point on tracks 1 and 2, the music on the next two."""
        audio = ET.Element("audio")
        about = _add(_add(audio, "format"), "samplecharacteristics")
        _add(about, "depth", 16)
        _add(about, "samplerate", _SAMPLE_RATE)
        heard = [segment for segment in self.film.segments() if segment.media.channels]
        for channel in (1, 2):
            if any(segment.media.channels >= channel for segment in heard):
                track = _add(audio, "track")
                for segment in heard:
                    if segment.media.channels >= channel:
                        track.append(self._sound(segment, channel))
        if self.film.soundtrack:
            for channel in (1, 2):
                _add(audio, "track").append(self._music(self.film.soundtrack, channel))
        return audio

    def _sound(self, segment: Segment, channel: int) -> ET.Element:
        name = f"sound-{segment.scene}-{channel}"
        item = self._item(name, segment.title, self._film_frames(segment.media))
        source = (segment.source_in, segment.source_out)
        _times(item, start=segment.record_in, end=segment.record_out, source=source)
        item.append(self._file(segment.media))
        item.append(_source_track(channel))
        return item

    def _music(self, path: str, channel: int) -> ET.Element:
        frames = self.film.timeline.frames
        item = self._item(f"music-{channel}", "Soundtrack", frames)
        _times(item, start=0, end=frames, source=(0, frames))
        file = _add(item, "file", id="file-soundtrack")
        if "soundtrack" not in self.described:
            self.described.add("soundtrack")
            self._describe_file(file, path, frames, self._rate())
            self._describe_sound(_add(file, "media"), 2)
        item.append(_source_track(channel))
        return item

    def _item(self, name: str, title: str, frames: int) -> ET.Element:
        item = ET.Element("clipitem", id=name)
        _add(item, "name", title)
        _add(item, "enabled", "TRUE")
        _add(item, "duration", frames)
        item.append(self._rate())
        return item

    def _file(self, medium: Media) -> ET.Element:
        """A file is described once, and named by its id from then on."""
        file = ET.Element("file", id=f"file-{medium.name}")
        if medium.path in self.described:
            return file
        self.described.add(medium.path)
        base = self._own_base(medium)
        frames = medium.frames if base else self._film_frames(medium)
        self._describe_file(file, medium.path, frames, _rate(base or self.base))
        media = _add(file, "media")
        about = _add(_add(media, "video"), "samplecharacteristics")
        about.append(_rate(base or self.base))
        _picture_size(about, medium.width, medium.height)
        if medium.channels:
            self._describe_sound(media, medium.channels)
        return file

    def _describe_file(self, file: ET.Element, path: str, frames: int, rate: ET.Element) -> None:
        place = self.folder.absolute() / path
        _add(file, "name", place.name)
        _add(file, "pathurl", place.as_uri().replace("file:///", "file://localhost/", 1))
        file.append(rate)
        _add(file, "duration", frames)

    def _describe_sound(self, media: ET.Element, channels: int) -> None:
        audio = _add(media, "audio")
        about = _add(audio, "samplecharacteristics")
        _add(about, "depth", 16)
        _add(about, "samplerate", _SAMPLE_RATE)
        _add(audio, "channelcount", channels)

    def _transition(
        self, transition: TimelineTransition, start: int, *, opening: bool = False, closing: bool = False
    ) -> ET.Element:
        item = ET.Element("transitionitem")
        _add(item, "start", start)
        _add(item, "end", start + transition.frames)
        _add(item, "alignment", "start-black" if opening else "end-black" if closing else "center")
        item.append(self._rate())
        item.append(_effect(transition, at_the_edge=opening or closing))
        return item

    def _rate(self) -> ET.Element:
        return _rate(self.base)

    def _own_base(self, medium: Media) -> tuple[int, bool] | None:
        """The rate of a file, or None where the format has no words for it: then the film's stands for it."""
        try:
            return timebase(medium.frame_rate, "FCP7 XML")
        except UnfitMediaError:
            return None


def _rate(base: tuple[int, bool]) -> ET.Element:
    rate = ET.Element("rate")
    _add(rate, "timebase", base[0])
    _add(rate, "ntsc", "TRUE" if base[1] else "FALSE")
    return rate


def _effect(transition: TimelineTransition, *, at_the_edge: bool) -> ET.Element:
    effect = ET.Element("effect")
    name, category = "Cross Dissolve", "Dissolve"
    code, reverse = WIPES.get(transition.kind, (0, False))
    if code:
        name, category = "Edge Wipe", "Wipe"
    elif transition.kind == "fade_white" or (transition.kind == "fade" and not at_the_edge):
        name = "Dip to Color Dissolve"
    fields = {"name": name, "effectid": name, "effectcategory": category, "effecttype": "transition"}
    ratios = {"wipecode": code, "wipeaccuracy": 100, "startratio": 0, "endratio": 1}
    for field, text in {**fields, "mediatype": "video"}.items():
        _add(effect, field, text)
    for field, number in ratios.items():
        _add(effect, field, number)
    _add(effect, "reverse", "TRUE" if reverse else "FALSE")
    if name.startswith("Dip"):
        effect.append(_colour(255 if transition.kind == "fade_white" else 0))
    return effect


def _colour(level: int) -> ET.Element:
    parameter = ET.Element("parameter")
    _add(parameter, "parameterid", "color")
    _add(parameter, "name", "Color")
    value = _add(parameter, "value")
    for part, amount in (("alpha", 255), ("red", level), ("green", level), ("blue", level)):
        _add(value, part, amount)
    return parameter


def _times(item: ET.Element, *, start: int, end: int, source: tuple[int, int]) -> None:
    for name, frame in (("start", start), ("end", end), ("in", source[0]), ("out", source[1])):
        _add(item, name, frame)


def _picture_size(about: ET.Element, width: int, height: int) -> None:
    _add(about, "width", width)
    _add(about, "height", height)
    for name, value in (("anamorphic", "FALSE"), ("pixelaspectratio", "square"), ("fielddominance", "none")):
        _add(about, name, value)


def _source_track(channel: int) -> ET.Element:
    track = ET.Element("sourcetrack")
    _add(track, "mediatype", "audio")
    _add(track, "trackindex", channel)
    return track


def _facts(medium: Media) -> str:
    return ", ".join(f"{name}: {value}" for name, value in medium.facts.items() if name != "prompt")


def _add(parent: ET.Element, name: str, text: str | int | None = None, **attributes: str) -> ET.Element:
    """A new child; text keeps only the characters that XML can hold."""
    child = ET.SubElement(parent, name, attributes)
    if text is not None:
        child.text = _NO_XML.sub("", str(text))
    return child
