"""Draw what happens to a patch; what was drawn can be stored as JSON and replayed to the bit."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from medopt.augment.registry import AugmentSettings, Border, ordered_techniques
from medopt.augment.technique import Frame, Parameters, Triple
from medopt.errors import MedOptError


@dataclass(frozen=True)
class Action:
    """One technique with its drawn parameters (see the technique's ``parameters`` for their names and units)."""

    technique: str
    parameters: Parameters


@dataclass(frozen=True)
class Drawn:
    """All that happens to one patch.

    Parameters
    ----------
    seed : the numbers it was drawn from
    shape : voxels of the patch along (k, j, i)
    spacing : mm along (k, j, i)
    actions : techniques in the order in which they act; empty for a plain crop
    border : what lies outside the volume
    """

    seed: tuple[int, ...]
    shape: tuple[int, int, int]
    spacing: Triple
    actions: tuple[Action, ...] = ()
    border: Border = "zeros"

    @property
    def frame(self) -> Frame:
        """Shape and spacing of the patch."""
        return Frame(self.shape, self.spacing)

    def to_json(self) -> dict[str, Any]:
        """Plain lists, numbers and texts."""
        return {
            "seed": list(self.seed),
            "shape": list(self.shape),
            "spacing": list(self.spacing),
            "actions": [{"technique": a.technique, "parameters": a.parameters} for a in self.actions],
            "border": self.border,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Drawn:
        """Read what ``to_json`` gave."""
        k, j, i = (int(n) for n in value["shape"])
        a, b, c = (float(s) for s in value["spacing"])
        actions = tuple(Action(item["technique"], item["parameters"]) for item in value["actions"])
        return cls(tuple(value["seed"]), (k, j, i), (a, b, c), actions, value["border"])


def draw(
    settings: AugmentSettings, seed: int | Sequence[int], patch_shape: Sequence[int], spacing: Sequence[float]
) -> Drawn:
    """Draw for one patch; the same arguments always give the same outcome, whatever was drawn before.

    Parameters
    ----------
    seed : one number or several, such as (seed of the recipe, step, sample), each at least 0
    patch_shape : voxels along (k, j, i); patches with k = 1 are moved within their plane only
    spacing : mm along (k, j, i)

    Each technique has its own stream of random numbers: to change or remove one leaves the others as they were.
    Raises MedOptError for a seed below 0, an empty patch and a spacing that is not above 0.
    """
    numbers = (int(seed),) if isinstance(seed, (int, np.integer)) else tuple(int(s) for s in seed)
    if not numbers or min(numbers) < 0:
        raise MedOptError("wrong seed", expected="whole numbers of at least 0", found=str(seed))
    k, j, i = (int(n) for n in patch_shape)
    a, b, c = (float(s) for s in spacing)
    if min(k, j, i) < 1:
        raise MedOptError("wrong patch shape", expected="at least 1 voxel along each axis", found=f"{(k, j, i)}")
    if not all(0 < s < np.inf for s in (a, b, c)):
        raise MedOptError("wrong spacing", expected="millimetres above 0 along each axis", found=f"{(a, b, c)}")
    frame = Frame((k, j, i), (a, b, c))
    actions = []
    for technique in ordered_techniques(settings.techniques):
        stream = np.random.default_rng(np.random.SeedSequence((*numbers, zlib.crc32(technique.technique.encode()))))
        parameters = technique.draw(stream, frame)
        if parameters is not None:
            actions.append(Action(technique.technique, parameters))
    return Drawn(numbers, frame.shape, frame.spacing, tuple(actions), settings.border)
