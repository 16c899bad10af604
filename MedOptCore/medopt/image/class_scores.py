"""How sure a model is of each class of an image."""

from __future__ import annotations

from dataclasses import dataclass

from medopt.errors import MedOptError
from medopt.image.class_label import ClassLabel


@dataclass(frozen=True)
class ClassScores:
    """A model's answer to which classes an image shows.

    Parameters
    ----------
    values : the classes' values, as in project.yaml
    probabilities : of each, 0 to 1; they sum to 1 when ``exclusive``
    exclusive : whether an image shows exactly one class

    Raises MedOptError when there are not as many of each.
    """

    values: tuple[int, ...]
    probabilities: tuple[float, ...]
    exclusive: bool = True

    def __post_init__(self) -> None:
        if len(self.values) != len(self.probabilities) or not self.values:
            raise MedOptError(
                "scores and classes do not fit",
                expected=f"one probability for each of {len(self.values)} classes",
                found=str(len(self.probabilities)),
            )

    def label(self, threshold: float = 0.5) -> ClassLabel:
        """The most probable class when they are exclusive, the lower value on a tie; else all at or above
        ``threshold``.
        """
        if self.exclusive:
            best = max(range(len(self.values)), key=lambda n: (self.probabilities[n], -self.values[n]))
            return ClassLabel((self.values[best],))
        return ClassLabel(tuple(v for v, p in zip(self.values, self.probabilities, strict=True) if p >= threshold))
