"""What an explanation of a run found, and its file ``explanation.json``; needs no torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from medopt.files import read_json, write_json
from medopt.validation.explain.pointing import Pointed
from medopt.validation.explain.settings import METHODS, ExplainSettings
from medopt.validation.table import LeftOut

FILE = "explanation.json"
FOLDER = "explanations"
"""In a run's folder."""
FORMAT = 1


@dataclass(frozen=True)
class CaseMap:
    """The map of one class in one case.

    Parameters
    ----------
    case, subject : whose it is
    value, name : of the class
    file : of the map, below the folder of the explanation
    largest : of the map before it was scaled to 100; 0 when nothing in the image speaks for the class
    pointed : how it points at the reference; None where there is no region to point at
    """

    case: str
    subject: str
    value: int
    name: str
    file: str
    largest: float
    pointed: Pointed | None = None


@dataclass(frozen=True)
class Rate:
    """A share or a mean over maps, with its 95 % interval over subjects; None where it cannot be told, for which
    ``note`` gives the reason.
    """

    estimate: float | None
    low: float | None
    high: float | None
    n: int
    n_subjects: int
    note: str = ""


@dataclass(frozen=True)
class PointingRow:
    """The pointing game of one class.

    Parameters
    ----------
    name : of the class
    hits : share of maps whose largest value lies in the reference
    inside : mean share of a map that lies there
    chance : mean share of the image that the reference covers
    """

    name: str
    hits: Rate
    inside: Rate
    chance: float


@dataclass(frozen=True)
class SanityRow:
    """How like the trained network's maps those are after one step of randomisation.

    Parameters
    ----------
    step : the part of the network that was drawn anew last, besides all after it
    spearman, ssim : mean rank correlation, and mean structural similarity
    """

    step: str
    spearman: Rate
    ssim: Rate


@dataclass(frozen=True)
class Explanation:
    """All that ``explain_run`` found.

    Parameters
    ----------
    run, task, subset, weights : what was explained
    settings : how
    layer : whose features were weighed; "" for occlusion
    cells : (k, j, i) of that layer's map of one window; None for occlusion
    maps : one a case and class
    nothing : maps that could not be made because the model finds nothing of the class, and cases that failed
    pointing : one a class with regions
    sanity : from the output to the input; the last is the network with all its weights drawn anew
    """

    run: str
    task: str
    subset: str
    weights: str
    settings: ExplainSettings
    layer: str
    cells: tuple[int, ...] | None
    maps: tuple[CaseMap, ...]
    nothing: tuple[LeftOut, ...]
    pointing: tuple[PointingRow, ...]
    sanity: tuple[SanityRow, ...]

    @property
    def title(self) -> str:
        """The method as people write it."""
        return METHODS[self.settings.method]

    def save(self, folder: Path) -> Path:
        """Write ``explanation.json`` atomically and give its path."""
        values = {"format": FORMAT, **asdict(self), "settings": self.settings.model_dump(mode="json")}
        write_json(folder / FILE, values)
        return folder / FILE

    @classmethod
    def load(cls, path: str | Path) -> Explanation:
        """Read what ``save`` wrote; MedOptError when it is damaged or newer."""
        values = read_json(path)
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            raise MedOptError(
                "not a file of maps that this MedOpt can read",
                where=path,
                expected=f"format {FORMAT}",
                found=str(values.get("format")) if isinstance(values, dict) else type(values).__name__,
                remedy="Update MedOpt, or make the maps again: medopt explain PROJECT",
            )
        try:
            return cls._parsed(values, path)
        except (KeyError, TypeError, ValueError) as error:
            raise MedOptError(
                "the file of maps is damaged", where=path, found=repr(error), remedy="Make the maps again"
            ) from error

    @classmethod
    def _parsed(cls, values: dict[str, Any], path: str | Path) -> Explanation:
        cells = values["cells"]
        return cls(
            str(values["run"]),
            str(values["task"]),
            str(values["subset"]),
            str(values["weights"]),
            ExplainSettings.parse(values["settings"], path),
            str(values["layer"]),
            None if cells is None else tuple(int(n) for n in cells),
            tuple(parse_map(one) for one in values["maps"]),
            tuple(LeftOut(**one) for one in values["nothing"]),
            tuple(
                PointingRow(one["name"], Rate(**one["hits"]), Rate(**one["inside"]), float(one["chance"]))
                for one in values["pointing"]
            ),
            tuple(SanityRow(one["step"], Rate(**one["spearman"]), Rate(**one["ssim"])) for one in values["sanity"]),
        )


def parse_map(values: dict[str, Any]) -> CaseMap:
    """A ``CaseMap`` from the plain data of ``dataclasses.asdict``."""
    pointed = values["pointed"]
    return CaseMap(**{**values, "pointed": None if pointed is None else Pointed(**pointed)})


def explanation_folder(run_folder: Path, subset: str, method: str) -> Path:
    """Where the maps of a part of the split by a method lie."""
    return run_folder / FOLDER / f"{subset}-{method}"


def list_explanations(run_folder: Path, subset: str | None = None) -> list[Path]:
    """The ``explanation.json`` files of a run, of one part of the split when named, in the order of the methods."""
    found = [p for p in (run_folder / FOLDER).glob(f"*/{FILE}") if subset in (None, p.parent.name.rpartition("-")[0])]
    order: list[str] = list(METHODS)

    def place(path: Path) -> tuple[int, str]:
        part, _, method = path.parent.name.rpartition("-")
        return (order.index(method) if method in order else len(order)), part

    return sorted(found, key=place)
