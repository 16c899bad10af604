"""What of a project can be looked at: its runs, cross-validations, exported models, and models of other projects."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _

SUBSETS = ("test", "validation", "train")
ENGINE = "onnxruntime"
"""That exported models are measured in, unless they were brought to 8 bit for another one."""


@dataclass(frozen=True)
class MeasuredModel:
    """One entry of the selector.

    Parameters
    ----------
    key : tells entries apart; a run's own name
    text : what the selector shows
    folder : with metrics and predictions; of a run its own
    subsets : the parts of which there are or can be results
    isRun : whether it is a run of this project, which can be explained and exported
    report : the page of its report, which may not be there yet; None where its name depends on the subset
    words : by which commands that measure and report name it; empty for what cannot be measured again
    source : the folder of what is measured; the same as ``folder`` except for exported models
    """

    key: str
    text: str
    folder: Path
    subsets: tuple[str, ...] = SUBSETS
    isRun: bool = True
    report: Path | None = None
    words: tuple[str, ...] = ()
    source: Path | None = None


def measuredModels(projectFolder: Path) -> list[MeasuredModel]:
    """Runs, the newest first; then finished cross-validations, external validations and exported models, each the
    newest first.
    """
    from medopt.cli.runs import list_runs

    lines = list(reversed(list_runs(projectFolder)))
    found = [
        MeasuredModel(line.name, f"{line.name} ({line.state})", line.folder, words=("--run", line.name))
        for line in lines
    ]
    for file in _newestFirst(projectFolder.glob("runs/*/pooled/metrics-out-of-fold.json")):
        pooled = file.parent
        name = pooled.parent.name
        text = _("{name} (every subject by a model that never saw it)").format(name=name)
        page = pooled.parent / "report.html"
        found.append(MeasuredModel(f"{name}/pooled", text, pooled, ("out-of-fold",), False, page))
    for file in _newestFirst(projectFolder.glob("external/*/metrics-external.json")):
        folder = file.parent
        text = _("{name} (model of another project)").format(name=folder.name)
        page = folder / "report-external.html"
        found.append(MeasuredModel(f"external/{folder.name}", text, folder, ("external",), False, page))
    runs = {line.name: line.folder for line in lines}
    return found + [
        _exportedModel(file.parent, run, runs[run])
        for file in _newestFirst(projectFolder.glob("models/*/metadata.json"))
        if (run := _runOfModel(file)) in runs
    ]


def exportedKey(name: str) -> str:
    """The key of an exported model."""
    return f"models/{name}"


def _exportedModel(package: Path, run: str, runFolder: Path) -> MeasuredModel:
    name = package.name
    return MeasuredModel(
        exportedKey(name),
        _("{name} (exported model of {run})").format(name=name, run=run),
        runFolder / "exported" / f"{name}-{_engineOf(package)}",
        isRun=False,
        words=("--run", run, "--model", name),
        source=package,
    )


def _engineOf(package: Path) -> str:
    """As the commands choose it, when no engine is named."""
    from medopt.inference.package_files import engine_made_for

    try:
        return engine_made_for(package)
    except MedOptError:
        return ENGINE


def _runOfModel(metadata: Path) -> str:
    """The run that a model was made of, as its description says; empty when it cannot be read."""
    from medopt.files import read_json
    from medopt.inference.package_files import SECTION

    try:
        return str(read_json(metadata)[SECTION]["run"])
    except (MedOptError, KeyError, TypeError):
        return ""


def subsetNames(project: Any) -> dict[str, str]:
    """Subset → what it is called; the sealed part tells how often somebody looked."""
    looks = 0 if project is None else len(project.test_openings())
    times = _("looked at once") if looks == 1 else _("looked at {n} times").format(n=looks)
    return {
        "test": _("test (subjects never seen; sealed, {times})").format(times=times),
        "validation": _("validation (looked at while training)"),
        "train": _("training (what it learned from)"),
        "out-of-fold": _("all folds, each by the model that never saw it"),
        "external": _("this project, with a model of another one"),
    }


def _newestFirst(files: Any) -> list[Path]:
    return sorted(files, key=lambda path: (path.stat().st_mtime, str(path)), reverse=True)
