"""A request of compression in its folder as the panel shows it; read without torch while a worker writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _
from MedOptCoreLib.texts import duration, interval, number
from MedOptValidateLib.compress_words import METRIC_TITLES, askedWords, modelWords, speedWords

TAKEN, ON_FRONT, REFERENCE, OTHER = "#d55e00", "#0072b2", "#000000", "#b0b0b0"
"""Colours of points."""


class CompressView:
    """Parameters
    ----------
    projectFolder : of the project
    folder : of the request, with ``plan.json``; MedOptError when that cannot be read
    """

    def __init__(self, projectFolder: Path, folder: Path) -> None:
        from medopt.compression.chain.front_file import PLAN
        from medopt.compression.chain.plan import Plan
        from medopt.files import read_json

        self._project, self.folder = projectFolder, folder
        self.plan = Plan.from_json(read_json(folder / PLAN), str(folder / PLAN))
        self.front: Any = None
        self.ended: dict[str, str] = {}
        self._seen: tuple[Any, ...] = ()

    @property
    def name(self) -> str:
        """Of the request."""
        return self.folder.name

    def update(self) -> bool:
        """Read what was written since the last look; whether there was something. MedOptError for a damaged front."""
        from medopt.compression.chain.front_file import FRONT, read_front

        files = [self.folder / FRONT, *sorted(self.folder.glob("scores/*.json")), *map(self._record, self.branches)]
        seen = tuple((str(path), path.stat().st_mtime_ns) for path in files if path.is_file())
        if seen == self._seen:
            return False
        self._seen = seen
        self.front = read_front(self.folder / FRONT) if (self.folder / FRONT).is_file() else None
        if self.front is not None:
            self.ended = {**self.ended, **self.front.ended}
        return True

    @property
    def engine(self) -> str:
        """That models were measured in last; empty while none was."""
        from medopt.files import read_json

        if self.front is not None:
            return str(self.front.engine)
        scores = sorted(self.folder.glob("scores/*.json"), key=lambda path: path.stat().st_mtime_ns)
        found = read_json(scores[-1]) if scores else {}
        return str(found.get("engine", "")) if isinstance(found, dict) else ""

    # ---- how far it is -------------------------------------------------------------------------------------

    @property
    def branches(self) -> tuple[Any, ...]:
        """Those of the plan."""
        return tuple(self.plan.branches)

    def _record(self, branch: Any) -> Path:
        """The record of the run that the branch trains, which may not be there yet."""
        run = f"{self.name}-{branch.name}" if branch.trains else self.plan.run
        return self._project / "runs" / run / "run.json"

    def _measured(self, branch: Any) -> int:
        """How many of the branch's models, in float and in 8 bit, were measured."""
        name = f"{self.name}-{branch.name}"
        return sum((self.folder / "scores" / f"{one}.json").is_file() for one in (name, f"{name}-int8"))

    def isOver(self, branch: Any) -> bool:
        """Whether nothing is left to do for a branch."""
        return branch.name in self.ended or self._measured(branch) == 2

    @property
    def over(self) -> int:
        """How many branches are."""
        return sum(self.isOver(branch) for branch in self.branches)

    @property
    def secondsLeft(self) -> float | None:
        """Of what the plan expects, for what is still to be done; None when trainings are told in steps."""
        if self.plan.minutes_each is None:
            return None
        rest = self.plan.rest_seconds / max(1, len(self.branches))
        left = 0.0
        for branch in self.branches:
            if self.isOver(branch):
                continue
            left += rest * (2 - self._measured(branch)) / 2
            if branch.trains:
                left += self._trainingLeft(branch)
        return left

    def _trainingLeft(self, branch: Any) -> float:
        from medopt.files import read_json

        whole = 60.0 * (self.plan.minutes_each or 0.0)
        try:
            record = read_json(self._record(branch))
        except MedOptError:  # not begun, or half written
            return whole
        if not isinstance(record, dict) or record.get("state") == "done":
            return 0.0
        trained = record.get("seconds_trained")
        return max(0.0, whole - float(trained)) if isinstance(trained, (int, float)) else whole

    def planCells(self, *, running: bool) -> list[list[str]]:
        """A row a branch: name, what it is, its training, and how far it is."""
        from medopt.compression.chain.plan import plan_rows

        over = {branch.name: self.isOver(branch) for branch in self.branches}
        current = next((name for name, done in over.items() if not done), None) if running else None
        cells = []
        for row in plan_rows(self.plan):
            name = row["branch"]
            if name in self.ended:
                state = _("ended: {why}").format(why=self.ended[name])
            elif over.get(name):
                state = _("done")
            else:
                state = _("at work") if name == current else ""
            cells.append([name, row["what"], row["training"], state])
        return cells

    def text(self, *, running: bool) -> str:
        """How far the request is, and what it found, in a line."""
        asked = askedWords(self.plan, None if self.front is None else self.front.rules)
        done = _("{n} of {all} branches").format(n=self.over, all=len(self.branches))
        parts = [f"{self.name}: {asked}", done]
        if running and self.secondsLeft:
            parts.append(_("about {time} left").format(time=duration(self.secondsLeft)))
        if self.front is not None:
            parts += [_("measured in {engine}").format(engine=self.front.engine), self._found]
        elif not running:
            parts.append(_("not finished: Resume goes on"))
        return " · ".join(parts)

    @property
    def _found(self) -> str:
        if self.front.taken is None:
            return _("no model keeps what was asked for; the nearest is {model}").format(
                model=self.front.nearest or "–"
            )
        return _(
            "taken: {model}. It was chosen on {n} validation cases, so a little too good: measure it once on the test"
        ).format(model=self.front.taken, n=self.front.validation_cases)

    # ---- what it found -------------------------------------------------------------------------------------

    @property
    def metric(self) -> str:
        """Title of the score."""
        return METRIC_TITLES.get(self.front.metric, self.front.metric) if self.front is not None else _("Score")

    @property
    def models(self) -> tuple[Any, ...]:
        """The measured models, the fastest first."""
        return () if self.front is None else tuple(self.front.candidates)

    def headers(self) -> tuple[str, ...]:
        """Heads of the table of models."""
        return (_("Model"), _("MB"), _("ms a patch"), self.metric, _("Keeps [95 % interval]"), _("Why"))

    def rows(self) -> list[list[str]]:
        """A row a model."""
        return [
            [
                ("★ " if one.name == self.front.taken else "") + one.name,
                f"{one.bytes / 1e6:.3g}",
                f"{one.latency_ms:.3g}",
                number(one.score, 4),
                interval(one.ratio, one.low, one.high, 4),
                self._why(one),
            ]
            for one in self.models
        ]

    def _why(self, one: Any) -> str:
        """Taken, compared with, or why it was refused."""
        if one.name == self.front.taken:
            return _("taken")
        if one.is_reference:
            return _("compared with")
        reasons = "; ".join(self.front.refused.get(one.name, ()))
        nearest = _("nearest: ") if one.name == self.front.nearest else ""
        return nearest + (reasons or _("keeps enough, but is not faster than the one taken"))

    def told(self, name: str) -> str:
        """All that was measured of a model, in words."""
        one = next((one for one in self.models if one.name == name), None)
        if one is None:
            return ""
        teacher = next((m for m in self.models if m.branch == "teacher" and m.bits == 32), None)
        faster = speedWords(one, self.front.faster.get(name), teacher)
        return modelWords(one, self.metric, faster, self._why(one))

    def chart(self) -> Any:
        """Score against the time of a patch; a label of a point is its model's name. None without scores."""
        from medopt.compression.chain.front import outline
        from medopt.scene.plots import Chart, Series

        shown = [one for one in self.models if one.score is not None]
        if not shown:
            return None
        front = [one for one in shown if one.name in self.front.front]
        series = [_series(Series, _("Front"), outline(shown), "line", ON_FRONT)]
        if self.front.demanded is not None:
            ends = [min(one.latency_ms for one in shown), max(one.latency_ms for one in shown)]
            name = _("{share:.4g} % of the better of teacher and control").format(share=100 * self.front.rules.keep)
            series.append(Series(name, ends, [self.front.demanded] * 2, style="dashes", color=OTHER))
        taken = [one for one in shown if one.name == self.front.taken]
        rest = [one for one in shown if not one.is_reference and one not in taken]
        groups = (
            (_("Teacher and control"), [one for one in shown if one.is_reference], REFERENCE),
            (_("On the front"), [one for one in rest if one in front], ON_FRONT),
            (_("Beaten by others"), [one for one in rest if one not in front], OTHER),
            (_("Taken"), taken, TAKEN),
        )
        series += [_series(Series, name, models, "points", color) for name, models, color in groups if models]
        title = _("{name}: {n} validation cases").format(name=self.name, n=self.front.validation_cases)
        time = _("Time of a patch (ms, {engine})").format(engine=self.front.engine)
        return Chart(title, time, self.metric, tuple(series))


def _series(kind: Any, name: str, models: list[Any], style: str, color: str) -> Any:
    names = [one.name for one in models]
    times, scores = [one.latency_ms for one in models], [one.score for one in models]
    return kind(name, times, scores, names, style=style, color=color)
