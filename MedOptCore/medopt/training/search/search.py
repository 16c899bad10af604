"""The search itself, three functions wide: suggest, report, finish."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from medopt.errors import MedOptError
from medopt.files import inside
from medopt.training.search.narrowing import Narrowing, best_trials, narrow
from medopt.training.search.pruning import is_hopeless
from medopt.training.search.rounds import Round, plan_rounds
from medopt.training.search.sampler import draw_values
from medopt.training.search.settings import Dimension, SearchSettings, Value
from medopt.training.search.trial import Trial, TrialStore

SETTINGS = "search.yaml"
TRIALS = "trials"

Alive = Callable[[str, float], bool]
"""Whether a worker is still at work, by what it calls itself and the seconds since it was heard of last."""


def nobody_else(worker: str, quiet_s: float) -> bool:
    """For a search that one process does alone: whoever else began a trial is gone."""
    return False


class Search:
    """A search in a folder. Any number of workers, on machines that share the folder, may work on it at once.

    Parameters
    ----------
    folder : of the search; its trials are files in ``trials``
    settings : what is searched; must be those that the search was begun with
    worker : what this worker calls itself
    alive : whether another one is still at work, so that trials of vanished workers are taken over

    Raises MedOptError when the folder holds a search with other settings.
    """

    def __init__(self, folder: Path, settings: SearchSettings, *, worker: str = "", alive: Alive = nobody_else) -> None:
        self.folder, self.settings, self.worker, self._alive = folder, settings, worker, alive
        file = folder / SETTINGS
        if file.is_file() and SearchSettings.load(file) != settings:
            raise MedOptError(
                "the search was begun with other settings",
                where=file,
                remedy="Repeat the command as it was, or give the new search another name",
            )
        folder.mkdir(parents=True, exist_ok=True)
        if not file.is_file():
            settings.save(file)
        self.store = TrialStore(folder / TRIALS)
        self.rounds: tuple[Round, ...] = plan_rounds(settings)
        self._began: dict[int, float] = {}

    @classmethod
    def open(cls, folder: Path, *, worker: str = "", alive: Alive = nobody_else) -> Search:
        """The search in ``folder``; MedOptError when there is none."""
        if not (folder / SETTINGS).is_file():
            raise MedOptError("not a search", where=folder, expected=f"a folder with {SETTINGS}")
        return cls(folder, SearchSettings.load(folder / SETTINGS), worker=worker, alive=alive)

    # ---- the three functions -----------------------------------------------------------------------------------

    def suggest(self) -> Trial | None:
        """The next trial for this worker: one that a vanished worker left, or a new one.

        None when there is nothing to do now: the search is finished (see ``finished``), or the last trials of a round
        are at other workers, and the next round's ranges depend on them.
        """
        while True:
            trials = self.store.all()
            left = self._left_behind(trials)
            if left is not None:
                return left
            number = len(trials)
            current = next((one for one in self.rounds if number in one.trials), None)
            if current is None or not self._complete(trials, before=current):
                return None
            values, origin = self._values(trials, current, number)
            fresh = Trial(number, current.number, current.share, values, promoted_from=origin, worker=self.worker)
            if self.store.create(fresh):
                self._began[number] = time.monotonic()
                return fresh

    def report(self, trial: Trial, share: float, score: float) -> tuple[Trial, bool]:
        """Note a look: ``share`` of the trial has passed, and the validation score is ``score`` (higher is better).

        The trial as it is now, and whether it is worth going on.
        """
        points = tuple(p for p in trial.points if p[0] < share - 1e-6)  # a resumed training may repeat a look
        best = max([score, *(value for _, value in points)])
        trial = trial.changed(points=(*points, (round(share, 6), score)), score=best, seconds=self._seconds(trial))
        self.store.save(trial)
        others = [one for one in self.store.all() if one.round == trial.round and one.number != trial.number]
        return trial, not is_hopeless(trial, others, self.settings.keep)

    def finish(self, trial: Trial, score: float | None = None, *, pruned: bool = False, error: str = "") -> Trial:
        """End a trial: with its score, as ended early, or as failed with the reason."""
        state = "failed" if error else "pruned" if pruned else "done"
        known = trial.score if score is None else score
        ended = trial.changed(state=state, score=known, error=error or None, seconds=self._seconds(trial))
        self.store.save(ended)
        return ended

    # ---- what is known -----------------------------------------------------------------------------------------

    @property
    def finished(self) -> bool:
        """Whether every trial has ended."""
        trials = self.store.all()
        return len(trials) >= self.settings.trials and all(trial.ended for trial in trials)

    def ranges(self, round_number: int) -> tuple[tuple[Dimension, ...], tuple[Narrowing, ...]]:
        """The ranges of a round, and all narrowing that led to them; the rounds before must have ended."""
        return self._ranges(self.store.all(), round_number)

    def run_folder(self, trial: Trial) -> Path:
        """Where the trial may keep what it needs to resume."""
        return inside(self.store.folder, trial.name)

    # ---- parts of it -------------------------------------------------------------------------------------------

    def _left_behind(self, trials: Sequence[Trial]) -> Trial | None:
        for trial in trials:
            if trial.ended or (trial.number in self._began and trial.worker == self.worker):
                continue
            if self._alive(trial.worker, self.store.quiet_seconds(trial)) or not self.store.claim(trial):
                continue
            mine = trial.changed(worker=self.worker, attempt=trial.attempt + 1, seconds=0.0)
            self.store.save(mine)
            self._began[trial.number] = time.monotonic()
            return mine
        return None

    def _complete(self, trials: Sequence[Trial], *, before: Round) -> bool:
        return all(trial.ended for trial in trials if trial.round < before.number)

    def _ranges(
        self, trials: Sequence[Trial], round_number: int
    ) -> tuple[tuple[Dimension, ...], tuple[Narrowing, ...]]:
        dimensions = self.settings.dimensions
        told: tuple[Narrowing, ...] = ()
        for one in self.rounds[:round_number]:
            mine = [trial for trial in trials if trial.round == one.number]
            dimensions, changes = narrow(dimensions, mine, self.settings, one.number)
            told = (*told, *changes)
        return dimensions, told

    def _values(self, trials: Sequence[Trial], current: Round, number: int) -> tuple[dict[str, Value], int | None]:
        dimensions, _ = self._ranges(trials, current.number)
        if current.number:
            before = self.rounds[current.number - 1]
            best = best_trials([trial for trial in trials if trial.round == before.number], 1.0)[: current.promoted]
            place = number - current.first
            if place < len(best):
                return dict(best[place].values), best[place].number
        return draw_values(dimensions, trials, self.rounds, self.settings, number), None

    def _seconds(self, trial: Trial) -> float:
        return round(time.monotonic() - self._began.get(trial.number, time.monotonic()), 2)
