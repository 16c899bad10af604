"""The recipe in the panel: proposed by the worker, loaded, edited, checked by the worker, saved."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptTrainLib.recipe_rows import RecipeRow, changed, decided, reverted, rows

NEEDED_PARTS = ("preprocess", "augment", "network", "training")
"""Parts without defaults."""


class RecipeForm(Presenter):
    """Holds plain data of a recipe; what it means is known only in the worker, which has torch.

    Parameters
    ----------
    startJob : hands a command to the worker line
    isBusy : whether a job is under way
    """

    def __init__(self, startJob: Callable[[Sequence[str]], Any], isBusy: Callable[[], bool]) -> None:
        super().__init__()
        self._startJob, self._isBusy = startJob, isBusy
        self._project: Any = None
        self._waiting: tuple[str, Path] | None = None
        self.everything = False
        self._forget()

    def _forget(self) -> None:
        self.values: dict[str, Any] | None = None
        self.advice: Any = None
        self.selected: str | None = None
        self.problems = ""
        self._checked = False

    def setProject(self, project: Any) -> None:
        """Another project: its recipe is proposed or loaded anew."""
        self._project = project
        self._waiting = None
        self._forget()
        self.changed.emit()

    # ---- where it comes from -------------------------------------------------------------------------------

    def propose(self, minutes: float, device: str = "") -> None:
        """Let the worker look at the data and advise a recipe that trains for ``minutes`` on ``device``."""
        file = self.newFile("advice", ".json")
        where = ["--device", device] if device else []
        words = ["advise", str(self._project.folder), "--minutes", str(minutes), *where, "--save-advice", str(file)]
        self._ask(words, file)

    def check(self) -> None:
        """Let the worker read the recipe as it would to train; it names every wrong field."""
        file = self.newFile("checked")
        edited = self.write(self.newFile("edited"))
        self._ask(["train", str(self._project.folder), "--recipe", str(edited), "--write-recipe", str(file)], file)

    def _ask(self, arguments: Sequence[str], file: Path) -> None:
        job = self._startJob(arguments)
        self._waiting = (job.id, file)
        self.problems = _("The worker is reading the data…")
        self.changed.emit()

    def jobFinished(self, job: Any, status: Any) -> None:
        """A job has ended; when it was asked for a recipe, take the recipe or the reason why there is none."""
        if self._waiting is None or self._waiting[0] != job.id:
            return
        file, self._waiting = self._waiting[1], None
        if status.state == "done" and file.is_file():
            if file.suffix == ".json":
                self._takeAdvice(file)
            else:
                self._take(file)
            self.problems, self._checked = _("✓ The recipe is valid."), True
        else:
            self.problems = status.error or _("The worker gave no recipe; see the log.")
        self.changed.emit()

    def waitsFor(self, job: Any) -> bool:
        """Whether ``job`` was asked for a recipe and not to train."""
        return self._waiting is not None and job is not None and self._waiting[0] == job.id

    def load(self, path: str | Path) -> None:
        """Take a recipe from a YAML file."""
        self._take(Path(path))
        self.problems, self._checked = _("Not checked yet: press Check."), False
        self.changed.emit()

    def _take(self, path: Path) -> None:
        from medopt.settings import read_yaml

        values = read_yaml(path)
        if not isinstance(values, dict):
            raise MedOptError(_("not a recipe"), where=path, expected=_("fields and values"))
        self.values = values

    def _takeAdvice(self, path: Path) -> None:
        from medopt.files import read_json
        from medopt.training.advice import Advice

        self.advice = Advice.from_json(read_json(path))
        values = dict(self.advice.values)
        # what was chosen in the panel before stays, and is marked as changed
        self.values = {**values, **(self.values or {})} if self.missingParts() else values

    @property
    def hasProject(self) -> bool:
        """Whether a project is open."""
        return self._project is not None

    # ---- editing -------------------------------------------------------------------------------------------

    def rows(self) -> list[RecipeRow]:
        """What the table shows; empty without a recipe. Without advice it shows everything."""
        found = self.allRows()
        return found if self.everything or self.advice is None else decided(found)

    def allRows(self) -> list[RecipeRow]:
        """Every field."""
        return [] if self.values is None else rows(self.values, self.advice)

    def showEverything(self, everything: bool) -> None:
        """Show every field, or what the data decide and what was changed."""
        if everything != self.everything:
            self.everything = everything
            self.changed.emit()

    def set(self, field: str, value: str) -> None:
        """Change a field; MedOptError when the text cannot be read, the recipe then stays as it was."""
        if self.values is None:
            return
        values = changed(self.values, field, value)
        if values != self.values:
            self.values, self._checked = values, False
            self.problems = _("Not checked yet: press Check.")
        self.changed.emit()

    def select(self, field: str | None) -> None:
        """Select a field of the table, which can go back to what was proposed."""
        if field != self.selected:
            self.selected = field
            self.changed.emit()

    def revert(self) -> None:
        """Set the selected field as it was proposed."""
        if self.values is not None and self.advice is not None and self.selected is not None:
            values = reverted(self.values, self.advice.values, self.selected)
            if values != self.values:
                self.values, self._checked = values, False
                self.problems = _("Not checked yet: press Check.")
            self.changed.emit()

    def setPart(self, name: str, value: Any) -> None:
        """Replace a whole part such as "preprocess"; without a recipe, one is begun with this part alone."""
        values = self.values or {}
        if values.get(name) != value:
            self.values, self._checked = {**values, name: value}, False
            self.problems = _("Not checked yet: press Check.")
        self.changed.emit()

    def missingParts(self) -> list[str]:
        """Names of parts that a recipe needs and this one has not; empty without a recipe, which is proposed whole."""
        return [] if self.values is None else [name for name in NEEDED_PARTS if name not in self.values]

    @property
    def incomplete(self) -> str:
        """What is missing before a training can follow the recipe, as a sentence; empty when nothing is."""
        missing = self.missingParts()
        if not missing:
            return ""
        return _("The recipe still lacks {names}: press Propose from data, which keeps what you have set.").format(
            names=", ".join(missing)
        )

    @property
    def minutes(self) -> float | None:
        """Minutes of training that the recipe gives, None when it gives steps or there is none."""
        training = (self.values or {}).get("training")
        minutes = training.get("minutes") if isinstance(training, dict) else None
        return float(minutes) if isinstance(minutes, (int, float)) else None

    def setMinutes(self, minutes: float) -> None:
        """Change the minutes of a recipe that gives minutes."""
        if self.minutes is not None and self.minutes != minutes:
            self.set("training.minutes", repr(float(minutes)))

    def write(self, path: str | Path) -> Path:
        """Write the recipe as YAML; returns the path."""
        import yaml

        from medopt.files import write_text

        text = yaml.safe_dump(self.values, sort_keys=False, allow_unicode=True, width=100)
        write_text(path, text)
        return Path(path)

    def fileForRun(self, run: str) -> Path | None:
        """The recipe written for a new run, None when the worker shall propose one."""
        return None if self.values is None else self.write(self.newFile(run))

    def newFile(self, name: str, suffix: str = ".yaml") -> Path:
        """A fresh name in the project's cache, for what panel and worker hand each other."""
        folder = Path(self._project.cache_folder) / "panel"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{name}-{uuid.uuid4().hex[:8]}{suffix}"

    # ---- what it shows -------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """One line about the recipe."""
        if self.values is None:
            return _(
                "No recipe yet: one is proposed from the data when the training starts, or press Propose to see it."
            )
        if self.incomplete:
            return self.incomplete
        found, shown = self.allRows(), len(self.rows())
        told = [_("{n} fields. Double-click a value to change it.").format(n=len(found))]
        if self.advice is not None:
            if shown < len(found):
                told[0] = _(
                    "{n} of {all} fields: those that the data decide. Double-click a value to change it."
                ).format(n=shown, all=len(found))
            others = sum(row.changed for row in found)
            told.append(_("Not as proposed: {n}.").format(n=others) if others else _("All are as proposed."))
            if self.advice.about:
                told.append(f"{self.advice.about[:1].upper()}{self.advice.about[1:]}.")
        return " ".join(told)

    @property
    def cautions(self) -> str:
        """What the adviser warns of, a line each, the worst first; empty without."""
        return "" if self.advice is None else "\n".join(f"⚠ {one.text}" for one in self.advice.cautions)

    def buttons(self) -> dict[str, ButtonState]:
        """How the buttons look."""
        noProject = "" if self._project is not None else _("Open or create a project first.")
        labelled = self._project is not None and self._project.status().labelled > 0
        busy = noProject or ("" if not self._isBusy() else _("Wait for the end of the job under way."))
        noRecipe = noProject or ("" if self.values is not None else _("Propose or load a recipe first."))
        propose = busy or ("" if labelled else _("Label some cases first."))
        row = next((row for row in self.rows() if row.field == self.selected), None) if self.advice else None
        noChange = noRecipe or ("" if self.advice is not None else _("Press Propose from data first."))
        noChange = noChange or ("" if row is not None else _("Select a field in the table first."))
        noChange = noChange or ("" if row is not None and row.changed else _("The field is as proposed."))
        return {
            "revertButton": ButtonState(noChange, _("Set the selected field as it was proposed.")),
            "proposeButton": ButtonState(propose, _("Let the worker propose spacing, patch, network and schedule.")),
            "loadButton": ButtonState(noProject, _("Read a recipe from a YAML file.")),
            "saveButton": ButtonState(noRecipe, _("Write the recipe to a YAML file.")),
            "checkButton": ButtonState(
                noRecipe or self.incomplete or busy, _("Let the worker read the recipe; it names every wrong field.")
            ),
        }
