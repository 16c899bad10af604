"""What every preprocessing step is: strict settings that know how to change a volume."""

from __future__ import annotations

from abc import abstractmethod

from pydantic import Field

from medopt.errors import MedOptError
from medopt.image import Geometry
from medopt.preprocess.source import Mapped, Rule, Source
from medopt.settings import Settings


class Step(Settings):
    """One step of a recipe; subclasses set ``step`` to their name and write ``apply``.

    A new step is one file with a subclass and one line in ``registry.py``.
    """

    step: str

    @abstractmethod
    def apply(self, source: Source) -> Source:
        """The volume after this step, worked out when its slabs are asked for.

        The outcome carries its own grid, from which the way back is worked out.
        """

    @property
    def costly(self) -> bool:
        """Whether a slab's outcome is dearer to work out twice than to keep."""
        return False


class IntensityStep(Step):
    """A step that changes values and leaves the grid; it works on each channel by itself.

    Raises MedOptError when ``channels`` names a channel that the image does not have.
    """

    channels: tuple[int, ...] | None = Field(
        default=None, description="channels that this step changes, counted from 0; all when left out"
    )

    @abstractmethod
    def rule(self, source: Source, channel: int) -> Rule:
        """How the slabs of a channel are changed. ``source`` is the volume before this step: what the step has to
        know of the whole channel it finds out here, slab by slab.
        """

    def reach(self, grid: Geometry) -> int:
        """Slices on either side of a slab that its outcome depends on."""
        return 0

    @property
    def looks_at_all(self) -> bool:
        """Whether ``rule`` reads the whole channel."""
        return False

    @property
    def pointwise(self) -> bool:
        """Whether each new value depends on the old one, and on what ``rule`` found out, alone."""
        return False

    @property
    def keeps_scale(self) -> bool:
        """Whether values keep their unit, so that the display windows of the header still fit."""
        return False

    def outcome(self, source: Source) -> tuple[int, int] | None:
        """(lowest, highest) when every changed value is a whole number within these limits, else None."""
        return None

    def apply(self, source: Source) -> Source:
        """The volume with the chosen channels changed."""
        chosen = set(range(source.channels) if self.channels is None else self.channels)
        missing = sorted(c for c in chosen if not 0 <= c < source.channels)
        if missing:
            raise MedOptError(
                f"the step '{self.step}' names a channel that the image does not have",
                expected=f"channels from 0 to {source.channels - 1}",
                found=", ".join(map(str, missing)),
                remedy="Correct 'channels' in the recipe",
            )
        upstream = source.settled() if self.looks_at_all else source
        whole = self.outcome(source)
        if whole is not None and len(chosen) < source.channels:
            whole = None if source.whole is None else (min(whole[0], source.whole[0]), max(whole[1], source.whole[1]))
        return Mapped(
            upstream,
            lambda channel: self.rule(upstream, channel) if channel in chosen else None,
            reach=self.reach(source.geometry),
            pointwise=self.pointwise,
            whole=whole,
            costly=self.costly,
            windows=source.windows if self.keeps_scale else (),
        )
