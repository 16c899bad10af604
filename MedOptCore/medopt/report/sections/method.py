"""How the figures were measured."""

from __future__ import annotations

from medopt.project import Project
from medopt.report.blocks import Facts, Points, Section
from medopt.report.figures.reliability import NEAR_STRUCTURES
from medopt.report.record import Record
from medopt.report.text import metric_title
from medopt.validation import MEASURES, AnyResults, BoxResults, ClassResults, ValidationSettings


def build(record: Record, project: Project | None) -> Section | None:
    """Definitions of the metrics, the task's rules and how intervals were made; None without results."""
    results = record.results
    if results is None:
        return None
    shown = [m for m in MEASURES if any(row.metric == m for row in results.summary)]
    definitions = [
        (metric_title(m), MEASURES[m].explanation[0].upper() + MEASURES[m].explanation[1:] + ".") for m in shown
    ]
    return Section("How it was measured", "method", [Facts(definitions, "Metrics"), Points(_rules(results))])


def _rules(results: AnyResults) -> list[str]:
    bootstrap = results.settings.bootstrap
    method = {"bca": "bias-corrected and accelerated (BCa)", "percentile": "percentile"}[bootstrap.method]
    widened = ", widened for small samples" if bootstrap.small_sample else ""
    closed = {row.method for row in results.summary}
    forms = [name for key, name in _CLOSED.items() if key in closed]
    other = f" Each subject has one case, so {' and '.join(forms)}." if forms else ""
    if isinstance(results, ClassResults):
        rules = _of_classes(results)
    elif isinstance(results, BoxResults):
        rules = _OF_BOXES
    else:
        rules = [*_of_masks(results.settings), *(_CALIBRATION if results.calibrated else [])]
    return [
        *rules,
        f"{'Other intervals' if forms else 'Intervals'} are {method} bootstrap intervals{widened} at "
        f"{100 * bootstrap.level:g} %, from {bootstrap.samples:,} resamples of subjects with all their cases (seed "
        f"{bootstrap.seed}). Below five subjects an interval is refused.{other}",
    ]


_CLOSED = {
    "delong": "areas under ROC curves have DeLong's interval on the logit scale",
    "wilson": "rates have Wilson's interval",
}

_OF_BOXES = [
    "From the surest on, each predicted box takes the reference box of its class, among those still free, that it "
    "overlaps "
    "most, if their intersection over union is at least the threshold; so a second box on the same reference is a "
    "false "
    "one. Boxes are compared along the axes of the image, in an image of one slice within it.",
    "Average precision is the area under the curve of precision over recall of all images together, precision at "
    "a recall "
    "being the best at that or a higher one. Boxes of one score enter together.",
    "Classes that nobody looked for in an image do not count there. The mean is over classes that have a box to find.",
]

_CALIBRATION = [
    f"Calibration is measured on the grid on which the network works. {NEAR_STRUCTURES} The calibration error is the "
    "distance of the mean probability from the share of voxels that belong to the structure, in ten bins of equal "
    "width, as a mean over voxels; the Brier score is the mean squared distance of the probability from 1 within the "
    "structure and 0 outside. What chance gives is taken from resamples of subjects, since voxels of one subject are "
    "alike."
]


def _of_masks(settings: ValidationSettings) -> list[str]:
    return [
        "Every metric is taken on the image's own grid with its spacing in mm, one structure and one case at a time.",
        f"NSD counts surface within {settings.nsd_tolerance_mm:g} mm; surface points: {settings.surface_points}. Other "
        "tools place the points differently and give other distances for the same masks.",
        "Empty masks: when reference and prediction are both empty, Dice and NSD are 1 and distances are not defined "
        "(excluded and counted). When one is empty, Dice and NSD are 0 and distances are the diagonal of the image.",
        "The mean over structures is taken within each case first, then over cases.",
    ]


def _of_classes(results: ClassResults) -> list[str]:
    choice = (
        "A case shows exactly one class; the most probable one is predicted."
        if results.exclusive
        else "A case may show several classes; each with a probability of at least one half is predicted."
    )
    return [
        choice,
        "Each class is measured against all others. Areas and F1 of all classes together are means over the "
        "classes for "
        "which they are defined"
        + (", accuracy and kappa are those of the whole choice." if results.exclusive else "."),
        "Classes that nobody judged in a case do not count there; a case that nobody judged is left out.",
        "n is the number of cases in the denominator: those with the class for sensitivity, those without for "
        "specificity, "
        "those so predicted for PPV and NPV.",
    ]
