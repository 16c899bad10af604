"""Which networks may be proposed, the largest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from medopt.networks import AnyNetwork, ResidualUNet, UNet
from medopt.networks.unet_family import UNetFamily
from medopt.training.advice.patch import Triple
from medopt.training.advice.records import Figure

WIDTHS = {
    "M": (32, 64, 128, 256, 320, 320),
    "S": (16, 32, 64, 128, 192, 256),
    "XS": (8, 16, 32, 64, 96, 128),
}
"""Feature maps of the stages by size: M are nnU-Net's, S half, XS a quarter of them."""
FIRST = {"cpu": "S", "cuda": "M"}
"""The size that a device starts with; with four times the work a size, the smaller is worth its steps on a CPU."""
RESIDUAL_MINUTES, RESIDUAL_SUBJECTS = 60.0, 50
"""Time and training subjects from which a GPU trains a residual encoder."""


@dataclass(frozen=True)
class Candidate:
    """A network of a size."""

    size: str
    settings: AnyNetwork

    @property
    def size_field(self) -> tuple[str, Any]:
        """The field of the recipe that says the size, and its value."""
        if isinstance(self.settings, UNetFamily):
            return "network.features", list(self.settings.features)
        return "network.size", self.settings.size


def candidates(kind: str, strides: Sequence[Triple], *, minutes: float | None, subjects: int) -> list[Candidate]:
    """Networks for voxels on a device of ``kind``, the first choice first, then those that are faster."""
    residual = kind == "cuda" and (minutes or 0) >= RESIDUAL_MINUTES and subjects >= RESIDUAL_SUBJECTS
    sizes = list(WIDTHS)[list(WIDTHS).index(FIRST.get(kind, "S")) :]
    return [
        Candidate(
            size,
            (ResidualUNet if residual else UNet)(
                features=WIDTHS[size][: len(strides)],
                strides=tuple(strides),
            ),
        )
        for size in sizes
    ]


def family_reason(chosen: Candidate, kind: str, subjects: int) -> tuple[str, dict[str, Figure], str]:
    """(why, figures, rule) of the network's name."""
    figures: dict[str, Figure] = {"device": kind, "subjects": subjects}
    if chosen.settings.name == "residual_unet":
        return (
            "A U-Net with a residual encoder: there is a GPU, an hour and data enough for it.",
            figures,
            "network.residual",
        )
    return "A plain U-Net, still the strongest baseline of the field.", figures, "network.family"
