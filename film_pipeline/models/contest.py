"""Contest: how the takes of one scene stand, and which of them is the best. Pure: it renders and stores nothing."""

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
