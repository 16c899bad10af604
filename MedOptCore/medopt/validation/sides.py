"""Training, validation and test cases of one run side by side, with the gaps between them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from medopt.errors import MedOptError
from medopt.files import read_json, write_json
from medopt.project import Project
from medopt.project.splitting import list_openings
from medopt.validation.overfitting import SubsetGap, compare_subsets
from medopt.validation.result_files import AnyResults, load_results
from medopt.validation.table import MEAN, SummaryRow

PARTS = ("train", "validation", "test")

LOOKS = "test-looks.json"
"""In a run's folder: how often the test subjects had been looked at when they were measured."""


@dataclass(frozen=True)
class Side:
    """One part: its name and the main figure (mean over structures or classes) of its cases."""

    part: str
    row: SummaryRow


@dataclass(frozen=True)
class Sides:
    """The parts that were measured, in the order train, validation, test.

    Parameters
    ----------
    metric : the task's main one
    sides : one a part
    gaps : training against each of the others; none where training was not measured
    """

    metric: str
    sides: tuple[Side, ...]
    gaps: tuple[tuple[str, SubsetGap], ...]

    @property
    def verdict(self) -> SubsetGap | None:
        """The gap that the verdict rests on: that to the test cases, which chose nothing; None without it."""
        return dict(self.gaps).get("test")


def read_sides(folder: Path) -> Sides | None:
    """What the files of a run's folder tell; None when no part was measured.

    Parts that were measured with other weights or structures than the newest are passed over. Raises MedOptError when
    a file is damaged.
    """
    files = {part: folder / f"metrics-{part}.json" for part in PARTS}
    found: dict[str, AnyResults] = {part: load_results(file) for part, file in files.items() if file.is_file()}
    found = {part: results for part, results in found.items() if results.summary}
    if not found:
        return None
    main = found.get("test") or next(iter(found.values()))
    alike = {
        part: results
        for part, results in found.items()
        if (results.model, results.structures) == (main.model, main.structures)
    }
    gaps = []
    if "train" in alike:
        for part in PARTS[1:]:
            if part in alike:
                try:
                    gaps.append((part, compare_subsets(alike["train"], alike[part])))
                except MedOptError:
                    continue  # a subject on both sides: the split was replaced, and no gap is honest
    return Sides(
        main.main_metric,
        tuple(Side(part, results.row(MEAN, results.main_metric)) for part, results in alike.items()),
        tuple(gaps),
    )


def note_looks(project: Project, folder: Path) -> None:
    """Keep with a run how often the project's test subjects had been looked at, this look included."""
    openings = list_openings(project)
    runs = [one for one in openings if one.purpose.endswith(f" of {folder.name}")]
    write_json(folder / LOOKS, {"format": 1, "looks": len(openings), "of_this_run": len(runs)})


def read_looks(folder: Path) -> tuple[int, int] | None:
    """Looks at the test subjects so far, by any run and by this one; None where it is not recorded."""
    path = folder / LOOKS
    if not path.is_file():
        return None
    values = read_json(path)
    try:
        return int(values["looks"]), int(values["of_this_run"])
    except (KeyError, TypeError, ValueError) as error:
        raise MedOptError("the record of the looks is damaged", where=path, found=repr(error)) from error
