"""``medopt rounds``: how labelling goes, and when it will be done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medopt.cli.options import Events, EventsOption, ProjectArgument
from medopt.cli.work import showing

if TYPE_CHECKING:
    from medopt.labelling.bias import BiasFigures
    from medopt.labelling.estimate import Estimate
    from medopt.labelling.forecast import Forecast
    from medopt.labelling.round_figures import Course
    from medopt.labelling.rounds import RoundRecord

UNITS = {"segmentation": "voxels", "detection": "boxes", "classification": "classes"}


def command(
    project: ProjectArgument,
    chart: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where to write the chart, a .png or .svg. By default PROJECT/reports/rounds.png.",
            show_default=False,
        ),
    ] = None,
    events: EventsOption = Events.text,
) -> None:
    """Show what each round of teaching changed for the annotators, and a forecast of the effort left.

    For each round, over the cases that were labelled with its proposals: how near the proposals came before correction,
    the edits and seconds a case, and the share accepted as they were; with 95 % intervals and the number of cases. Also
    tells whether annotators follow proposals more than they should, from the cases that were labelled blind.

    \b
    Example:
      medopt rounds hippocampus --chart rounds.png
    """
    from medopt.files import write_bytes, write_text
    from medopt.labelling.round_figures import read_course
    from medopt.labelling.rounds import load_rounds
    from medopt.project import Project
    from medopt.report.figures.canvas import to_png, to_svg
    from medopt.report.figures.rounds import draw_rounds

    with showing(events) as output:
        opened = Project.open(project)
        records, course = load_rounds(opened), read_course(opened)
        output.emit("result", title="Models", rows=[_model_row(record) for record in records])
        output.emit("result", title="Labelling, by the round of the proposals", rows=figure_rows(course))
        for text in (*_forecast_lines(course.forecast), *_bias_lines(course.bias, course.score_title)):
            output.emit("message", level="info", text=text)
        if course.rounds:
            path = chart or opened.reports_folder / "rounds.png"
            drawing = draw_rounds(course)
            if path.suffix.lower() == ".svg":
                write_text(path, to_svg(drawing, "rounds"))
            else:
                write_bytes(path, to_png(drawing))
            output.emit("result", title="chart", path=path)


def figure_rows(course: Course) -> list[dict[str, Any]]:
    """One row a round: "mean [95 % interval]" of each figure, with its own n where that is smaller."""
    unit = UNITS[course.task]
    return [
        {
            "round": one.round or "none",
            "n": one.n,
            course.score_title: _text(one.score, one.n, 3),
            "seconds a case": _text(one.seconds, one.n, 0),
            f"added path ({unit})" if course.task == "segmentation" else f"touched ({unit})": _text(one.path, one.n, 0),
            f"changed ({unit})": _text(one.changed, one.n, 0),
            "as is (%)": _text(one.as_is, one.n, 0, 100),
        }
        for one in course.rounds
    ]


def _text(estimate: Estimate | None, n: int, digits: int, times: float = 1) -> str:
    if estimate is None:
        return "–"
    text = estimate.times(times).text(digits)
    return text if estimate.n == n else f"{text}, n = {estimate.n}"


def _model_row(record: RoundRecord) -> dict[str, Any]:
    chosen = record.chosen
    return {
        "round": record.number,
        "state": record.state,
        "learned from": record.training_cases,
        "judged by": record.validation_cases,
        "run": record.model,
        "begun from": None if chosen is None else chosen.source or "scratch",
        record.metric or "score": None if chosen is None else chosen.score,
        "proposals": record.proposed,
    }


def _forecast_lines(forecast: Forecast | None) -> list[str]:
    if forecast is None or not forecast.cases:
        return []
    text = f"Left: {forecast.cases} cases, {_hours(forecast.hours)}"
    if forecast.low is not None and forecast.high is not None:
        text += f" [{_hours(forecast.low)} to {_hours(forecast.high)}]"
    return [f"{text} at {forecast.seconds:.0f} s a case, as the last {forecast.n} timed cases went"]


def _hours(hours: float) -> str:
    return f"{hours:.1f} h" if hours >= 1 else f"{60 * hours:.0f} min"


def _bias_lines(bias: BiasFigures, title: str) -> list[str]:
    lines = []
    if bias.shown is not None and bias.blind is not None and bias.difference is not None:
        lines.append(
            f"{title} of label and proposal: {bias.shown.text()} where it was shown (n = {bias.shown.n}), "
            f"{bias.blind.text()} where it was not (n = {bias.blind.n}); difference {bias.difference.text()}"
        )
    if bias.catches:
        lines.append(f"Of {bias.catches} proposals that were wrong on purpose {bias.caught} were noticed")
    return lines
