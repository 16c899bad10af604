"""Predictions against labels, measured as the task asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from medopt.events import Reporter
from medopt.inference import ModelDescription
from medopt.project import Project
from medopt.validation.case_bins import CaseBins
from medopt.validation.classification import validate_classes
from medopt.validation.detection import validate_boxes
from medopt.validation.holdout import validate_cases
from medopt.validation.result_files import AnyResults
from medopt.validation.settings import ValidationSettings


class Predictions(Protocol):
    """References and what a model says, case by case."""

    @property
    def description(self) -> ModelDescription:
        """Of the model, with the classes of the answers."""

    def read(self, case: str) -> Any:
        """What the model says of a case."""

    def reference(self, case: str) -> Any:
        """The label of a case."""

    def bins(self, case: str) -> CaseBins:
        """The bins of the case's probabilities; asked for in segmentation alone."""


def measure(
    project: Project,
    predictions: Predictions,
    names: Sequence[str],
    *,
    subset: str,
    title: str,
    settings: ValidationSettings | None = None,
    reporter: Reporter | None = None,
) -> AnyResults:
    """Measure the cases ``names``.

    Parameters
    ----------
    project : whose cases they are
    predictions : what was said of them
    subset, title : what the cases and the model are called in the results
    settings, reporter : as in ``validate_cases``

    A case that cannot be read or scored is left out with the reason. Raises MedOptError as ``validate_cases``,
    ``validate_classes`` and ``validate_boxes`` do.
    """
    pairs = [(case, project.case(case).subject) for case in names]
    description = predictions.description
    common: dict[str, Any] = {"subset": subset, "model": title, "settings": settings, "reporter": reporter}
    reference, said, classes = predictions.reference, predictions.read, description.classes
    if description.task == "classification":
        return validate_classes(pairs, reference, said, classes, exclusive=not description.multi_label, **common)
    if description.task == "detection":
        return validate_boxes(pairs, reference, said, lambda case: project.read_image(case).geometry, classes, **common)
    return validate_cases(pairs, reference, said, classes, read_bins=predictions.bins, **common)
