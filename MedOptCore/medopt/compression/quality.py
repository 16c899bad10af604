"""Whether a smaller model is as good as the one it was made of: both measured on the same held-out cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from medopt.events import Reporter, Silence, track
from medopt.inference import Model, predict_image
from medopt.project import Project
from medopt.validation.classification import validate_classes
from medopt.validation.compare import PairedRow, compare_results
from medopt.validation.detection import validate_boxes
from medopt.validation.holdout import validate_cases
from medopt.validation.result_files import AnyResults


@dataclass(frozen=True)
class QualityChange:
    """How much worse or better the second model is, by the main metric of its task.

    Parameters
    ----------
    metric : "dice", "auroc" or "ap50"
    cases : that both were given
    rows : for each structure or class, then the mean: both estimates, their difference (second minus first) and its
        bootstrap interval over subjects, None with fewer subjects than an interval needs
    """

    metric: str
    cases: tuple[str, ...]
    rows: tuple[PairedRow, ...]

    @property
    def mean(self) -> PairedRow:
        """The row of the mean over structures."""
        return self.rows[-1]

    @property
    def ratio(self) -> float | None:
        """The second model's mean over the first one's; None where it is not defined."""
        row = self.mean
        return row.second / row.first if row.first and row.second is not None else None

    def facts(self) -> dict[str, object]:
        """As a package's metadata keeps it."""
        fields = ("structure", "first", "second", "difference", "low", "high", "n", "n_subjects", "note")
        return {
            "metric": self.metric,
            "ratio": self.ratio,
            "cases": list(self.cases),
            "rows": [{name: getattr(row, name) for name in fields} for row in self.rows],
        }


def compare_quality(
    project: Project,
    first: Model,
    second: Model,
    cases: Sequence[str],
    *,
    subset: str = "test",
    reporter: Reporter | None = None,
) -> QualityChange:
    """Measure both models on ``cases`` of ``project``, which neither has learned from, and compare them.

    ``subset`` is what the cases are called in the results.

    Raises MedOptError when no case can be scored.
    """
    before, after = (score_cases(project, model, cases, subset=subset, reporter=reporter) for model in (first, second))
    metric = before.main_metric
    return QualityChange(metric, tuple(cases), compare_results(before, after, metrics=[metric]))


def score_cases(
    project: Project,
    model: Model,
    cases: Sequence[str],
    *,
    subset: str = "test",
    reporter: Reporter | None = None,
) -> AnyResults:
    """What ``model`` says of ``cases`` against their labels, by the task's metrics."""
    listener, description = reporter or Silence(), model.description
    said: dict[str, Any] = {}
    for case in track(listener, f"predict with {description.name}", cases):
        said[case] = predict_image(project.read_image(case), model)
    pairs = [(case, project.case(case).subject) for case in cases]
    reference: Callable[[str], Any] = project.read_label
    classes, title = description.classes, description.name
    if description.task == "classification":
        return validate_classes(
            pairs,
            reference,
            said.__getitem__,
            classes,
            subset=subset,
            model=title,
            exclusive=not description.multi_label,
        )
    if description.task == "detection":
        return validate_boxes(
            pairs,
            reference,
            said.__getitem__,
            lambda case: project.read_image(case).geometry,
            classes,
            subset=subset,
            model=title,
        )
    return validate_cases(pairs, reference, said.__getitem__, classes, subset=subset, model=title)
