"""What a strategy looks at and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from medopt.errors import MedOptError
from medopt.labelling.embeddings import Embeddings


@dataclass(frozen=True)
class Entropy:
    """How unsure a proposal is, summed up over voxels, boxes or the whole image, and over how much of it.

    Parameters
    ----------
    total : sum of the normalised entropy (0 to 1 each), weighted by the probability of the class where it is of one
    mass : sum of that probability: about the number of voxels or boxes that show the class, or anything
    """

    total: float
    mass: float

    def mean(self, damping: float = 0.0) -> float:
        """Entropy per voxel, box or image; ``damping`` is mass that is added without any, so that a trace of a class
        does not count as a whole one. 0 without mass."""
        return self.total / (self.mass + damping) if self.mass + damping > 0 else 0.0


@dataclass(frozen=True)
class Doubt:
    """What a proposal says of how much there is to learn from its case.

    Parameters
    ----------
    shown : values of the classes that it marks
    overall : over all classes
    by_class : class value → of that class; only classes that have any
    """

    shown: frozenset[int]
    overall: Entropy
    by_class: Mapping[int, Entropy] = field(default_factory=dict)


@dataclass(frozen=True)
class Candidate:
    """A case that may be labelled next.

    ``confidence`` is the model's, 0 to 1; it and ``doubt`` are None for a case without a proposal.
    """

    case_id: str
    subject: str = ""
    confidence: float | None = None
    doubt: Doubt | None = None


@dataclass(frozen=True)
class Context:
    """What is the same for all candidates.

    Parameters
    ----------
    classes : (value, name) in the project's order
    labelled : cases that have a label
    round : the newest of the proposals, counted from 1; None when they are of no round or there are none
    embeddings : of candidates and labelled cases, as far as they are known; None when nobody asked for them
    seed : of every draw; the same seed and cases give the same ranking, in any order of the candidates
    """

    classes: tuple[tuple[int, str], ...] = ()
    labelled: tuple[str, ...] = ()
    round: int | None = None
    embeddings: Embeddings | None = None
    seed: int = 1

    def name_of(self, value: int) -> str:
        """The name of a class."""
        for one, name in self.classes:
            if one == value:
                return name
        raise MedOptError("unknown class", expected=", ".join(str(v) for v, _ in self.classes), found=str(value))


@dataclass(frozen=True)
class Choice:
    """A case and, in words, why it stands where it does in the ranking."""

    case_id: str
    reason: str


@dataclass(frozen=True)
class Strategy:
    """A way to order cases.

    ``rank`` gives every candidate once, the one to label first in front. Ranking anew after a label was made goes on
    where the last ranking stood. ``needs_embeddings`` tells whether the context should have them.
    """

    name: str
    title: str
    rank: Callable[[Sequence[Candidate], Context], list[Choice]]
    needs_embeddings: bool = False
