"""Maps of a whole part of the split, with the checks that say what they are worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.events import Reporter, Silence, track
from medopt.files import file_sha256, read_json, write_json
from medopt.image import Image
from medopt.io import read_label_map, write_image
from medopt.io.markups import read_markup_boxes
from medopt.project import Project, load_split
from medopt.project.splitting import open_test, split_path
from medopt.training.build import build_for
from medopt.training.device import choose_device
from medopt.training.run import describe_run, division_of, load_network, open_run, run_task
from medopt.validation.explain.explainer import Explainer
from medopt.validation.explain.figures import pointing_rows, sanity_rows
from medopt.validation.explain.pointing import point, region_of
from medopt.validation.explain.results import CaseMap, Explanation, explanation_folder, parse_map
from medopt.validation.explain.settings import ExplainSettings
from medopt.validation.explain.similarity import spearman, structural_similarity
from medopt.validation.table import LeftOut

SOURCE = "source.json"
"""Beside maps: what made them, so that they are used again only for the same."""
ENDINGS = (".seg.nrrd", ".nrrd", ".nii.gz", ".mrk.json")
"""Of files with regions, by case."""


def explain_run(
    project: Project,
    run: str | None = None,
    *,
    subset: str = "test",
    weights: str = "best",
    settings: ExplainSettings | None = None,
    regions: str | Path | None = None,
    reporter: Reporter | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Explanation | None:
    """Make maps of the cases of ``subset`` and check them; writes into ``explanations/SUBSET-METHOD`` of the run.

    ``maps/CASE.VALUE.nrrd`` holds a map in whole per cent of its largest value (uint8) on the grid of the case;
    ``explanation.json`` the figures. Maps of the same weights, settings and regions that are there already are used
    again. Every look at the test subjects is counted in the project.

    Parameters
    ----------
    regions : a folder with a label map or boxes a case (``CASE.seg.nrrd``, ``CASE.nrrd``, ``CASE.nii.gz`` or
        ``CASE.mrk.json``) that the maps should point at, for labels that tell no region; every label counts
    stopped : asked before each case; the work then ends, and None is returned

    A case that fails is left out with the reason. Raises MedOptError when the run was trained on another split, or the
    method does not fit the network.
    """
    listener, chosen = reporter or Silence(), settings or ExplainSettings()
    folder = open_run(project, run)
    network, recipe, record = load_network(folder, weights)
    names = _cases(project, folder, record.split.get("hash"), subset)
    device = choose_device().torch
    explainer = Explainer(network.to(device), describe_run(folder), chosen, device)
    target = explanation_folder(folder, subset, chosen.method)
    checkpoint = folder / "checkpoints" / f"{weights}.safetensors"
    book = _Book(
        target, {"weights": file_sha256(checkpoint), "settings": _making(explainer), "regions": _named(regions)}
    )
    shapes = {} if chosen.method == "occlusion" else explainer.layers()
    for case in track(listener, "explain", names):
        if stopped():
            return None
        _explain_case(project, explainer, book, case, regions, listener)
    fresh = _fresh(chosen.seed, lambda: build_for(run_task(record, recipe), recipe, len(record.channels)))
    compared = _compare(project, explainer, book, fresh, chosen, listener, stopped)
    if compared is None:
        return None
    maps = book.maps(names)
    result = Explanation(
        folder.name,
        record.task,
        subset,
        weights,
        chosen,
        explainer.layer,
        shapes[explainer.layer][1:] if explainer.layer in shapes else None,
        maps,
        book.nothing(names),
        pointing_rows(maps),
        sanity_rows(compared),
    )
    result.save(target)
    return result


def _cases(project: Project, folder: Path, trained_on: Any, subset: str) -> Sequence[str]:
    """The cases of the part, of a fold's own division where the run has one; a look at sealed subjects is counted."""
    division = division_of(folder)
    if division is not None and not split_path(project).is_file():
        return division.part(subset)  # nothing is sealed
    split = load_split(project)
    if division is None and split.hash != trained_on:
        raise MedOptError(
            "the run was trained on another split, so these cases may have been seen in training",
            where=folder.name,
            expected=f"split {str(trained_on)[:12]}",
            found=split.hash[:12],
            remedy="Train a new run on the present split",
        )
    names = (division or split).part(subset)
    if set(names) & set(split.test):
        open_test(project, f"explanation of {folder.name}")
    return names


def _explain_case(
    project: Project,
    explainer: Explainer,
    book: _Book,
    case: str,
    regions: str | Path | None,
    reporter: Reporter,
) -> None:
    if book.has(case):
        return
    made, nothing = [], []
    try:
        image = project.read_image(case)
        reference = project.read_label(case) if regions is None else read_region(Path(regions), case)
        prepared = explainer.prepare(image)
        nothing = [LeftOut(case, reason) for reason in prepared.nothing.values()]
        for index, target in prepared.targets.items():
            info = explainer.description.classes[index]
            values = explainer.map_on_image(prepared, target)
            region = region_of(reference, info.value if regions is None else None, image.geometry)
            pointed = None if region is None or region.shape != values.shape else point(values, region)
            largest = float(values.max())
            file = f"maps/{case}.{info.value}.nrrd"
            write_image(Image(whole_per_cent(values)[np.newaxis], image.geometry), book.folder / file)
            subject = project.case(case).subject
            made.append(CaseMap(case, subject, info.value, info.name, file, largest, pointed))
    except MedOptError as error:
        nothing.append(LeftOut(case, str(error)))
        reporter.emit("message", level="warning", text=f"{case} is left out: {error}")
    book.write(case, made, nothing)


def whole_per_cent(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A map, 0 and above, in whole per cent of its largest value; zeros for an empty one."""
    largest = float(values.max())
    return np.rint(values * (100 / largest)).astype(np.uint8) if largest > 0 else np.zeros(values.shape, np.uint8)


def read_region(folder: Path, case: str) -> Any:
    """The label map or boxes that a folder has of a case; None when it has none."""
    path = next((p for p in (folder / f"{case}{ending}" for ending in ENDINGS) if p.is_file()), None)
    if path is None:
        return None
    if path.name.endswith(".mrk.json"):
        from medopt.image import Boxes

        return Boxes(tuple(box.with_value(1) for box in read_markup_boxes(path).boxes))
    return read_label_map(path)


def _compare(
    project: Project,
    explainer: Explainer,
    book: _Book,
    fresh: torch.nn.Module,
    settings: ExplainSettings,
    reporter: Reporter,
    stopped: Callable[[], bool],
) -> dict[str, list[tuple[str, float, float]]] | None:
    """Step → (subject, rank correlation, SSIM) of each map of the chosen cases; None when the user stopped it."""
    found: dict[str, list[tuple[str, float, float]]] = {}
    for case in track(reporter, "randomisation check", _spread(book.explained, settings.sanity_cases)):
        if stopped():
            return None
        try:
            prepared = explainer.prepare(project.read_image(case))
        except MedOptError:
            continue  # told when its map was made
        subject = project.case(case).subject
        targets = prepared.targets
        trained = {index: explainer.map_on_grid(prepared, target) for index, target in targets.items()}
        for step, network in explainer.random_networks(fresh):
            for index, target in targets.items():
                other = explainer.map_on_grid(prepared, target, network)
                likeness = spearman(trained[index], other), structural_similarity(trained[index], other)
                found.setdefault(step, []).append((subject, *likeness))
    return found


def _spread(cases: Sequence[str], number: int) -> list[str]:
    """So many of the cases, evenly through them."""
    places = np.linspace(0, len(cases) - 1, min(number, len(cases))).astype(int)
    return [cases[place] for place in dict.fromkeys(places.tolist())]


def _fresh(seed: int, build: Callable[[], torch.nn.Module]) -> torch.nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build().eval()


def _making(explainer: Explainer) -> dict[str, Any]:
    """The settings that change a map, with the layer that is looked at."""
    chosen = explainer.settings.model_dump(mode="json", exclude={"sanity_cases", "seed"})
    return {**chosen, "layer": explainer.layer}


def _named(regions: str | Path | None) -> str | None:
    """The files of a folder of regions by a digest, without its path."""
    if regions is None:
        return None
    folder = Path(regions)
    if not folder.is_dir():
        raise MedOptError("the folder of regions is missing", where=folder)
    import hashlib

    text = "\n".join(f"{p.name} {p.stat().st_size} {p.stat().st_mtime_ns}" for p in sorted(folder.iterdir()))
    return hashlib.sha256(text.encode()).hexdigest()


class _Book:
    """What was made of each case, on disk, so that an interrupted work goes on where it was."""

    def __init__(self, folder: Path, source: dict[str, Any]) -> None:
        self.folder = folder
        path = folder / SOURCE
        if not path.is_file() or read_json(path) != source:
            for old in [*folder.glob("cases/*.json"), *folder.glob("maps/*.nrrd")]:
                old.unlink()
            folder.mkdir(parents=True, exist_ok=True)
            write_json(path, source)

    def has(self, case: str) -> bool:
        return self._path(case).is_file()

    def write(self, case: str, maps: Sequence[CaseMap], nothing: Sequence[LeftOut]) -> None:
        values = {"maps": [asdict(one) for one in maps], "nothing": [asdict(one) for one in nothing]}
        write_json(self._path(case), values)

    def maps(self, cases: Sequence[str]) -> tuple[CaseMap, ...]:
        return tuple(parse_map(one) for case in cases for one in read_json(self._path(case))["maps"])

    def nothing(self, cases: Sequence[str]) -> tuple[LeftOut, ...]:
        return tuple(LeftOut(**one) for case in cases for one in read_json(self._path(case))["nothing"])

    @property
    def explained(self) -> list[str]:
        """Cases of which there are maps."""
        paths = sorted(self.folder.glob("cases/*.json"))
        return [path.stem for path in paths if read_json(path)["maps"]]

    def _path(self, case: str) -> Path:
        return self.folder / "cases" / f"{case}.json"
