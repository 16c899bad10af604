"""What each round changed for the annotators: a line a round, charts over the rounds, and the effort that is left."""

from __future__ import annotations

from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.chart_node import ChartNode
from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptCoreLib.texts import duration
from MedOptLabelLib.live_training import LiveTraining

FIGURES = (
    ("score", _("Proposals before correction")),
    ("path", _("Edits a case")),
    ("seconds", _("Seconds a case")),
    ("as_is", _("Share accepted as it was")),
)
"""Charts over the rounds; names as in `medopt.scene.rounds_chart`."""
PLOTS = (*FIGURES, ("learning", _("Score of the model in training")), ("loss", _("Loss of the model in training")))


class RoundsView(Presenter):
    """Reads the figures only when they are asked for: labels and proposals of new cases are compared for them.

    Parameters
    ----------
    scene : a ``vtkMRMLScene``
    live : draws the model in training
    """

    def __init__(self, scene: Any, live: LiveTraining) -> None:
        super().__init__()
        self._chart, self._live = ChartNode(scene, "rounds"), live
        self._project: Any = None
        self._forget()

    def _forget(self) -> None:
        self._records: list[Any] = []
        self._course: Any = None
        self.problem = ""

    def setProject(self, project: Any) -> None:
        """Another project, or None; its figures are not read yet."""
        self._project = project
        self._forget()
        self.changed.emit()

    def refresh(self) -> None:
        """Read what was labelled and taught."""
        self._forget()
        if self._project is not None:
            from medopt.labelling.round_figures import read_course
            from medopt.labelling.rounds import load_rounds

            try:
                self._records, self._course = load_rounds(self._project), read_course(self._project)
            except MedOptError as error:
                self.problem = str(error)
        self.changed.emit()

    def node(self, kind: str) -> Any:
        """The plot chart node of one of `PLOTS`, drawn afresh; None where there is nothing to draw."""
        if kind not in dict(FIGURES):
            return self._live.node(kind)
        if self._course is None:
            self.refresh()
        if self._course is None or not self._course.rounds:
            return None
        from medopt.scene.rounds_chart import rounds_chart

        return self._chart.show(rounds_chart(self._course, kind))  # type: ignore[arg-type]

    # ---- what it shows ---------------------------------------------------------------------------------------

    def cells(self) -> list[list[str]]:
        """Rows of the table, the last round first: round, model, cases, then means with their 95 % interval."""
        figures = {} if self._course is None else {one.round: one for one in self._course.rounds}
        records = {record.number: record for record in self._records}
        return [
            _row(number, records.get(number), figures.get(number))
            for number in sorted({*figures, *records}, reverse=True)
        ]

    @property
    def text(self) -> str:
        """The effort left, and whether proposals sway; empty before anything is known."""
        if self.problem:
            return f"⚠ {self.problem}"
        if self._course is None:
            return ""
        bias = _biasText(self._course.bias, self._course.score_title)
        return "\n".join(line for line in (_forecastText(self._course.forecast), bias) if line)

    def missing(self, kind: str | None) -> str:
        """Why a chart cannot be shown, as a sentence; empty when it can."""
        if self._project is None:
            return _("Open or create a project first.")
        if kind in dict(FIGURES):
            known = self._course is None or self._course.rounds
            return "" if known else _("No case was labelled in the panel yet.")
        return "" if self._live.known else _("No training was followed since the panel was opened.")

    def buttons(self, kind: str | None = None) -> dict[str, ButtonState]:
        """How the buttons look while the chart ``kind`` is chosen."""
        none = "" if self._project is not None else _("Open or create a project first.")
        return {
            "showRoundsButton": ButtonState(
                self.missing(kind), _("Show the chart in the present view layout, or bring the earlier layout back.")
            ),
            "refreshRoundsButton": ButtonState(none, _("Look again at what was labelled meanwhile.")),
        }


def _row(number: int, record: Any, figures: Any) -> list[str]:
    model = "–"
    if record is not None:
        chosen = record.chosen
        score = "" if chosen is None or chosen.score is None else f" {chosen.score:.3f}"
        names = {"training": _("in training"), "proposing": _("proposing")}
        model = names.get(record.state, record.model or "–") + score
    told = (
        [_estimate(None)] * 4
        if figures is None
        else [
            _estimate(figures.score, 3),
            _estimate(figures.path),
            _estimate(figures.seconds),
            _estimate(figures.as_is, times=100.0),
        ]
    )
    return [str(number) if number else _("none"), model, "0" if figures is None else str(figures.n), *told]


def _estimate(estimate: Any, digits: int = 0, times: float = 1.0) -> str:
    return "–" if estimate is None else str(estimate.times(times).text(digits))


def _forecastText(forecast: Any) -> str:
    if forecast is None:
        return _("How much is left can be told when some cases were labelled here: the time of each is measured.")
    if not forecast.cases:
        return _("Every case has a label.")
    text = _("Left: {n} cases, about {time}").format(n=forecast.cases, time=duration(3600 * forecast.hours))
    if forecast.low is not None and forecast.high is not None:
        low, high = duration(3600 * forecast.low), duration(3600 * forecast.high)
        text += _(" [{low} to {high}]").format(low=low, high=high)
    return text + _(", at {s:.0f} s a case as the last {n} timed cases went.").format(s=forecast.seconds, n=forecast.n)


def _biasText(bias: Any, title: str) -> str:
    parts = []
    if bias.shown is not None and bias.blind is not None and bias.difference is not None:
        parts.append(
            _(
                "{score} of label and proposal: {shown} where it was shown (n = {n}), {blind} where not (n = {m}); "
                "difference {difference}."
            ).format(
                score=title,
                shown=bias.shown.text(),
                n=bias.shown.n,
                blind=bias.blind.text(),
                m=bias.blind.n,
                difference=bias.difference.text(),
            )
        )
    if bias.catches:
        parts.append(
            _("Of {n} proposals that were wrong on purpose {caught} were noticed.").format(
                n=bias.catches, caught=bias.caught
            )
        )
    return " ".join(parts)
