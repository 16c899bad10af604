"""Whether probabilities of voxels mean what they say: the bins of all cases pooled, with intervals over subjects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.metrics.calibration import BINS, bin_edges
from medopt.validation.case_bins import CaseBins, voxel_bins
from medopt.validation.class_calibration import ReliabilityPoint
from medopt.validation.interval import FEWEST_SUBJECTS, Interval
from medopt.validation.resampling import intervals, resample
from medopt.validation.settings import BootstrapSettings
from medopt.validation.table import SummaryRow
from medopt.validation.voxel_counts import OVERALL, VoxelBins

STREAM = (7,)
"""Marks the random stream of resampled bins."""

CLEAR = 2.0
"""A calibration error has an interval from so many times on what chance gives; nearer to it, resamples, which can not
fall below 0 either, hold the truth too rarely (``Testing/Benchmarks/voxel_calibration.py``)."""

NEAR = "a calibration error below twice what chance gives cannot be bounded by resamples, as it is never below 0"
"""Why such an error has no interval."""

EMPTY = Interval(None, None, None, 0, 0, "no case")


@dataclass(frozen=True)
class MaskBins:
    """The voxels near one structure of one case."""

    case: str
    subject: str
    structure: str
    bins: VoxelBins

    @property
    def values(self) -> dict[str, float]:
        """Calibration error and Brier score of this case alone."""
        number, given, true, squared = _row(self.bins)
        return {
            "ece": float(np.abs(given - true).sum() / number.sum()),
            "brier": float(squared[0] / number.sum()),
        }


@dataclass(frozen=True)
class MaskCalibration:
    """How far the probabilities of voxels hold.

    Parameters
    ----------
    cases : the bins of each case and structure
    summary : for each structure and ``OVERALL`` the rows ``ece`` and ``brier``, over the voxels of all cases
    points : structure → its reliability diagram; n counts cases, not voxels
    without : case → why its probabilities were not counted
    """

    cases: tuple[MaskBins, ...]
    summary: tuple[SummaryRow, ...]
    points: Mapping[str, tuple[ReliabilityPoint, ...]]
    without: Mapping[str, str]

    @property
    def structures(self) -> tuple[str, ...]:
        """Those of which some voxels were counted."""
        return tuple(self.points)

    def row(self, structure: str, metric: str) -> SummaryRow:
        """A row of the summary; MedOptError when it was not measured."""
        for row in self.summary:
            if (row.structure, row.metric) == (structure, metric):
                return row
        raise MedOptError("not measured", where=f"{structure}/{metric}", expected=", ".join(self.structures))

    def to_json(self) -> dict[str, Any]:
        """Plain data, without the points."""
        cases = [{"case": c.case, "subject": c.subject, "structure": c.structure, **asdict(c.bins)} for c in self.cases]
        return {"cases": cases, "summary": [asdict(row) for row in self.summary], "without": dict(self.without)}


def calibrate_masks(
    cases: Sequence[MaskBins],
    structures: Sequence[str],
    settings: BootstrapSettings | None = None,
    without: Mapping[str, str] | None = None,
) -> MaskCalibration:
    """Pool the bins of cases.

    Every voxel counts once, so that a case with a large structure counts more than one with a small one. Intervals
    resample subjects, each with the bins of all its cases. Beside the calibration error stands what probabilities that
    are right on average stay below in 95 of 100 samples of such subjects: the resamples with the distances of the
    sample itself taken off. Intervals, and that limit, are refused below five subjects; the interval of an error below
    twice that limit is refused, too.
    """
    settings = settings or BootstrapSettings()
    rows: list[SummaryRow] = []
    points: dict[str, tuple[ReliabilityPoint, ...]] = {}
    for structure in (*structures, OVERALL):
        here = [case for case in cases if case.structure == structure]
        if here:
            found, points[structure] = _pooled(here, structure, settings)
            rows += found
    return MaskCalibration(tuple(cases), tuple(rows), points, dict(without or {}))


def mask_bins(case: str, subject: str, bins: CaseBins) -> list[MaskBins]:
    """The bins of a case, structure by structure."""
    return [MaskBins(case, subject, structure, found) for structure, found in bins.structures.items()]


def mask_bins_from_json(value: Mapping[str, Any]) -> MaskBins:
    """From plain data; KeyError, TypeError or ValueError when it is damaged."""
    return MaskBins(str(value["case"]), str(value["subject"]), str(value["structure"]), voxel_bins(value))


def _pooled(
    cases: Sequence[MaskBins], structure: str, settings: BootstrapSettings
) -> tuple[list[SummaryRow], tuple[ReliabilityPoint, ...]]:
    subjects = [case.subject for case in cases]
    table = np.stack([np.concatenate(_row(case.bins)) for case in cases])
    total = table.sum(axis=0)
    number, given = total[:BINS], total[BINS : 2 * BINS]

    sample = resample(lambda weights: _numbers(weights @ table, total), subjects, settings, stream=STREAM)
    whole, people = len(cases), len(set(subjects))
    holders = [np.asarray(subjects)[column > 0] for column in table[:, :BINS].T]
    n = [whole] * 3 + [len(some) for some in holders]
    error, brier, _, *shares = intervals(sample, n, [people] * 3 + [len(set(some)) for some in holders], settings)
    limit = None
    if people >= FEWEST_SUBJECTS:
        limit = float(np.quantile(sample.replicates[:, 2], 0.95) * np.sqrt(people / (people - 1)))
        error = error if (error.estimate or 0.0) >= CLEAR * limit else replace(error, low=None, high=None, refused=NEAR)
    edges = bin_edges(np.empty(0)).tolist()
    points = tuple(
        ReliabilityPoint(low, high, float(p / k) if k else None, share if k else EMPTY, int(k))
        for low, high, p, k, share in zip(edges[:-1], edges[1:], given, number, shares, strict=True)
    )
    return [SummaryRow.of(structure, "ece", error, by_chance=limit), SummaryRow.of(structure, "brier", brier)], points


def _numbers(sums: NDArray[np.float64], total: NDArray[np.float64]) -> NDArray[np.float64]:
    """(samples, 3 + bins) of (samples, 3 bins + 1) sums: calibration error, Brier score, the error that is left when
    the distances of ``total`` are taken off, and the share that is true in each bin."""
    number, given, true = (sums[:, n * BINS : (n + 1) * BINS] for n in range(3))
    voxels = np.where((all_of := number.sum(axis=1)) > 0, all_of, np.nan)
    apart = given - true
    expected = (total[BINS : 2 * BINS] - total[2 * BINS : 3 * BINS]) / total[:BINS].sum()
    errors = [np.abs(apart).sum(axis=1), sums[:, -1], np.abs(apart - voxels[:, None] * expected).sum(axis=1)]
    shares = np.divide(true, number, out=np.full(number.shape, np.nan), where=number > 0)
    return np.concatenate([np.stack(errors, axis=1) / voxels[:, None], shares], axis=1)


def _row(bins: VoxelBins) -> tuple[NDArray[np.float64], ...]:
    return tuple(np.asarray(part, float) for part in (bins.number, bins.given, bins.true, [bins.squared]))
