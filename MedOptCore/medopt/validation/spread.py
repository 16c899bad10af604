"""How far subjects differ in what was measured of a project; needs no torch."""

from __future__ import annotations

import numpy as np

from medopt.project import Project
from medopt.validation.result_files import load_results
from medopt.validation.results import Results
from medopt.validation.table import MEAN


def measured_spread(project: Project) -> tuple[float, str] | None:
    """Standard deviation between subjects of the mean score in the newest results of the project, and whose they are.

    Only segmentation has a score of each subject. None when nothing was measured on at least five subjects.
    """
    files = [*project.runs_folder.glob("*/metrics-*.json"), *project.runs_folder.glob("*/pooled/metrics-*.json")]
    for file in sorted(files, key=lambda path: path.stat().st_mtime, reverse=True):
        if file.name == "metrics-train.json":
            continue
        results = load_results(file)
        if not isinstance(results, Results):
            continue
        values: dict[str, list[float]] = {}
        for one in results.case_values(MEAN, results.main_metric):
            if one.value is not None:
                values.setdefault(one.subject, []).append(one.value)
        if len(values) >= 5:
            means = [sum(found) / len(found) for found in values.values()]
            return float(np.std(means, ddof=1)), results.model
    return None
