"""Where the results of two models lie that are to be compared, and the files of the comparison."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

from medopt.errors import MedOptError
from medopt.files import inside, write_json, write_text
from medopt.project import Project
from medopt.validation.interval import Interval
from medopt.validation.paired_rows import PairedRow
from medopt.validation.result_files import AnyResults, load_results
from medopt.validation.significance import Significance, nadeau_bengio
from medopt.validation.table import MEAN

FORMAT = 1
"""Version of ``comparison-….json``."""


def find_results(project: Project, name: str, subset: str = "test") -> AnyResults:
    """The results of a run on a part of the split, of a cross-validation, or of a file.

    Parameters
    ----------
    name : of a run or a cross-validation of the project, or the path of a ``metrics-<subset>.json``
    subset : which part of a run; a cross-validation has its pooled held-out cases only

    Raises MedOptError when there is no such run, or when it was not measured on the part.
    """
    if name.endswith(".json"):
        return load_results(Path(name))
    folder = inside(project.runs_folder, name)
    if not (folder / "run.json").is_file() and not (folder / "crossval.json").is_file():
        known = sorted(
            path.parent.name for kind in ("run", "crossval") for path in project.runs_folder.glob(f"*/{kind}.json")
        )
        raise MedOptError(
            "there is no such run or cross-validation",
            where=project.folder,
            expected="one of: " + (", ".join(known) or "none is there"),
            found=name,
        )
    if (folder / "crossval.json").is_file():
        file, remedy = folder / "pooled" / "metrics-out-of-fold.json", "Finish it: medopt crossval PROJECT"
    else:
        file = folder / f"metrics-{subset}.json"
        remedy = f"Measure it: medopt validate PROJECT --run {name} --subset {subset}"
    if not file.is_file():
        raise MedOptError(f"{name} was not measured on these cases", where=file, remedy=remedy)
    return load_results(file)


def compare_folds(project: Project, first: str, second: str, metric: str) -> tuple[Interval, Significance] | None:
    """Two cross-validations of the same folds by the mean of ``metric`` over structures in each fold: see
    ``nadeau_bengio``.

    None unless both names are those of cross-validations. Folds in which the metric is not defined for one of them,
    such as those without a case of any class, are passed over. Raises MedOptError when the folds differ, or one was not
    measured.
    """
    if not all((project.runs_folder / name / "crossval.json").is_file() for name in (first, second)):
        return None
    from medopt.training.folds.crossval import open_crossval

    both = [open_crossval(project, name) for name in (first, second)]
    if both[0].folds.hash != both[1].folds.hash:
        raise MedOptError(
            "the two cross-validations have other folds",
            expected=f"folds {both[0].folds.hash[:12]}, those of {first}",
            found=f"folds {both[1].folds.hash[:12]}",
            remedy="Repeat one of them with the folds of the other",
        )
    scores: list[tuple[float, float]] = []
    training, held_out = [], []
    for place in both[0].places:
        files = [crossval.run_folder(place) / "metrics-held-out.json" for crossval in both]
        values = [load_results(file).row(MEAN, metric).estimate for file in files]
        if values[0] is not None and values[1] is not None:
            fold = both[0].fold(place)
            scores.append((values[0], values[1]))
            training.append(len(fold.split.train))
            held_out.append(len(fold.held_out))
    return nadeau_bengio([one for one, _ in scores], [other for _, other in scores], training, held_out)


def write_comparison(
    folder: Path,
    names: tuple[str, str],
    results: tuple[AnyResults, AnyResults],
    rows: Sequence[PairedRow],
    folds: tuple[Interval, Significance] | None = None,
) -> tuple[Path, Path]:
    """Write ``comparison-FIRST-SECOND.csv`` (a row a metric and structure) and ``.json`` (the same with what was
    compared); their paths."""
    stem = comparison_stem(names)
    table, record = folder / f"{stem}.csv", folder / f"{stem}.json"
    columns = [field.name for field in fields(PairedRow)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(["" if (value := getattr(row, column)) is None else value for column in columns])
    write_text(table, text.getvalue())
    sides = [
        {"name": name, "model": one.model, "subset": one.subset, "cases": one.n_cases, "subjects": one.n_subjects}
        for name, one in zip(names, results, strict=True)
    ]
    over_folds = None if folds is None else {"difference": asdict(folds[0]), "test": asdict(folds[1])}
    told = {"format": FORMAT, "task": results[0].task, "first": sides[0], "second": sides[1]}
    write_json(record, {**told, "rows": [asdict(row) for row in rows], "folds": over_folds})
    return table, record


def comparison_stem(names: tuple[str, str]) -> str:
    """The files' name without its ending."""
    return "comparison-" + "-".join(Path(name).stem if name.endswith(".json") else name for name in names)
