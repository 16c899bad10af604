"""Which classes an image shows as a whole: what classification learns from."""

from __future__ import annotations

from dataclasses import dataclass

from medopt.errors import MedOptError


@dataclass(frozen=True)
class ClassLabel:
    """The classes of an image.

    Parameters
    ----------
    present : values of the classes that it shows, as in project.yaml; with exclusive classes exactly one
    unjudged : values of the classes that nobody judged; all others are absent

    Both are kept ascending. Raises MedOptError when a class is both.
    """

    present: tuple[int, ...]
    unjudged: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "present", tuple(sorted({int(v) for v in self.present})))
        object.__setattr__(self, "unjudged", tuple(sorted({int(v) for v in self.unjudged})))
        both = sorted(set(self.present) & set(self.unjudged))
        if both:
            raise MedOptError("a class is both present and not judged", found=", ".join(map(str, both)))

    def values(self) -> list[int]:
        """The class values that are present, ascending."""
        return list(self.present)
