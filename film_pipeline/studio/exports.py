"""Export: a complete film as timelines for editing programs, with its clips and music, subtitles, a contact sheet.

Only what is there is written down; nothing is rendered or composed, and the film itself stays untouched.
"""

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from film_pipeline.editor.contact_sheet import Thumbnail, contact_sheets
from film_pipeline.editor.disk import writing
from film_pipeline.editor.exchange import FilmExchange, Media
from film_pipeline.editor.exchange_edl import edl_text
from film_pipeline.editor.exchange_fcp7 import fcp7_text
from film_pipeline.editor.exchange_otio import otio_text
from film_pipeline.editor.subtitles import srt_text, subtitles, vtt_text
from film_pipeline.errors import UnfitMediaError
from film_pipeline.ffmpeg.probe import probe
from film_pipeline.ffmpeg.program import file_argument, run_ffmpeg
from film_pipeline.letters.typeface import readable
from film_pipeline.models.digests import sha256_of
from film_pipeline.models.storyboard import Storyboard
from film_pipeline.models.take import Take
from film_pipeline.models.timeline import Timeline, TimelineClip
from film_pipeline.storage import keys
from film_pipeline.studio import Studio
from film_pipeline.studio.movies import checked_clips, made_takes, require_complete, require_soundtrack, selected_takes
from film_pipeline.studio.timelines import planned_timeline

Kind = Literal["otio", "edl", "fcp7", "srt", "vtt", "contact-sheet"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Progress = Callable[[float, str], None]

_TIMELINES: tuple[Kind, ...] = ("otio", "edl", "fcp7")
_ENDINGS: Mapping[Kind, str] = {"otio": "otio", "edl": "edl", "fcp7": "xml", "srt": "srt", "vtt": "vtt"}
_CLIPS, _SOUNDTRACK = "clips", "soundtrack.wav"
_SHOWN_LETTERS = 20


@dataclass
class Export:
    """What was written to ``folder``: files by kind (a contact sheet may have pages), clips, and notes."""

    film: str
    folder: Path
    files: dict[Kind, list[Path]] = field(default_factory=dict)
    clips: list[Path] = field(default_factory=list)
    soundtrack: Path | None = None
    notes: list[str] = field(default_factory=list)


def export(
    studio: Studio,
    film: str,
    kinds: Collection[Kind] = (),
    into: Path | None = None,
    progress: Progress = lambda share, words: None,
) -> Export:
    """Write the named kinds (none named: all) to ``into``, else to the film's own folder ``export``.

    A frame rate that an EDL or FCP7 XML cannot say is an error where that kind is named, else a note.

    Raises:
        MissingClipsError: names every scene without a clip. StaleSoundtrackError: the music is to be composed first.
        UnfitMediaError, InputError, StorageError
    """
    storyboard = studio.store.storyboard(film)
    planned = studio.plan_of(film, storyboard)
    require_complete(planned)
    wanted = [kind for kind in KINDS if kind in kinds or not kinds]
    timelines = [kind for kind in wanted if kind in _TIMELINES]
    if timelines:
        require_soundtrack(planned)
    with ExitStack() as open_files:
        takes = selected_takes(planned, made_takes(studio, planned))
        progress(0.0, "checking the clips")
        clips = checked_clips(studio, planned, takes, open_files)
        timeline = planned_timeline(storyboard, planned, clips)
        exporting = _Exporting(studio, film, storyboard, timeline, takes, _folder(studio, film, into), progress)
        if timelines:
            exporting.timelines(timelines, strict=bool(kinds))
        if "srt" in wanted or "vtt" in wanted:
            exporting.subtitles(wanted)
        if "contact-sheet" in wanted:
            exporting.contact_sheet()
    progress(1.0, "done")
    return exporting.done


class _Exporting:
    """One export under way."""

    def __init__(
        self,
        studio: Studio,
        film: str,
        storyboard: Storyboard,
        timeline: Timeline,
        takes: Mapping[str, Take],
        folder: Path,
        progress: Progress,
    ) -> None:
        self.studio, self.storyboard, self.timeline = studio, storyboard, timeline
        self.takes, self.folder, self.progress = takes, folder, progress
        self.done = Export(film, folder)
        with writing("the export", folder):
            folder.mkdir(parents=True, exist_ok=True)

    def timelines(self, kinds: Collection[Kind], *, strict: bool) -> None:
        """The wanted timelines, and what they name: clips and music."""
        media = tuple(self._media())
        exchange = FilmExchange(self.timeline, media, self._music())
        texts: dict[Kind, Callable[[], str]] = {
            "otio": lambda: otio_text(exchange),
            "edl": lambda: edl_text(exchange),
            "fcp7": lambda: fcp7_text(exchange, self.folder),
        }
        for kind in kinds:
            try:
                self._write(kind, texts[kind]())
            except UnfitMediaError as error:
                if strict:
                    raise
                self.done.notes.append(f"no {kind}: {error.what} ({error.where})")
        if "edl" in self.done.files and any(change.kind.startswith("fade") for change in self.timeline.transitions):
            self.done.notes.append(
                "the EDL shows fades through a colour as dissolves; their comments say what they are"
            )

    def subtitles(self, wanted: Collection[Kind]) -> None:
        """Subtitles, where somebody says something."""
        found = subtitles(self.storyboard, self.timeline)
        if not found.cues:
            self.done.notes.append("no subtitles: no scene of this film has a narration")
            return
        self.done.notes += found.notes
        if "srt" in wanted:
            self._write("srt", srt_text(found.cues))
        if "vtt" in wanted:
            self._write("vtt", vtt_text(found.cues))

    def contact_sheet(self) -> None:
        """One frame of each scene."""
        self.progress(0.7, "drawing the contact sheet")
        shape = self.timeline.format
        scenes = [
            Thumbnail(clip.scene, clip.take, shape.seconds(clip.frames), self._prompt(clip.scene), Path(clip.media))
            for clip in self.timeline.clips
        ]
        unknown = readable("".join(scene.prompt for scene in scenes))[1]
        if unknown:
            self.done.notes.append(f"the contact sheet has no letters for {unknown[:_SHOWN_LETTERS]}")
        self.done.files["contact-sheet"] = contact_sheets(scenes, shape.width / shape.height, self.folder)

    def _media(self) -> Iterator[Media]:
        for number, clip in enumerate(self.timeline.clips, start=1):
            self.progress(0.1 + 0.5 * number / len(self.timeline.clips), f"copying clip {number}")
            path = f"{_CLIPS}/{clip.scene}-take{clip.take}.mp4"
            copy = self.folder / path
            _copy(clip, copy)
            self.done.clips.append(copy)
            info = probe(copy)
            own = info.claimed_frames or round(clip.frames / self.timeline.format.frame_rate * info.frame_rate)
            yield Media(path, own, info.frame_rate, info.width, info.height, info.channels, self._facts(clip.scene))

    def _facts(self, scene: str) -> dict[str, str]:
        take = self.takes[scene]
        return {
            "take": str(take.number),
            "digest": take.digest,
            "seed": str(take.spec.seed),
            "renderer": take.spec.renderer,
            "workflow": take.spec.workflow,
            "models": ", ".join(take.spec.models),
            "prompt": take.spec.prompt,
        }

    def _prompt(self, scene: str) -> str:
        return self.takes[scene].spec.prompt

    def _music(self) -> str:
        """The soundtrack as PCM, since not every editing program reads FLAC; returns its name."""
        self.progress(0.6, "copying the soundtrack")
        path = self.folder / _SOUNDTRACK
        with self.studio.store.soundtrack(self.done.film) as music, _replacing(path) as part:
            arguments = ["-y", "-i", file_argument(music), "-map", "0:a:0", "-c:a", "pcm_s24le", "-rf64", "auto"]
            run_ffmpeg(
                [*arguments, "-fflags", "+bitexact", "-f", "wav", file_argument(part)], doing="copying the music"
            )
        self.done.soundtrack = path
        return _SOUNDTRACK

    def _write(self, kind: Kind, text: str) -> None:
        path = self.folder / f"{self.done.film}.{_ENDINGS[kind]}"
        with _replacing(path) as part:
            part.write_text(text, encoding="utf-8", newline="\n", errors="replace")
        self.done.files[kind] = [path]


def _folder(studio: Studio, film: str, into: Path | None) -> Path:
    if into is not None:
        return into.expanduser().absolute()
    place = studio.store.where(keys.export(film))
    # Editing programs open folders and no buckets: films in a bucket are exported to this machine.
    return studio.settings.home / "export" / film if "://" in place else Path(place)


def _copy(clip: TimelineClip, copy: Path) -> None:
    """A copy and no link: some editing programs write into media, and a take must never change."""
    if copy.is_file() and sha256_of(copy) == clip.sha256:
        return
    with _replacing(copy) as part:
        shutil.copyfile(clip.media, part)


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A name to write to, which takes the place of ``path`` when it is whole."""
    part = path.with_name(f".{path.name}.part")
    with writing("the export", path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield part
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
