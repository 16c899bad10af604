"""How a model is applied to images larger than its patch."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import Field, field_validator

from medopt.settings import Settings

Axis = Literal["k", "j", "i"]


class InferenceSettings(Settings):
    """Windows over a whole image."""

    overlap: Annotated[float, Field(ge=0, lt=1)] = 0.25
    """Share of a window that its neighbour covers again; 0.5 costs 3 to 4 times as much in 3D as 0."""
    mirror: tuple[Axis, ...] = ()
    """Average over images mirrored along these axes (test-time augmentation); each doubles the work. Only axes along
    which the training mirrored help: a network that never saw an image upside down is wrong about it."""

    @field_validator("mirror", mode="before")
    @classmethod
    def _of_version_1(cls, value: Any) -> Any:
        """Recipes and models of MedOpt 0.1 say whether all axes are mirrored."""
        return (tuple(get_args(Axis)) if value else ()) if isinstance(value, bool) else value
