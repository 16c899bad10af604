"""What the adviser says: a recipe, a reason for every value, and what to be careful about. Needs no torch to load."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from medopt.errors import MedOptError
from medopt.training.advice.rules import RULES

if TYPE_CHECKING:
    from medopt.training.recipe import Recipe

Figure = float | int | str
FORMAT = 1
"""Version of what ``to_json`` gives."""


@dataclasses.dataclass(frozen=True)
class Reason:
    """Why a value of the recipe is what it is.

    Parameters
    ----------
    field : dotted name within the recipe, items of lists counted from 0; it speaks for all fields below it for which
        there is no reason of their own. ``folds`` stands beside the recipe: k of a cross-validation
    value : the value, as plain data
    why : one sentence
    figures : the numbers behind it by name, units in the name
    rule : which rule of ``medopt.training.advice.rules`` gave it
    """

    field: str
    value: Any
    why: str
    figures: Mapping[str, Figure] = dataclasses.field(default_factory=dict)
    rule: str = "default"

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise ValueError(f"unknown rule {self.rule!r}")

    @property
    def source(self) -> str:
        """Where the rule comes from."""
        return RULES[self.rule].source


@dataclasses.dataclass(frozen=True)
class Caution:
    """Something about the data that no recipe mends.

    Parameters
    ----------
    text : one or two sentences: what it is and what to do
    figures : the numbers behind it by name
    rule : which rule told it
    """

    text: str
    figures: Mapping[str, Figure] = dataclasses.field(default_factory=dict)
    rule: str = "default"

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise ValueError(f"unknown rule {self.rule!r}")


@dataclasses.dataclass(frozen=True)
class Advice:
    """A whole recipe with its reasons.

    Parameters
    ----------
    values : the recipe as plain data, as in its YAML file
    reasons : one or more for every field, in the order of the recipe, then ``folds``
    cautions : what to be careful about, the worst first
    about : what was looked at, in one sentence
    """

    values: Mapping[str, Any]
    reasons: tuple[Reason, ...]
    cautions: tuple[Caution, ...] = ()
    about: str = ""

    @property
    def recipe(self) -> Recipe:
        """The recipe, checked; loads torch, which a panel's process must not."""
        from medopt.training.recipe import Recipe

        return Recipe.parse(dict(self.values), "the advice")

    def reason(self, name: str) -> Reason | None:
        """The reason that speaks for a field of the recipe: its own, else that of the nearest field around it."""
        parts = name.split(".")
        for count in range(len(parts), 0, -1):
            around = ".".join(parts[:count])
            for reason in self.reasons:
                if reason.field == around:
                    return reason
        return None

    def to_json(self) -> dict[str, Any]:
        """Plain values that JSON can hold; each reason and caution with the source of its rule."""
        return {
            "format": FORMAT,
            "about": self.about,
            "recipe": dict(self.values),
            "reasons": [{**dataclasses.asdict(one), "source": one.source} for one in self.reasons],
            "cautions": [{**dataclasses.asdict(one), "source": RULES[one.rule].source} for one in self.cautions],
        }

    @classmethod
    def from_json(cls, value: Any) -> Advice:
        """Read what ``to_json`` gave; MedOptError for anything else."""
        try:
            if value["format"] != FORMAT:
                raise ValueError(f"format {value['format']}")
            reasons = tuple(Reason(**_without_source(one)) for one in value["reasons"])
            cautions = tuple(Caution(**_without_source(one)) for one in value["cautions"])
            return cls(dict(value["recipe"]), reasons, cautions, str(value["about"]))
        except (KeyError, TypeError, ValueError) as error:
            raise MedOptError(
                "this is no advice of this MedOpt",
                expected="what `medopt advise --json` gives",
                found=str(error),
                remedy="Ask for advice again",
            ) from error


def _without_source(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key != "source"}
