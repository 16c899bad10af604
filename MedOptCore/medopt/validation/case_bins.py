"""The bins of probabilities of one case, and their file ``CASE.calibration.json`` beside the prediction."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.files import file_sha256, read_json, write_json
from medopt.image import Geometry, LabelMap
from medopt.metrics.calibration import BINS
from medopt.preprocess import resample_label
from medopt.validation.voxel_counts import BLOCK, OVERALL, VoxelBins, VoxelCounts

if TYPE_CHECKING:
    from medopt.inference.labels import Slabs

SUFFIX = ".calibration.json"
FORMAT = 1


@dataclass(frozen=True)
class Channel:
    """A structure: its name, its value in the reference, and its place among the model's outputs (background is 0)."""

    name: str
    value: int
    output: int


@dataclass(frozen=True)
class CaseBins:
    """The voxels of a case near each structure that the reference or the prediction shows, and near all of them.

    Parameters
    ----------
    structures : name → bins, also of ``OVERALL`` where there is more than one structure
    why_not : why they were not counted; "" when they were
    """

    structures: Mapping[str, VoxelBins]
    why_not: str = ""


class BinCounter:
    """Watches the prediction of one case (see ``predict_image``) and counts its probabilities against the reference.

    The reference is brought to the grid on which the network works, as for training. Classes that nobody looked for
    in this case are not counted, and then all structures together are not, either.
    """

    def __init__(self, reference: LabelMap, channels: Sequence[Channel], ignored: int | None) -> None:
        self._reference, self._ignored = reference, ignored
        self._channels = [c for c in channels if c.value not in reference.unjudged]
        self._names = [c.name for c in self._channels]
        if len(self._channels) == len(channels) > 1 and OVERALL not in self._names:
            self._names.append(OVERALL)
        self._counts: VoxelCounts | None = None

    def __call__(self, slabs: Slabs, grid: Geometry) -> Slabs:
        """Count each slab and pass it on."""
        truth: NDArray = resample_label(self._reference, grid).array
        pairs = [(c.value, c.output) for c in self._channels]
        counts = self._counts = VoxelCounts(truth, grid.spacing, pairs, ignored=self._ignored)
        for first, scores in slabs:
            counts.add(first, scores)
            yield first, scores

    def found(self) -> CaseBins:
        """The bins, when the prediction is done."""
        if self._counts is None:
            return CaseBins({}, "the model gave no probabilities")
        pairs = zip(self._names, self._counts.found(), strict=False)
        found = {name: bins for name, bins in pairs if bins is not None}
        if not all(math.isfinite(value) for bins in found.values() for value in (*bins.given, bins.squared)):
            return CaseBins({}, "the model gave probabilities that are no numbers")
        return CaseBins(found)


def bins_path(folder: Path, case: str) -> Path:
    """Where the bins of a case lie."""
    return folder / f"{case}{SUFFIX}"


def write_bins(folder: Path, case: str, bins: CaseBins, label: Path | None) -> None:
    """Write the bins of a case, with the hash of the label that they were counted against."""
    values = {"made": _made(label), "why_not": bins.why_not}
    structures = {name: asdict(found) for name, found in bins.structures.items()}
    write_json(bins_path(folder, case), {**values, "structures": structures})


def bins_fit(folder: Path, case: str, label: Path | None) -> bool:
    """Whether there are bins of the case, counted in today's way against this label."""
    path = bins_path(folder, case)
    try:
        return path.is_file() and read_json(path).get("made") == _made(label)
    except (MedOptError, AttributeError):
        return False


def read_bins(folder: Path, case: str) -> CaseBins:
    """The bins of a case; with a reason in place of them when there are none."""
    path = bins_path(folder, case)
    if not path.is_file():
        return CaseBins({}, "it was predicted without counting probabilities")
    try:
        values = read_json(path)
        return CaseBins({name: voxel_bins(v) for name, v in values["structures"].items()}, str(values["why_not"]))
    except (MedOptError, KeyError, TypeError, ValueError, AttributeError):
        return CaseBins({}, "the file of its probabilities is damaged")


def voxel_bins(value: Mapping[str, Any]) -> VoxelBins:
    """From plain data; KeyError, TypeError or ValueError when it is damaged."""
    number, true = (tuple(int(n) for n in value[name]) for name in ("number", "true"))
    given = tuple(float(p) for p in value["given"])
    if not len(number) == len(true) == len(given) == BINS:
        raise ValueError(f"there are {len(number)}, {len(given)} and {len(true)} bins")
    return VoxelBins(number, given, true, float(value["squared"]))


def _made(label: Path | None) -> dict[str, Any]:
    found = file_sha256(label) if label is not None and label.is_file() else ""
    return {"format": FORMAT, "label": found, "bins": BINS, "block": BLOCK}
