"""Results of small made-up validations of classification and detection, for tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from medopt.image import Box, Boxes, ClassLabel, ClassScores, Geometry
from medopt.validation import (
    BoxResults,
    ClassResults,
    Results,
    Structure,
    ValidationSettings,
    validate_boxes,
    validate_classes,
)
from medopt.validation.mask_calibration import MaskBins, calibrate_masks
from medopt.validation.voxel_counts import OVERALL, VoxelBins

CLASSES = (Structure(1, "well"), Structure(4, "ill"))
GRID = Geometry((8, 30, 30), (2.0, 1.0, 1.0))
SETTINGS = ValidationSettings.model_validate({"bootstrap": {"samples": 200}})


def classified(n: int = 24, names: tuple[str, ...] = ()) -> ClassResults:
    """Two exclusive classes; the first case is the one that the model gets most wrong."""
    rng = np.random.default_rng(2)
    cases = list(names) or [f"c{i:02d}" for i in range(n)]
    truth = np.arange(len(cases)) % 2
    sure = 1 / (1 + np.exp(-(rng.normal(0, 1, len(cases)) + 2 * (truth - 0.5))))
    sure[0] = 0.99
    place = {case: i for i, case in enumerate(cases)}
    return validate_classes(
        [(case, f"s-{case}") for case in cases],
        lambda case: ClassLabel(((1, 4)[truth[place[case]]],)),
        lambda case: ClassScores((1, 4), (1 - sure[place[case]], sure[place[case]])),
        CLASSES,
        subset="test",
        model="net",
        settings=SETTINGS,
    )


def boxes_of(number: int) -> tuple[Boxes, Boxes]:
    """Reference and prediction of a case: the first one misses its box, the others find it, every third too much."""
    there = Box((10.0, 10.0, 6.0), (6.0, 6.0, 6.0), (1, 4)[number % 2])
    near = Box((10.5, 10.0, 6.0), (6.0, 6.0, 6.0), there.value, score=0.6 + 0.01 * number)
    false = Box((22.0, 22.0, 6.0), (4.0, 4.0, 4.0), there.value, score=0.4)
    said = ([near] if number else []) + ([false] if number % 3 == 0 else [])
    return Boxes((there,)), Boxes(tuple(said))


def detected(n: int = 12, names: tuple[str, ...] = ()) -> BoxResults:
    """Two classes of boxes as ``boxes_of`` gives them."""
    cases = list(names) or [f"c{i:02d}" for i in range(n)]
    place = {case: i for i, case in enumerate(cases)}
    return validate_boxes(
        [(case, f"s-{case}") for case in cases],
        lambda case: boxes_of(place[case])[0],
        lambda case: boxes_of(place[case])[1],
        lambda case: GRID,
        CLASSES,
        subset="test",
        model="net",
        settings=SETTINGS,
    )


def voxels_counted(results: Results, overall: bool = True) -> Results:
    """The results of a segmentation with made-up bins of each case: the model is surer than it should be."""
    rng = np.random.default_rng(6)
    names = [s.name for s in results.structures]
    cases = []
    for score in results.cases:
        for structure in [score.structure] + ([OVERALL] if overall and score.structure == names[-1] else []):
            number = rng.integers(20, 200, 10)
            given = number * (np.arange(10) + 0.5) / 10
            true = np.round(number * (0.1 + 0.7 * (np.arange(10) + 0.5) / 10)).astype(int)
            bins = VoxelBins(
                tuple(number.tolist()), tuple(given.tolist()), tuple(true.tolist()), float(number.sum() / 9)
            )
            cases.append(MaskBins(score.case, score.subject, structure, bins))
    calibration = calibrate_masks(cases, names, results.settings.bootstrap, {"c-out": "/home/me/c-out: cannot be read"})
    return replace(results, calibration=calibration)
