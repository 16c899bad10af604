"""Two runs on the same cases: the difference with its interval, from what was measured of both."""

from __future__ import annotations

from pathlib import Path

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _

SUBSETS = (("validation", _("validation cases")), ("test", _("test cases")))


def comparison(first: Path, second: Path) -> str:
    """What the second run gains over the first, in a sentence, or why that cannot be told."""
    from medopt.validation import MEAN, Results, compare_results, load_results

    for subset, title in SUBSETS:
        files = [folder / f"metrics-{subset}.json" for folder in (first, second)]
        if not all(file.is_file() for file in files):
            continue
        try:
            one, other = (load_results(file) for file in files)
            if not isinstance(one, Results) or not isinstance(other, Results):
                return _("Runs of segmentation alone are compared case by case.")
            rows = compare_results(one, other)
        except MedOptError as error:
            return str(error)
        row = next((row for row in rows if (row.structure, row.metric) == (MEAN, one.main_metric)), None)
        if row is None or row.difference is None or row.first is None or row.second is None:
            return _("The two runs share no case that was scored.")
        told = _("{second} against {first}, {n} {what}: {a:.3f} against {b:.3f}, difference {d:+.3f}").format(
            second=second.name, first=first.name, n=row.n, what=title, a=row.second, b=row.first, d=row.difference
        )
        if row.low is not None and row.high is not None:
            told += f" [{row.low:+.3f}, {row.high:+.3f}]"
        if row.p_value is not None:
            told += f", p = {row.p_value:.2g}"
        return f"{told}. {row.note}".strip() if row.note else f"{told}."
    return _("Validate both runs on the same part first, in the panel MedOpt Validate.")
