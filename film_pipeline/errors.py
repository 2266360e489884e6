"""Every error a user can meet, as one tree.

    FilmPipelineError
    ├── InputError                    what the user gave cannot be used; nothing was spent
    │   ├── ScriptError
    │   ├── StoryboardError
    │   ├── SettingsError
    │   ├── WorkflowError
    │   └── UnknownFilmError          also an unknown scene or take
    ├── ChatError                     a language or vision model gave nothing usable
    │   ├── ChatUnreachableError      (machine) no answer, or a server fault
    │   ├── ChatAccessError           key, model or quota refused
    │   ├── ChatTruncatedError        the reply was cut; its text is never used
    │   ├── ChatRefusedError          the model declined
    │   └── ChatReplyError            the reply is not what was asked for, after all repairs
    ├── MediaError                    a clip, soundtrack or movie is not what it must be
    │   ├── UnreadableMediaError      cannot be decoded whole
    │   └── UnfitMediaError           decodes, but has the wrong size, length, picture or sound
    ├── FFmpegError
    │   ├── FFmpegMissingError
    │   └── FFmpegFailedError
    ├── RenderError
    │   ├── RenderContentError        the scene itself is refused: trying again gives the same
    │   └── RenderMachineError        (machine) a server or worker failed: try again elsewhere
    ├── StorageError
    │   ├── StorageFullError
    │   ├── StorageAccessError        the server refused the key, the bucket, the region or the clock
    │   ├── StorageUnreachableError   (machine) no answer, or a server fault that outlasted the retries
    │   ├── StorageConflictError      (machine) another writer was quicker
    │   └── StorageCorruptError       what is stored is not what was written
    ├── MissingClipsError             (machine) the final cut needs clips that are not there
    ├── StaleSoundtrackError          (machine) the soundtrack is not the one that the storyboard asks for
    ├── BusyError                     another process works on this film
    └── StoppedError                  stopped by the user; finished work is kept

``is_machine_fault`` tells the two families apart: machine faults are worth a retry,
all others are told to the user at once.
"""

from typing import ClassVar


class FilmPipelineError(Exception):
    """What went wrong, where, why, and what to do about it.

    ``where`` is a file, field path, scene or address; ``why`` the cause in plain words; ``remedy`` an
    instruction the reader can follow. None of the three may hold a secret.
    """

    is_machine_fault: ClassVar[bool] = False

    def __init__(self, what: str, *, where: str = "", why: str = "", remedy: str = "") -> None:
        super().__init__(what, where, why, remedy)
        self.what = what
        self.where = where
        self.why = why
        self.remedy = remedy

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross process borders; keyword-only arguments need this to be unpickled."""
        return (_rebuild, (type(self), self.what, self.where, self.why, self.remedy))

    def __str__(self) -> str:
        text = self.what
        if self.where:
            text += f" ({self.where})"
        if self.why:
            text += f": {self.why}"
        if not text.endswith((".", "!", "?")):
            text += "."
        if self.remedy:
            text += f" {self.remedy}"
            if not text.endswith((".", "!", "?")):
                text += "."
        return text


def _rebuild(kind: type[FilmPipelineError], what: str, where: str, why: str, remedy: str) -> FilmPipelineError:
    return kind(what, where=where, why=why, remedy=remedy)


class InputError(FilmPipelineError):
    """What the user gave cannot be used; nothing was spent."""


class ScriptError(InputError):
    """The script cannot be read as text."""


class StoryboardError(InputError):
    """The storyboard breaks a rule; ``where`` names the field."""


class SettingsError(InputError):
    """A setting is missing, unknown or out of range; ``where`` names the variable."""


class WorkflowError(InputError):
    """A ComfyUI workflow file cannot be used."""


class UnknownFilmError(InputError):
    """There is no such film, scene or take."""


class ChatError(FilmPipelineError):
    """A language or vision model gave nothing usable."""


class ChatUnreachableError(ChatError):
    """No answer, a dropped connection, or a server fault that outlasted the retries."""

    is_machine_fault = True


class ChatAccessError(ChatError):
    """The endpoint refused the key, the model or the quota."""


class ChatTruncatedError(ChatError):
    """The reply was cut at the length limit; its text is never used nor sent back."""


class ChatRefusedError(ChatError):
    """The model declined to answer; ``why`` holds its words."""


class ChatReplyError(ChatError):
    """The reply is not what was asked for, after all repairs."""


class MediaError(FilmPipelineError):
    """A clip, soundtrack or movie is not what it must be."""


class UnreadableMediaError(MediaError):
    """The file cannot be decoded whole."""


class UnfitMediaError(MediaError):
    """The file decodes, but its size, length, picture or sound is not as asked."""


class FFmpegError(FilmPipelineError):
    """FFmpeg could not do its work."""


class FFmpegMissingError(FFmpegError):
    """No usable FFmpeg program was found."""


class FFmpegFailedError(FFmpegError):
    """FFmpeg ended with an error; ``why`` holds the end of what it said."""


class RenderError(FilmPipelineError):
    """A scene was not rendered."""


class RenderContentError(RenderError):
    """The scene itself is refused: trying again would give the same."""


class RenderMachineError(RenderError):
    """A server or worker failed: another try, or another server, may do."""

    is_machine_fault = True


class StorageError(FilmPipelineError):
    """Something could not be stored or read."""


class StorageFullError(StorageError):
    """There is no room for what is to be written."""


class StorageAccessError(StorageError):
    """The object storage refused us: its key, bucket, region, rights or our clock; ``remedy`` says which."""


class StorageUnreachableError(StorageError):
    """The object storage did not answer, or failed, for longer than the retries go on."""

    is_machine_fault = True


class StorageConflictError(StorageError):
    """Another writer replaced the object in between."""

    is_machine_fault = True


class StorageCorruptError(StorageError):
    """What is stored is not what was written."""


class MissingClipsError(FilmPipelineError):
    """The final cut needs clips that are not there; ``where`` names the scenes. Once they are, another try may do."""

    is_machine_fault = True


class StaleSoundtrackError(FilmPipelineError):
    """The soundtrack is not the one that the storyboard asks for. Once it is, another try may do."""

    is_machine_fault = True


class BusyError(FilmPipelineError):
    """Another process works on this film."""


class StoppedError(FilmPipelineError):
    """Stopped by the user; everything finished so far is kept."""
