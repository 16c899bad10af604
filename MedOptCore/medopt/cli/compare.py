"""``medopt compare``: whether one model is better than another on the same cases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medopt.cli.options import Events, EventsOption, JobOption, ProjectArgument, Subset
from medopt.cli.tables import interval
from medopt.cli.work import working

if TYPE_CHECKING:
    from medopt.events import Reporter
    from medopt.validation import Interval, PairedRow
    from medopt.validation.significance import Significance


def command(
    project: ProjectArgument,
    first: Annotated[
        str,
        typer.Argument(
            metavar="FIRST", help="A run, a cross-validation, or a metrics-….json file.", show_default=False
        ),
    ],
    second: Annotated[
        str, typer.Argument(metavar="SECOND", help="What is compared with it, on the same cases.", show_default=False)
    ],
    subset: Annotated[Subset, typer.Option(help="On which part of the split runs were measured.")] = Subset.test,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            metavar="NAME",
            help="Compare this metric (dice, nsd, auroc …); repeat it. By default all. P-values are adjusted for all "
            "that is compared, so name beforehand what matters.",
            show_default=False,
        ),
    ] = None,
    test: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="[bold]auto[/], or bootstrap, wilcoxon, delong or mcnemar where the task knows it."
        ),
    ] = "auto",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Where picture and tables go. By default PROJECT/reports.",
            show_default=False,
        ),
    ] = None,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Compare two models on the cases that both were measured on.

    Pairs the cases and tells the difference SECOND minus FIRST of each metric with its 95 % interval over subjects, the
    p-value of a paired test, and the p-value after Holm's adjustment for all rows. Two cross-validations of the same
    folds are also compared over folds, with the correction for overlapping training parts. Writes a picture
    (comparison-FIRST-SECOND.png and .svg) and tables (.csv, .json).

    \b
    Examples:
      medopt compare hippocampus run-001 run-002
      medopt compare hippocampus cv-001 cv-002 --metric dice --metric hd95_mm
    """
    from medopt.files import write_bytes, write_text
    from medopt.project import Project
    from medopt.validation import compare_results
    from medopt.validation.comparison_files import compare_folds, comparison_stem, find_results, write_comparison

    with working(
        "compare",
        project,
        events=events,
        job=job,
        hidden=[Path(name) for name in (first, second) if name.endswith(".json")],
    ) as work:
        opened = Project.open(project)
        names, folder = (first, second), opened.reports_folder if output is None else output
        results = find_results(opened, first, subset.value), find_results(opened, second, subset.value)
        rows = compare_results(*results, metrics=metrics or None, test=test)
        folds = compare_folds(opened, first, second, metrics[0] if metrics else results[0].main_metric)
        from medopt.report.comparison_picture import draw_comparison
        from medopt.report.figures.canvas import to_png, to_svg

        drawing, stem = draw_comparison((_short(first), _short(second)), results, rows), comparison_stem(names)
        write_bytes(folder / f"{stem}.png", to_png(drawing))
        write_text(folder / f"{stem}.svg", to_svg(drawing, "comparison"))
        work.reporter.emit("result", title="picture", path=folder / f"{stem}.png")
        work.reporter.emit("message", level="info", text=drawing.caption)
        _tell(rows, names, folds, work.reporter)
        for title, path in zip(("table", "record"), write_comparison(folder, names, results, rows, folds), strict=True):
            work.reporter.emit("result", title=title, path=path)


def _short(name: str) -> str:
    return Path(name).stem if name.endswith(".json") else name


def _tell(
    rows: tuple[PairedRow, ...],
    names: tuple[str, str],
    folds: tuple[Interval, Significance] | None,
    reporter: Reporter,
) -> None:
    title = f"{_short(names[1])} minus {_short(names[0])}"
    reporter.emit("result", title=title, rows=comparison_rows(rows, (_short(names[0]), _short(names[1]))))
    if rows and rows[0].excluded:
        text = f"{max(row.excluded for row in rows)} cases lack a value for one of the two and are left out"
        reporter.emit("message", level="warning", text=text)
    for note in dict.fromkeys(row.note for row in rows if row.note):
        reporter.emit("message", level="info", text=f"No interval or p-value: {note}")
    if folds is not None:
        found, said = folds
        text = f"Over {found.n} folds, which share training cases (Nadeau & Bengio): {interval(vars(found))}"
        text += f", p = {said.p_value:.3f}" if said.p_value is not None else f"; {said.refused}"
        reporter.emit("message", level="info", text=text)


def comparison_rows(rows: tuple[PairedRow, ...], names: tuple[str, str]) -> list[dict[str, Any]]:
    """One row a metric and structure, for the terminal."""
    from medopt.validation import MEASURES
    from medopt.validation.significance import TESTS

    return [
        {
            "structure": row.structure,
            "metric": MEASURES[row.metric].title,
            names[0]: "–" if row.first is None else f"{row.first:.3f}",
            names[1]: "–" if row.second is None else f"{row.second:.3f}",
            "difference": interval({"estimate": row.difference, "low": row.low, "high": row.high}),
            "p": "–" if row.p_value is None else f"{row.p_value:.3f}",
            "p, Holm": "–" if row.p_adjusted is None else f"{row.p_adjusted:.3f}",
            "test": TESTS[row.test].title,
            "n": row.n,
        }
        for row in rows
    ]
