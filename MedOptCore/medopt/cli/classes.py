"""The classes of a new project: as typed by the user, or as an existing data set tells them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from medopt.events import Reporter, track
from medopt.files import read_json
from medopt.project import ClassInfo

PALETTE = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#999999")
"""Colours that colour-blind readers can tell apart (Okabe & Ito 2008), for classes that come without one."""

LABEL_SUFFIXES = (".nrrd", ".nii", ".nii.gz", ".mha", ".mhd", ".png", ".tif", ".tiff")


def parse_class(text: str, position: int) -> ClassInfo:
    """A class from ``VALUE=NAME`` or ``VALUE=NAME:#rrggbb``; ``position`` picks the colour when none is given."""
    match = re.fullmatch(r"\s*(\d+)\s*=\s*([^:\s].*?)\s*(?::\s*(#[0-9a-fA-F]{6})\s*)?", text)
    if match is None or match[2].endswith(":"):
        raise MedOptError(
            "a class cannot be read",
            where="--class",
            expected='VALUE=NAME or VALUE=NAME:#rrggbb, as in "1=Tumour:#d62728"',
            found=repr(text),
        )
    return ClassInfo.parse({"value": int(match[1]), "name": match[2], "color": match[3] or _color(position)}, "--class")


def classes_from(path: Path, reporter: Reporter) -> list[ClassInfo]:
    """The classes that ``path`` tells: a ``dataset.json`` (MSD, nnU-Net), one label file, or a folder of label files.

    ``.seg.nrrd`` files give names and colours; plain label maps give values only, named "structure VALUE".
    """
    if path.suffix == ".json":
        return _from_dataset(path)
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.name.lower().endswith(LABEL_SUFFIXES))
        if not files:
            raise MedOptError("no label files", where=path, expected=f"files ending in {', '.join(LABEL_SUFFIXES)}")
    elif path.is_file():
        files = [path]
    else:
        raise MedOptError(
            "no such file or folder", where=path, expected="dataset.json, a label file or a folder of them"
        )
    return _from_labels(files, reporter)


def channels_from(path: Path) -> list[str]:
    """The channels that a ``dataset.json`` tells; empty for anything else."""
    if path.suffix != ".json":
        return []
    dataset = _dataset(path)
    channels = dataset.get("channel_names", dataset.get("modality", {}))
    if not isinstance(channels, dict):
        return []
    return [
        re.sub(r"[^A-Za-z0-9_-]+", "-", str(name)).strip("-") or f"channel-{n}"
        for n, name in enumerate(channels.values())
    ]


def _from_dataset(path: Path) -> list[ClassInfo]:
    """From the "labels" of a dataset.json: {"1": "Anterior"} in the MSD, {"Anterior": 1} in nnU-Net v2."""
    labels = _dataset(path).get("labels")
    if not isinstance(labels, dict):
        raise MedOptError("no classes", where=path, expected='an object "labels" as in the MSD or nnU-Net')
    pairs = [(key, value) if str(key).isdigit() else (value, key) for key, value in labels.items()]
    try:
        named = {int(value): str(name) for value, name in pairs}
    except (TypeError, ValueError) as error:
        raise MedOptError(
            "a class without a single whole value", where=f"{path}, labels", expected="one value a class"
        ) from error
    return _infos({value: {"name": name} for value, name in named.items() if value != 0}, path)


def _from_labels(files: Sequence[Path], reporter: Reporter) -> list[ClassInfo]:
    from medopt.io import read_label_map, read_segmentation

    found: dict[int, dict[str, Any]] = {}
    for file in track(reporter, "Reading label values", files, unit="files"):
        if file.name.lower().endswith(".seg.nrrd"):
            for segment in read_segmentation(file).segments:
                color = "#" + "".join(f"{round(255 * part):02x}" for part in segment.color)
                facts = {"name": segment.name, "color": color, "terminology": segment.terminology}
                found.setdefault(segment.value, facts)
        else:
            for value in read_label_map(file).values():
                found.setdefault(value, {"name": f"structure {value}"})
    return _infos(found, files[0].parent)


def _infos(found: Mapping[int, Mapping[str, Any]], where: Path) -> list[ClassInfo]:
    if not found:
        raise MedOptError("no classes", where=where, expected="at least one structure besides background")
    return [
        ClassInfo.parse({"value": value, "color": _color(position), **found[value]}, where)
        for position, value in enumerate(sorted(found))
    ]


def _dataset(path: Path) -> dict[str, Any]:
    value = read_json(path)
    if not isinstance(value, dict):
        raise MedOptError("not a description of a data set", where=path, expected="a JSON object")
    return value


def _color(position: int) -> str:
    return PALETTE[position % len(PALETTE)]
