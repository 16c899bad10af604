"""How the figures were measured."""

from __future__ import annotations

from medopt.metrics import METRICS
from medopt.project import Project
from medopt.report.blocks import Facts, Points, Section
from medopt.report.record import Record
from medopt.report.text import metric_title
from medopt.validation import Results


def build(record: Record, project: Project | None) -> Section | None:
    """Definitions of the metrics, the rule for empty masks and how intervals were made; None without results."""
    results = record.results
    if results is None:
        return None
    shown = [m for m in METRICS if any(row.metric == m for row in results.summary)]
    definitions = [
        (metric_title(m), METRICS[m].explanation[0].upper() + METRICS[m].explanation[1:] + ".") for m in shown
    ]
    return Section("How it was measured", "method", [Facts(definitions, "Metrics"), Points(_rules(results))])


def _rules(results: Results) -> list[str]:
    settings, bootstrap = results.settings, results.settings.bootstrap
    method = {"bca": "bias-corrected and accelerated (BCa)", "percentile": "percentile"}[bootstrap.method]
    widened = ", widened for small samples" if bootstrap.small_sample else ""
    return [
        "Every metric is taken on the image's own grid with its spacing in mm, one structure and one case at a time.",
        f"NSD counts surface within {settings.nsd_tolerance_mm:g} mm; surface points: {settings.surface_points}. Other "
        "tools place the points differently and give other distances for the same masks.",
        "Empty masks: when reference and prediction are both empty, Dice and NSD are 1 and distances are not defined "
        "(excluded and counted). When one is empty, Dice and NSD are 0 and distances are the diagonal of the image.",
        "The mean over structures is taken within each case first, then over cases.",
        f"Intervals are {method} bootstrap intervals{widened} at {100 * bootstrap.level:g} %, from "
        f"{bootstrap.samples:,} resamples of subjects with all their cases (seed {bootstrap.seed}). Below five "
        "subjects an interval is refused.",
    ]
