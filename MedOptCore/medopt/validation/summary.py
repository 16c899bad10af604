"""From scores of cases to means with intervals."""

from __future__ import annotations

from collections.abc import Sequence

from medopt.metrics import METRICS
from medopt.validation.results import CaseScore, CaseValue, case_values
from medopt.validation.settings import BootstrapSettings
from medopt.validation.statistics import bootstrap_mean
from medopt.validation.table import MEAN, SummaryRow


def summarize(
    cases: Sequence[CaseScore], structures: Sequence[str], settings: BootstrapSettings | None = None
) -> tuple[SummaryRow, ...]:
    """Every metric of every structure, and of the mean over structures, over all cases.

    The mean over structures is taken within each case first and then over cases, so that its interval resamples
    subjects and not structures. Cases for which a metric is not defined are excluded from it and counted.
    """
    everything = tuple(cases)
    return tuple(
        summary_row(structure, metric, case_values(everything, structure, metric), settings)
        for structure in (*structures, MEAN)
        for metric in METRICS
    )


def summary_row(
    structure: str, metric: str, values: Sequence[CaseValue], settings: BootstrapSettings | None = None
) -> SummaryRow:
    """One row from the values of its cases; the interval is refused below five subjects, with the reason."""
    defined = [v for v in values if v.value is not None]
    found = bootstrap_mean([v.value for v in defined if v.value is not None], [v.subject for v in defined], settings)
    return SummaryRow.of(structure, metric, found, excluded=len(values) - len(defined))
