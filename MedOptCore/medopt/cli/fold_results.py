"""What ``medopt crossval`` tells: which folds there are, and at the end the results of each and of all together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from medopt.cli.tables import interval, metric_rows

if TYPE_CHECKING:
    from medopt.events import Reporter
    from medopt.project import Project
    from medopt.training.folds import CrossValidation
    from medopt.validation.out_of_fold import PooledResults


def tell_begin(project: Project, crossval: CrossValidation, reporter: Reporter) -> None:
    """Which folds there are, how many are trained, and what is wrong with them."""
    from medopt.training.search.outcome import searched_by

    folds, done = crossval.folds, sum(crossval.trained(number) for number in crossval.places)
    text = f"{crossval.name}: {folds.subjects} subjects in {folds.k} folds, checksum {folds.hash[:12]}"
    text += f"; {done} of {len(crossval.places)} trained" if done else ""
    reporter.emit("message", level="info", text=text)
    if folds.unassigned:
        text = f"{len(folds.unassigned)} labelled cases came after the folds were made and are in none"
        reporter.emit("message", level="warning", text=text)
    search = searched_by(project, crossval.recipe)
    if search is not None:
        text = f"The recipe is that of the search {search}, which was steered by subjects that are held out here: the "
        text += "result will be a little too good. The sealed test part gives an unbiased one (Cawley & Talbot 2010)"
        reporter.emit("message", level="warning", text=text)


def tell_results(project: Project, crossval: CrossValidation, reporter: Reporter) -> None:
    """Pool the folds, and tell and report what came out."""
    from medopt.report import make_report, make_report_files
    from medopt.validation.out_of_fold import pool_folds, pooled_file

    found = pool_folds(project, crossval, reporter=reporter)
    reporter.emit("result", title="Folds", rows=fold_rows(found))
    if crossval.search is not None:
        reporter.emit("result", title="What each fold's search found", rows=found_rows(crossval))
    file = pooled_file(crossval.folder)
    if found.results.task == "segmentation":
        rows = metric_rows(file)
    else:
        rows = summary_rows(found)
    reporter.emit("result", title=f"{crossval.name}, all {found.results.n_subjects} subjects", rows=rows)
    if found.between is not None:
        text = f"Standard deviation between folds {found.between:.3f}"
        reporter.emit("message", level="info", text=text)
    if found.results.left_out:
        rows = [{"case": entry.case, "reason": entry.reason} for entry in found.results.left_out]
        reporter.emit("result", title="Left out", rows=rows)
    page = make_report(
        crossval.pooled,
        project=project,
        subset=found.results.subset,
        output=crossval.folder / "report.html",
        reporter=reporter,
    )
    make_report_files(
        crossval.pooled, subset=found.results.subset, output=crossval.folder / "report", reporter=reporter
    )
    reporter.emit("result", title="metrics", path=file)
    reporter.emit("result", title="report", path=page)


def fold_rows(found: PooledResults) -> list[dict[str, Any]]:
    """One row a fold: its main metric on its held-out cases, and n."""
    from medopt.validation import MEASURES

    title = MEASURES[found.results.main_metric].title
    return [
        {
            "run": fold.run,
            "training cases": fold.training_cases,
            "n": fold.row.n,
            title: interval(vars(fold.row)),
        }
        for fold in found.folds
    ]


def found_rows(crossval: CrossValidation) -> list[dict[str, Any]]:
    """One row a fold of a nested cross-validation: the values that its search chose."""
    from medopt.training.search import Search, outcome_of

    rows = []
    for place in crossval.places:
        best = outcome_of(Search.open(crossval.search_folder(place))).best
        values = {} if best is None else {field.rpartition(".")[2]: value for field, value in best.values.items()}
        rows.append({"run": crossval.run_name(place), **values})
    return rows


def summary_rows(found: PooledResults) -> list[dict[str, Any]]:
    """One row a class: every metric with its interval, and n."""
    from medopt.validation import MEASURES

    rows: dict[str, dict[str, Any]] = {}
    for entry in found.results.summary:
        row = rows.setdefault(entry.structure, {"class": entry.structure, "n": entry.n})
        if entry.estimate is not None:
            row[MEASURES[entry.metric].title] = interval(vars(entry))
    return list(rows.values())
