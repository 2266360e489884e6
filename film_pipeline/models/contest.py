"""Contest: how the takes of one scene stand, which is the best, and why. Pure: it renders and stores nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from film_pipeline.models.rating import Rating
from film_pipeline.models.take import Refusal, Take


@dataclass(frozen=True)
class Standing:
    """The takes made for what a scene asks for now; ``left`` are still to be rendered, ``best`` leads so far."""

    takes: tuple[Take, ...]
    refused: tuple[Refusal, ...]
    left: int
    best: Take | None

    @property
    def numbers(self) -> set[int]:
        return {take.number for take in self.takes} | {refusal.number for refusal in self.refused}

    @property
    def among(self) -> int:
        """How many takes there were to choose from, refused ones included."""
        return len(self.takes) + len(self.refused)


def standing(
    takes: Sequence[Take], refusals: Sequence[Refusal], clips: Mapping[str, int], basis: str, wanted: int
) -> Standing:
    """How the takes for ``basis`` stand where ``wanted`` are asked for; where all were refused, they begin anew."""
    fitting = tuple(take for take in takes if take.basis == basis and clips.get(take.digest) == take.bytes)
    refused = tuple(refusal for refusal in refusals if refusal.basis == basis)
    if not fitting and len(refused) >= wanted:
        refused = ()
    left = max(0, wanted - len(fitting) - len(refused))
    return Standing(fitting, refused, left, best_of(fitting))


def best_of(takes: Sequence[Take]) -> Take | None:
    """The take with the best rating, the earlier one where two are equal; the latest where not all are rated."""
    ratings = [take.rating for take in takes if take.rating]
    if len(ratings) < len(takes):
        return takes[-1]
    compared = comparable(ratings)
    best = max(zip(compared, takes, strict=True), key=lambda pair: pair[0], default=None)
    return best[1] if best else None


def comparable(ratings: Sequence[Rating]) -> list[float]:
    """A number for each rating: its total where one judge gave them all, else what was measured in the picture."""
    if len({rating.judge for rating in ratings}) == 1:
        return [rating.total for rating in ratings]
    return [rating.measured for rating in ratings]


@dataclass(frozen=True)
class Contest:
    """The takes of a scene, rated, the refused ones, and the ``chosen`` one, which a person may have chosen."""

    chosen: Take
    takes: tuple[Take, ...]
    refused: tuple[Refusal, ...]
    by_person: bool = False

    @property
    def among(self) -> int:
        """How many takes there were to choose from, refused ones included."""
        return len(self.takes) + len(self.refused)

    @property
    def why(self) -> str:
        """Why this take is in the film, in words: ``Take 2 won among 3 takes with 0.83; take 1 has 0.61 (...)``."""
        totals, number = self.totals, f"Take {self.chosen.number}"
        best = best_of(self.takes) if totals else None
        if self.by_person:
            first = f"{number} was chosen by a person among {self.among} takes"
            first += f"; the judge's best is take {best.number}" if best and best.digest != self.chosen.digest else ""
        elif totals:
            first = f"{number} won among {self.among} takes with {totals[self.chosen.digest]:.2f}"
        else:
            first = f"{number} is the latest of {self.among}: no judge rated them"
        others = [self._beside(take) for take in self.takes if take.digest != self.chosen.digest and totals]
        refused = [f"take {refusal.number} was refused ({refusal.why})" for refusal in self.refused]
        said = self.chosen.rating.words if self.chosen.rating else ""
        return "; ".join([first, *others, *refused]) + "." + (f" {said}" if said else "")

    @property
    def totals(self) -> dict[str, float]:
        """What the takes are compared by, by digest; empty where not all are rated."""
        ratings = [take.rating for take in self.takes if take.rating]
        if len(ratings) < len(self.takes):
            return {}
        return {take.digest: total for take, total in zip(self.takes, comparable(ratings), strict=True)}

    @property
    def ratings(self) -> dict[int, float]:
        """The judge's total of each rated take, by its number."""
        return {take.number: take.rating.total for take in self.takes if take.rating}

    @property
    def notes(self) -> tuple[str, ...]:
        """Faults for the report: refused takes, and where the wished judge could not be asked."""
        refused = [f"take {refusal.number} was refused: {refusal.why}" for refusal in self.refused]
        judged = [f"take {take.number}: {note}" for take in self.takes if take.rating for note in take.rating.notes]
        return (*refused, *judged)

    def _beside(self, take: Take) -> str:
        """Another take, and the mark in which it is furthest from the chosen one, on the side of its total."""
        totals, mine, theirs = self.totals, self.chosen.rating, take.rating
        assert mine is not None
        assert theirs is not None
        worse = totals[take.digest] <= totals[self.chosen.digest]
        gaps = {name: mine.marks[name] - mark for name, mark in theirs.marks.items() if name in mine.marks}
        name = max(gaps, key=lambda name: gaps[name] if worse else -gaps[name], default="")
        told = f" ({name} {theirs.marks[name]:.2f} against {mine.marks[name]:.2f})" if name else ""
        return f"take {take.number} has {totals[take.digest]:.2f}{told}"
