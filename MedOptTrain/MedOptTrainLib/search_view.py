"""A search in its folder as a panel shows it: trials, ranges, the best; read without torch while workers write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _
from MedOptTrainLib.recipe_rows import text

SETTINGS, BEST = "search.yaml", "best-recipe.yaml"
STATES = {"running": _("at work"), "done": _("done"), "pruned": _("ended early"), "failed": _("failed")}


class SearchView:
    """Parameters
    ----------
    folder : of the search
    """

    def __init__(self, folder: Path) -> None:
        from medopt.training.search import SearchSettings, plan_rounds

        self.folder = folder
        self.settings = SearchSettings.load(folder / SETTINGS)
        self.rounds = plan_rounds(self.settings)
        self.trials: list[Any] = []
        self._seen: tuple[Any, ...] = ()

    def update(self) -> bool:
        """Read the trials that were written since the last look; whether there was something."""
        from medopt.training.search.trial import TrialStore

        files = sorted(self.folder.glob("trials/trial-*.json"))
        seen = tuple((path.name, path.stat().st_mtime_ns) for path in files if path.is_file())
        if seen == self._seen:
            return False
        try:
            self.trials, self._seen = TrialStore(self.folder / "trials").all(), seen
        except MedOptError:  # half a record, which its worker is about to mend
            return False
        return True

    @property
    def finished(self) -> bool:
        """Whether every trial has ended."""
        return len(self.trials) >= self.settings.trials and all(trial.ended for trial in self.trials)

    @property
    def ended(self) -> int:
        """Rounds of which every trial has ended."""
        count = 0
        for one in self.rounds:
            mine = [trial for trial in self.trials if trial.round == one.number]
            if len(mine) < one.size or not all(trial.ended for trial in mine):
                break
            count += 1
        return count

    @property
    def best(self) -> Any:
        """The best finished trial of the latest round that has one; None before the first."""
        from medopt.training.search.narrowing import ranked

        best = None
        for one in self.rounds:
            mine = ranked([trial for trial in self.trials if trial.round == one.number])
            best = next((trial for trial in mine if trial.state == "done" and trial.score is not None), best)
        return best

    def rows(self) -> list[list[str]]:
        """The last round first, in each the best first: trial, round, state, score, values."""
        from medopt.training.search.narrowing import ranked

        found = []
        for one in reversed(self.rounds):
            for trial in ranked([t for t in self.trials if t.round == one.number]):
                score = "–" if trial.score is None else f"{trial.score:.4f}"
                values = ", ".join(f"{_last(name)} {_short(value)}" for name, value in trial.values.items())
                mark = "★ " if trial is self.best else ""
                found.append([f"{mark}{trial.number + 1}", str(trial.round + 1), STATES[trial.state], score, values])
        return found

    def ranges(self) -> list[list[str]]:
        """Each field with its range at the beginning and now."""
        from medopt.training.search.narrowing import narrow

        now = self.settings.dimensions
        for one in self.rounds[: min(self.ended, len(self.rounds) - 1)]:
            now, _told = narrow(now, [t for t in self.trials if t.round == one.number], self.settings, one.number)
        return [[one.field, str(one), str(after)] for one, after in zip(self.settings.dimensions, now, strict=True)]

    def history(self) -> Any:
        """Score against the trial's number, a series a round."""
        from medopt.scene.plots import Chart, Series

        series = []
        for one in self.rounds:
            mine = [t for t in self.trials if t.round == one.number and t.score is not None]
            if mine:
                name = _("Round {n}, {share:.0%} of the time").format(n=one.number + 1, share=one.share)
                labels = [t.name for t in mine]
                series.append(
                    Series(name, [t.number + 1 for t in mine], [t.score for t in mine], labels, style="points")
                )
        title = _("{name}: trials").format(name=self.folder.name)
        return Chart(title, _("Trial"), _("Validation score"), tuple(series))

    def importance(self) -> Any:
        """How much each field decided, as bars; None while trials are too few to tell."""
        from medopt.scene.plots import Chart, Series
        from medopt.training.search import importances

        found = importances(self.settings.dimensions, self.trials, self.rounds)
        if not found:
            return None
        names = [_last(one.field) for one in found]
        title = _("{name}: importance of {fields}").format(name=self.folder.name, fields=", ".join(names))
        bars = Series(_("Share"), list(range(len(found))), [one.share for one in found], names, style="bars")
        return Chart(title, _("Field, in this order"), _("Share of the importance"), (bars,), (0.0, 1.0))


def _last(field: str) -> str:
    return field.rpartition(".")[2]


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else text(value)
