"""``medopt balance``: how often each class is met, and what balancing would make of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medopt.cli.options import Events, EventsOption, ProjectArgument
from medopt.cli.work import showing
from medopt.errors import MedOptError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from medopt.augment.balance import Balance
    from medopt.project import Project

BAR = 24
"""Characters of the longest bar."""


def command(
    project: ProjectArgument,
    target: Annotated[
        float,
        typer.Option(min=0, max=1, help="Each class should be met so often, as a share of the commonest; 0 is off."),
    ] = 0.5,
    method: Annotated[
        str,
        typer.Option(
            metavar="weights|copies", help="weights keep the length of an epoch; copies add augmented copies to it."
        ),
    ] = "weights",
    limit: Annotated[float, typer.Option(min=1, max=1000, help="How often a case may come at most.")] = 5.0,
    recipe: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Take target, method and limit from this recipe.", show_default=False),
    ] = None,
    events: EventsOption = Events.text,
) -> None:
    """Show how often each class is met in an epoch of training, before and after balancing.

    Reads the catalogue only: the training part of the split, or all labelled cases when there is no split. Changes
    nothing; to train so, set balance.target in the recipe.

    \b
    Example:
      medopt balance hippocampus --target 0.8
    """
    from medopt.augment.balance import BalanceSettings, balance
    from medopt.project import Project
    from medopt.settings import read_yaml

    with showing(events) as reporter:
        opened = Project.open(project)
        if recipe is not None:
            values = read_yaml(recipe)
            said = values.get("balance") if isinstance(values, dict) else None
            settings = BalanceSettings.parse(said or {}, recipe)
        else:
            settings = BalanceSettings.parse({"target": target, "method": method, "limit": limit}, "balance")
        counts, part = class_counts(opened)
        found = balance(counts, settings)
        names = [info.name for info in opened.settings.classes]
        reporter.emit(
            "result", title=f"Classes in an epoch of {part}", rows=_rows(found, names, bars=events is Events.text)
        )
        text = f"{len(counts)} cases; an epoch has {found.length}, and tells as much as {found.effective_cases:.0f} of "
        reporter.emit("message", level="info", text=f"{text}equal weight")


def class_counts(project: Project) -> tuple[NDArray[np.float64], str]:
    """(cases, classes) 1 where the label of a case holds a class, and which cases these are.

    Raises MedOptError when no case has a label, and when there is a split that cannot be used: cases of its test part
    must not count.
    """
    import numpy as np

    from medopt.project import load_split
    from medopt.project.splitting import split_path

    held = project.label_values()
    try:
        chosen = [case for case in load_split(project).train if case in held]
        part = "the training part"
    except MedOptError:
        if split_path(project).is_file():
            raise
        flagged = {case.id for case in project.cases() if case.state == "flagged"}
        chosen, part = sorted(held.keys() - flagged), "all labelled cases (there is no split yet)"
    if not chosen:
        raise MedOptError("there is nothing to balance", where=project.folder, expected="labelled cases")
    values = [info.value for info in project.settings.classes]
    return np.array([[float(value in held[case]) for value in values] for case in chosen]), part


def _rows(found: Balance, names: list[str], *, bars: bool) -> list[dict[str, Any]]:
    """One row a class; shares are of the commonest class. Bars are for people only."""
    from medopt.augment.balance import REASONS

    highest = max(float(found.before.max(initial=0)), float(found.after.max(initial=0)), 1.0)
    rows = []
    for number, name in enumerate(names):
        row: dict[str, Any] = {"class": name}
        for when, counts, bar in (("before", found.before, ""), ("after", found.after, " ")):
            count = float(counts[number])
            row[when] = round(count, 1) if count % 1 else int(count)
            if bars:
                row[bar] = "█" * round(BAR * count / highest)
            row[f"share {when}"] = round(count / (float(counts.max()) or 1.0), 3)
        row["target"] = REASONS[found.reasons[number]] if found.settings.target else "none"
        rows.append(row)
    return rows
