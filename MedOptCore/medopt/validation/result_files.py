"""Files of validation results, whatever their task."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from medopt.files import read_json
from medopt.validation.box_results import BoxResults
from medopt.validation.class_results import ClassResults
from medopt.validation.results import Results
from medopt.validation.table import task_of_file

AnyResults = Results | ClassResults | BoxResults
"""Of segmentation, classification and detection."""

READERS: Mapping[str, type[Results] | type[ClassResults] | type[BoxResults]] = {
    kind.task: kind for kind in (Results, ClassResults, BoxResults)
}
"""Task → what reads its results."""


def load_results(path: str | Path) -> AnyResults:
    """Read a ``metrics-<subset>.json``; MedOptError when it is newer, damaged, or of a task that is not known."""
    value: Any = read_json(path)
    task = task_of_file(value, path)
    if task not in READERS:
        raise MedOptError("the results are of an unknown task", where=path, expected=" or ".join(READERS), found=task)
    return READERS[task].from_json(value, path)
