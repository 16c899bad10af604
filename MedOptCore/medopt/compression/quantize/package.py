"""A model package in fewer bits, measured against the package that it was made of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx

from medopt.compression.latency import milliseconds
from medopt.compression.onnx_file import save_checked
from medopt.compression.package import package_metadata, write_configs
from medopt.compression.package_folder import new_package
from medopt.compression.quality import QualityChange, compare_quality
from medopt.compression.quantize.calibration import calibration_windows
from medopt.compression.quantize.half import half_weights
from medopt.compression.quantize.search import Search, search_eight_bit
from medopt.errors import MedOptError
from medopt.events import Reporter, Silence
from medopt.files import file_sha256, inside, write_json, write_text
from medopt.inference import DEFAULT_RUNTIME, ModelDescription, load_model
from medopt.inference.package_files import METADATA, check_weights, read_section
from medopt.project import Project, Split, load_split
from medopt.project.splitting import open_test, split_path
from medopt.training.run import RunRecord, division_of

WEIGHTS = "model.onnx"


@dataclass(frozen=True)
class QuantizeSettings:
    """How a package is quantized.

    Parameters
    ----------
    bits : 8 (weights and activations) or 16 (weights)
    cases : training cases to calibrate on; every second one fits the ranges, the others choose among them
    windows : of each case
    allowed : how far answers on calibration windows may be from those of the float model, see ``answer_loss``; layers
        that lose most are left in float until it is kept
    keep : share of the main metric on held-out cases below which nothing is written
    symmetric : activations around zero, or from their lowest to their highest value; None tries both
    engine : runtime in which the two are timed, where both lose little enough, and held-out cases are compared
    fine_tuning : steps of fine-tuning in 8 bit on calibration windows, when no choice of ranges keeps ``allowed``;
        with 0, and when it does not help, layers are left in float
    narrow_weights : 7 bit for weights, for CPUs with AVX2 but without VNNI
    held_out : how many held-out cases are compared, test cases first; None for all test cases
    sealed : whether test cases are left alone and both are compared on validation cases
    """

    bits: Literal[8, 16] = 8
    cases: int = 16
    windows: int = 2
    allowed: float = 0.002
    keep: float = 0.99
    symmetric: bool | None = None
    engine: str = DEFAULT_RUNTIME
    fine_tuning: int = 200
    narrow_weights: bool = False
    held_out: int | None = None
    sealed: bool = False


def quantize_package(
    project: Project,
    package: str | Path,
    settings: QuantizeSettings | None = None,
    *,
    name: str | None = None,
    reporter: Reporter | None = None,
) -> Path:
    """Write the package in folder ``package`` (float, made from a run of ``project``) in fewer bits to ``models/NAME``.

    NAME is that of the package with ``-int8`` or ``-fp16`` by default. Ranges and layers are chosen on training cases
    alone; then both packages are measured once on held-out cases, and the change with its interval stands in the new
    package. Raises MedOptError, and leaves nothing behind, when less than ``settings.keep`` of the main metric is left,
    when there is no case to calibrate or compare on, or when the package was trained on another split.
    """
    settings, listener = settings or QuantizeSettings(), reporter or Silence()
    source = Path(package)
    section = read_section(source, source)
    file = check_weights(source, section)
    before = load_model(source, runtime=settings.engine)
    split = split_of_model(project, section)
    name = name or f"{source.name}-{'int8' if settings.bits == 8 else 'fp16'}"
    target = inside(project.models_folder, name)
    if target == source.resolve():
        raise MedOptError("the new package would replace the one it is made of", where=target, remedy="Give a --name")
    model = onnx.load(str(file), load_external_data=False)
    if any(node.op_type == "QuantizeLinear" for node in model.graph.node):
        raise MedOptError("the package is in 8 bit already", where=source)
    facts: dict[str, Any] = {"bits": settings.bits, "of": {"name": source.name, "sha256": section["sha256"]}}
    if settings.bits == 16:
        smaller = half_weights(model)
    else:
        facts["engine"] = settings.engine
        smaller, facts["search"] = _eight_bit(project, before.description, model, split, settings, listener)
    description = before.description.model_copy(update={"name": name})
    with new_package(target) as building:
        onnx_facts = save_checked(smaller, building / WEIGHTS)
        changed = {
            **section,
            "description": json.loads(description.model_dump_json()),
            "file": WEIGHTS,
            "sha256": file_sha256(building / WEIGHTS),
            "onnx": onnx_facts,
            "quantization": facts,
        }
        changed.pop("parity", None)
        write_json(building / METADATA, package_metadata(description, changed))
        cases = _held_out(project, split, settings, name)
        subset = "validation" if settings.sealed else "test"
        after = load_model(building, runtime=settings.engine)
        quality = compare_quality(project, before, after, cases, subset=subset, reporter=listener)
        _demand(quality, settings, name)
        changed["parity"] = {**quality.facts(), "runtime": before.runtime.name}
        write_json(building / METADATA, package_metadata(description, changed))
        write_configs(building, description)
        _write_card(source, building, name, quality, facts, file.stat().st_size)
    size = (target / WEIGHTS).stat().st_size
    listener.emit("message", level="info", text=f"{file.stat().st_size / size:.2f} times smaller: {size} bytes")
    listener.emit("message", level="info", text=_told(quality))
    listener.emit("result", title="model", path=target)
    return target


def split_of_model(project: Project, section: dict[str, Any]) -> Split:
    """The split whose training part the model learned from; held-out cases are then held out from it, too."""
    folder = inside(project.runs_folder, str(section.get("run", "")))
    split = division_of(folder) or load_split(project)
    if (folder / "run.json").is_file() and (used := RunRecord.load(folder).split.get("hash")) != split.hash:
        raise MedOptError(
            "the model was trained on another split, so held-out cases may have been seen in training",
            where=folder.name,
            expected=f"split {str(used)[:12]}",
            found=split.hash[:12],
        )
    return split


def _eight_bit(
    project: Project,
    description: ModelDescription,
    model: onnx.ModelProto,
    split: Split,
    settings: QuantizeSettings,
    listener: Reporter,
) -> tuple[onnx.ModelProto, dict[str, Any]]:
    labelled = [case for case in split.train if project.label_path(case)]
    chosen = _evenly(labelled, settings.cases)
    if not chosen:
        raise MedOptError("no case to calibrate on", expected="labelled training cases", remedy="Split the project")
    fitting = calibration_windows(project, description, chosen[::2], settings.windows)
    choosing = calibration_windows(project, description, chosen[1::2] or chosen, settings.windows)
    smaller, search = search_eight_bit(
        model,
        description,
        fitting,
        choosing,
        allowed=settings.allowed,
        symmetric=settings.symmetric,
        narrow_weights=settings.narrow_weights,
        fine_tuning=settings.fine_tuning,
        timed=lambda models: milliseconds(models, choosing[0], description.dims, settings.engine),
        reporter=listener,
    )
    if search.loss > settings.allowed:
        text = f"answers on calibration cases differ by {search.loss:.2g}, more than {settings.allowed:g} allowed"
        listener.emit("message", level="warning", text=text)
    return smaller, {**_search_facts(search), "cases": chosen, "windows": len(fitting) + len(choosing)}


def _search_facts(search: Search) -> dict[str, Any]:
    return {
        "chosen": asdict(search.chosen),
        "fine_tuned": search.fine_tuned,
        "tried": [asdict(candidate) for candidate in search.tried],
        "sensitivity": search.sensitivity,
        "layers": len(search.layers),
        "milliseconds": search.milliseconds,
    }


def _evenly(cases: Sequence[str], number: int) -> list[str]:
    places = np.linspace(0, len(cases) - 1, min(number, len(cases))).round().astype(int)
    return [cases[n] for n in places.tolist()]


def _held_out(project: Project, split: Split, settings: QuantizeSettings, name: str) -> list[str]:
    number, test = settings.held_out, split.test
    if settings.sealed:
        return [case for case in split.validation if project.label_path(case)][:number]
    if split_path(project).is_file() and set(test) & set(load_split(project).test):
        open_test(project, f"comparison of {name} with the model it was made of")
    cases = [case for case in (*test, *split.validation) if project.label_path(case)]
    return cases[:number] if number is not None else [case for case in cases if case in test] or cases


def _demand(quality: QualityChange, settings: QuantizeSettings, name: str) -> None:
    if quality.ratio is not None and quality.ratio < settings.keep:
        raise MedOptError(
            f"{settings.bits} bit lose too much",
            where=name,
            expected=f"at least {settings.keep:g} of the {quality.metric} on held-out cases",
            found=f"{quality.ratio:.4f}",
            remedy="Nothing was written. Allow less loss (--allowed), calibrate on more cases, or give a lower --keep",
        )


def _told(quality: QualityChange) -> str:
    row = quality.mean
    if row.first is None or row.second is None or row.difference is None:
        return f"{quality.metric} is not defined on the held-out cases"
    spread = f" [{row.low:+.4f}, {row.high:+.4f}]" if row.low is not None and row.high is not None else ""
    ratio = f"{quality.ratio:.4f} of it" if quality.ratio is not None else ""
    return (
        f"{quality.metric} on {row.n} held-out cases: {row.first:.4f} before, {row.second:.4f} now, "
        f"difference {row.difference:+.4f}{spread}; {ratio}"
    )


def _write_card(
    source: Path, building: Path, name: str, quality: QualityChange, facts: dict[str, Any], size: int
) -> None:
    """The card of the float model, and what was done to it."""
    card = source / "card.md"
    before = card.read_text(encoding="utf-8").rstrip() + "\n\n" if card.is_file() else ""
    lines = [
        f"## Made smaller: {name}",
        "",
        f"Made of {facts['of']['name']} in {facts['bits']} bit. The figures above are those of {facts['of']['name']}.",
        f"The file has {(building / WEIGHTS).stat().st_size} bytes, before {size}.",
        _told(quality) + ".",
    ]
    if search := facts.get("search"):
        chosen = search["chosen"]
        kept = ", ".join(chosen["in_float"]) or "none"
        lines += [
            f"Ranges of activations: {chosen['method']}, {'symmetric' if chosen['symmetric'] else 'asymmetric'}, from "
            f"{search['windows']} windows of {len(search['cases'])} training cases. Layers left in float: {kept}.",
        ]
    write_text(building / "card.md", before + "\n".join(lines) + "\n")
