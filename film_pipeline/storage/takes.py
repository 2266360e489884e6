"""The takes of a film's scenes and its cut: what was rendered, and which take is selected."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from film_pipeline.models.take import Cut, Refusal, Selection, Take
from film_pipeline.storage import keys
from film_pipeline.storage.leases import leased
from film_pipeline.storage.records import Model, Records


class TakeStore(Records):
    """Takes are immutable and lie under their digest; ``cut.json`` is the only pointer to them."""

    def clips(self, film: str) -> dict[str, int]:
        """The digest of every clip that is there, with its size in bytes."""
        found = {}
        for key, stat in self.objects.stats(keys.takes(film)):
            stem, _, ending = key.rsplit("/", 1)[-1].partition(".")
            if ending == "mp4":
                found[stem] = stat.bytes
        return found

    def takes(self, film: str, scene: str) -> list[Take]:
        """The finished takes of a scene by number. A record without its clip, or a clip of another size, is no take."""
        found, present = [], dict(self.objects.stats(keys.takes(film, scene)))
        for key in present:
            if key.endswith(".json") and not key.endswith(keys.REFUSED):
                take = self._model(key, Take)
                clip = present.get(keys.clip(film, scene, take.digest)) if take else None
                if take and clip and clip.bytes == take.bytes:
                    found.append(take)
        return sorted(found, key=lambda take: (take.number, take.created))

    def all_takes(self, film: str) -> Mapping[str, list[Take]]:
        """Takes by scene, read only for the scenes that are asked for."""
        return _ByScene(self, film, self.takes)

    def refusals(self, film: str, scene: str) -> list[Refusal]:
        """The takes of a scene that the quality gate refused, by number."""
        keys_there = [key for key in self.objects.keys(keys.takes(film, scene)) if key.endswith(keys.REFUSED)]
        found = [refusal for key in keys_there if (refusal := self._model(key, Refusal))]
        return sorted(found, key=lambda refusal: (refusal.number, refusal.created))

    def all_refusals(self, film: str) -> Mapping[str, list[Refusal]]:
        """Refused takes by scene, read only for the scenes that are asked for."""
        return _ByScene(self, film, self.refusals)

    def write_refusal(self, film: str, refusal: Refusal) -> None:
        self._write(keys.refusal(film, refusal.scene, refusal.digest), refusal)

    def forget_refusals(self, film: str, scene: str, basis: str) -> None:
        """Let a scene all of whose takes were refused begin anew."""
        for refusal in self.refusals(film, scene):
            if refusal.basis == basis:
                self.objects.delete(keys.refusal(film, scene, refusal.digest))

    def write_rating(self, film: str, take: Take) -> None:
        """Renew the record of a stored take, which got its rating; its clip stays as it is."""
        self._write(keys.take(film, take.scene, take.digest), take)

    def publish_take(self, film: str, take: Take, clip: Path) -> None:
        """Store a clip under its digest. The record goes first: a clip that is there always has one."""
        self._write(keys.take(film, take.scene, take.digest), take)
        self.objects.publish(keys.clip(film, take.scene, take.digest), clip, take.sha256)

    @contextmanager
    def clip(self, film: str, take: Take) -> Iterator[Path]:
        """A local file with the clip of a take, to be read only."""
        with self.objects.fetched(keys.clip(film, take.scene, take.digest)) as path:
            yield path

    def rendering(
        self, film: str, scene: str, request: str, waiting: Callable[[], None]
    ) -> AbstractContextManager[None]:
        """Be the only one who renders takes of a scene, on whatever machine; calls ``waiting`` while another is."""
        return leased(self.objects, keys.lease(film, scene), request, waiting)

    def set_clip_aside(self, film: str, take: Take) -> None:
        """Remove a damaged clip, so that every plan sees it as missing."""
        self.objects.delete(keys.clip(film, take.scene, take.digest))

    def cut(self, film: str) -> Cut:
        """Which takes are selected; an empty cut where there is none yet."""
        return self._model(keys.cut(keys.checked_film(film)), Cut) or Cut()

    def select(self, film: str, scene: str, selection: Selection) -> None:
        """Put a take into the cut; a person's choice for the same wish is replaced only by a person's later one."""

        def change(cut: Cut) -> Cut:
            present = cut.scenes.get(scene)
            kept = present and present.holds_against(selection) and self._is_there(film, scene, present)
            return cut if kept else cut.selecting(scene, selection)

        self._update_cut(film, change)

    def _is_there(self, film: str, scene: str, present: Selection) -> bool:
        stat = self.objects.stat(keys.clip(film, scene, present.digest))
        return stat is not None and stat.bytes == present.bytes

    def deselect(self, film: str, scenes: set[str]) -> None:
        """Take scenes that left the storyboard out of the cut; their takes stay."""
        self._update_cut(film, lambda cut: cut.without(scenes))

    def _update_cut(self, film: str, change: Callable[[Cut], Cut]) -> None:
        self._change(keys.cut(keys.checked_film(film)), Cut, change, absent=Cut())


class _ByScene(Mapping[str, list[Model]]):
    """What ``read`` finds for each scene of a film, read when it is asked for."""

    def __init__(self, store: TakeStore, film: str, read: Callable[[str, str], list[Model]]) -> None:
        self._store, self._film, self._read = store, film, read

    def __getitem__(self, scene: str) -> list[Model]:
        return self._read(self._film, scene)

    def __iter__(self) -> Iterator[str]:
        return iter(self._store.objects.folders(keys.takes(self._film)))

    def __len__(self) -> int:
        return sum(1 for _ in self)
