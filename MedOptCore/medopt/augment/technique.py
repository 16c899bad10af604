"""What every augmentation technique is: strict settings that draw parameters, and a way to apply these."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field

from medopt.augment.arrays import Array
from medopt.settings import Settings

Parameters = dict[str, Any]
"""Drawn values of one technique under their names: numbers, texts and lists that JSON keeps to the bit."""

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Frame:
    """The patch that parameters are drawn for: ``shape`` in voxels and ``spacing`` in mm, along (k, j, i)."""

    shape: tuple[int, int, int]
    spacing: Triple

    @property
    def in_plane(self) -> bool:
        """True for patches of one slice (k = 1), which are only moved within their plane."""
        return self.shape[0] == 1

    @property
    def extent(self) -> Triple:
        """mm between the centres of the first and the last voxel along (k, j, i)."""
        k, j, i = ((n - 1) * s for n, s in zip(self.shape, self.spacing, strict=True))
        return k, j, i


@dataclass(frozen=True)
class Planes:
    """Some planes of a patch that are worked on alone: the first, along k, and how many the whole patch has."""

    first: int
    depth: int


class Technique(Settings):
    """One augmentation technique; subclasses set ``technique`` to their name.

    A new technique is one file with a subclass and one line in ``registry.py``. Drawing is separate from applying:
    ``draw`` needs numpy only, and what it returns is all that applying needs.
    """

    technique: str
    probability: float = Field(default=0.2, ge=0, le=1, description="share of the patches that get this technique")

    def draw(self, rng: np.random.Generator, frame: Frame) -> Parameters | None:
        """Parameters for one patch, or None when chance leaves the technique out."""
        if rng.random() >= self.probability:
            return None
        return self.parameters(rng, frame)

    @abstractmethod
    def parameters(self, rng: np.random.Generator, frame: Frame) -> Parameters:
        """Parameters for one patch."""


class SpatialTechnique(Technique):
    """Moves voxels. All spatial techniques of a patch are composed and the volume is then sampled once."""

    @staticmethod
    @abstractmethod
    def matrix(parameters: Parameters) -> NDArray[np.float64]:
        """4×4 matrix that moves content: from (k, j, i, 1) in mm about the patch centre to where it appears."""


class IntensityTechnique(Technique):
    """Changes values and moves nothing. The same parameters hold for all channels of a patch, each by its own
    statistics.
    """

    @staticmethod
    @abstractmethod
    def apply(
        images: Array, parameters: Sequence[Parameters], spacings: Sequence[Triple], planes: Planes | None = None
    ) -> Array:
        """The changed images; may write into ``images`` and return them.

        Parameters
        ----------
        images : (n, channel, k, j, i) float32, C-contiguous; a torch tensor or a numpy array
        parameters, spacings : one entry an image; mm along (k, j, i)
        planes : which planes of their patches the images are, or None for whole patches. Statistics then come from
            these planes; all that depends on the place in the patch is as it is in the whole
        """

    @staticmethod
    def reach(parameters: Parameters, spacing: Triple) -> int:
        """How many planes to either side, along k, a plane's new values depend on."""
        return 0


def uniform(rng: np.random.Generator, limits: tuple[float, float]) -> float:
    """A number drawn evenly from the range."""
    low, high = limits
    return low + (high - low) * float(rng.random())


def log_uniform(rng: np.random.Generator, limits: tuple[float, float]) -> float:
    """A factor drawn so that f and 1/f are equally likely."""
    return float(np.exp(uniform(rng, (np.log(limits[0]), np.log(limits[1])))))


def symmetric(rng: np.random.Generator, limits: Sequence[float]) -> list[float]:
    """One number for each limit, drawn evenly from minus to plus that limit."""
    return [float(limit * (2 * rng.random() - 1)) for limit in limits]


def ordered(value: tuple[float, float]) -> tuple[float, float]:
    """The range itself; a ValueError, which settings turn into a message, when its ends are the wrong way round."""
    if value[0] > value[1]:
        raise ValueError("the first value of a range must not be above the second")
    return value


NotNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Range = Annotated[tuple[NotNegative, NotNegative], AfterValidator(ordered)]
"""Smallest and largest value, in this order, each at least 0."""
FactorRange = Annotated[tuple[Positive, Positive], AfterValidator(ordered)]
"""Smallest and largest factor, in this order, each above 0."""
