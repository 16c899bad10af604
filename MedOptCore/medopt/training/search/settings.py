"""What a search may change, and how it goes about it."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from medopt.settings import Settings

Value = float | int | str | bool | None | list[Any]
"""What a field of a recipe may be set to."""


class Dimension(Settings):
    """One field of the recipe and the values that it may take.

    ``log`` draws between ``low`` and ``high`` evenly in the logarithm, ``linear`` evenly, ``whole`` evenly among whole
    numbers, ends included, and ``choice`` among ``choices``.
    """

    field: Annotated[str, Field(min_length=1)]
    """Its path in the recipe, as in training.learning_rate."""
    kind: Literal["log", "linear", "whole", "choice"]
    low: float | None = None
    high: float | None = None
    choices: tuple[Value, ...] = ()

    @model_validator(mode="after")
    def _has_a_range(self) -> Dimension:
        if self.kind == "choice":
            if len(self.choices) < 1 or self.low is not None or self.high is not None:
                raise ValueError(f"{self.field}: a choice needs choices, and neither low nor high")
            if len({repr(one) for one in self.choices}) < len(self.choices):
                raise ValueError(f"{self.field}: a choice stands there twice")
            return self
        if self.low is None or self.high is None or self.choices:
            raise ValueError(f"{self.field}: give low and high, and no choices")
        if not self.low <= self.high or (self.kind == "log" and self.low <= 0):
            expected = "0 < low <= high" if self.kind == "log" else "low <= high"
            raise ValueError(f"{self.field}: expected {expected}, found {self.low:g} and {self.high:g}")
        if self.kind == "whole" and not (self.low.is_integer() and self.high.is_integer()):
            raise ValueError(f"{self.field}: whole numbers need whole ends")
        return self

    def holds(self, value: Value) -> bool:
        """Whether the value lies within."""
        if self.kind == "choice":
            return any(repr(one) == repr(value) for one in self.choices)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        slack = 1e-9 * max(abs(self.low or 0), abs(self.high or 0))
        return (self.low or 0) - slack <= value <= (self.high or 0) + slack

    def place(self, value: float) -> float:
        """Where the value is on the axis along which is drawn: its logarithm for ``log``."""
        return math.log(value) if self.kind == "log" else float(value)

    def __str__(self) -> str:
        if self.kind == "choice":
            return ", ".join(map(str, self.choices))
        return f"{self.low:.3g} to {self.high:.3g}"


class SearchSettings(Settings):
    """How a search goes about it.

    It runs in rounds. The first tries many settings for a short time; each later one gives ``reduction`` times the time
    to as many times fewer, within ranges that shrank around the best (successive halving, Jamieson & Talwalkar,
    AISTATS 2016, with narrowed ranges). Within a round settings are drawn by the tree-structured Parzen estimator
    (Bergstra et al., NeurIPS 2011), and a trial that falls behind the others at the same point is ended early (ASHA,
    Li et al., MLSys 2020).
    """

    dimensions: Annotated[tuple[Dimension, ...], Field(min_length=1)]
    trials: Annotated[int, Field(ge=1, le=10_000)] = 27
    """In all rounds together."""
    rounds: Annotated[int, Field(ge=1, le=6)] = 3
    reduction: Annotated[int, Field(ge=2, le=10)] = 3
    """From one round to the next: so many times fewer trials, each so many times longer."""
    promoted: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share of a later round's trials that are the best of the round before, trained longer; at least one."""
    quantile: Annotated[float, Field(gt=0, le=1)] = 0.3
    """Ranges shrink around this best share of a round's trials."""
    margin: Annotated[float, Field(ge=0, le=1)] = 0.25
    """Share of the old range that is kept on either side of the best trials."""
    keep: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of trials that go on at each point of comparison; 1 ends none early."""
    folds: Annotated[int, Field(ge=1, le=20)] = 1
    """On how many validation folds a trial is judged: 1 is the split's own validation part."""
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1

    @field_validator("dimensions")
    @classmethod
    def _fields_are_distinct(cls, dimensions: tuple[Dimension, ...]) -> tuple[Dimension, ...]:
        names = [one.field for one in dimensions]
        if len(set(names)) < len(names):
            raise ValueError("each field needs one dimension")
        return dimensions
