"""A run as a model package: a folder that runs anywhere, with the proof that it gives the same."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import nn

from medopt.compression.diverging import first_parting
from medopt.compression.onnx_file import write_onnx
from medopt.compression.package import package_metadata, write_configs
from medopt.compression.package_folder import new_package
from medopt.compression.parity import ParityProof, prove_parity
from medopt.errors import MedOptError
from medopt.events import Reporter, Silence
from medopt.files import file_sha256, inside, read_json, write_json, write_text
from medopt.inference import Model, load_model
from medopt.inference.runtimes.torch_runtime import TorchRuntime
from medopt.inference.sliding import cut
from medopt.preprocess import Pipeline
from medopt.project import Project, Split, load_split
from medopt.project.splitting import open_test, split_path
from medopt.tasks import Label
from medopt.training.run import describe_run, division_of, load_network, open_run

WEIGHTS = "model.onnx"


def export_run(
    project: Project,
    run: str | None = None,
    *,
    name: str | None = None,
    weights: str = "best",
    cases: int = 5,
    sealed: bool = False,
    reporter: Reporter | None = None,
) -> Path:
    """Export a run to ``models/NAME`` of the project and give that folder.

    The package is built beside its place and moved there only when the exported model agrees with the trained one on
    up to ``cases`` held-out cases (test first, then validation), a look at the sealed test subjects that is counted;
    with ``sealed`` on validation cases alone. A package of that name from before is replaced. Raises MedOptError when
    they do not agree, with the layer where they part, and nothing is left behind.
    """
    listener = reporter or Silence()
    folder = open_run(project, run)
    name = name or folder.name
    target = inside(project.models_folder, name)
    network, recipe, record = load_network(folder, weights)
    description = describe_run(folder, name)
    split = division_of(folder) or load_split(project)
    held_out = split.validation[:cases] if sealed else _held_out(project, split, cases, folder.name)
    with new_package(target) as building:
        listener.emit("message", level="info", text="Writing the ONNX file")
        facts = write_onnx(
            network,
            building / WEIGHTS,
            channels=len(record.channels),
            divisor=recipe.network.divisor,
            dims=recipe.training.dims,
        )
        medopt = {
            "description": json.loads(description.model_dump_json()),
            "file": WEIGHTS,
            "sha256": file_sha256(building / WEIGHTS),
            "onnx": facts,
            "run": folder.relative_to(project.runs_folder).as_posix(),
            "weights": weights,
            "versions": record.versions,
            "validation": _figures(folder),
        }
        write_json(building / "metadata.json", package_metadata(description, medopt))
        original = Model(description, TorchRuntime(network, recipe.training.dims))
        proof = prove_parity(
            original,
            load_model(building),
            held_out,
            project.read_image,
            lambda case: _reference(project, case),
            reporter=listener,
        )
        _demand(proof, project, original, network, building / WEIGHTS)
        medopt["parity"] = {
            **asdict(proof),
            "largest_difference": proof.largest_difference,
            "largest_dice_difference": proof.largest_dice_difference,
            "changed_cases": proof.changed_cases,
        }
        write_json(building / "metadata.json", package_metadata(description, medopt))
        write_configs(building, description)
        _write_card(folder, building)
    listener.emit(
        "message",
        level="info",
        text=f"Parity proven on {len(proof.cases)} held-out cases: "
        f"scores differ by at most {proof.largest_difference:.1e}, answers in {proof.changed_cases}",
    )
    listener.emit("result", title="model", path=target)
    return target


def _held_out(project: Project, split: Split, number: int, name: str) -> list[str]:
    cases = [*split.test, *split.validation][:number]
    if split_path(project).is_file() and set(cases) & set(load_split(project).test):
        open_test(project, f"parity of the export of {name} with the trained model")
    return cases


def _reference(project: Project, case: str) -> Label | None:
    return project.read_label(case) if project.label_path(case) else None


def _figures(run_folder: Path) -> dict[str, Any]:
    """Part of the split to the summary of the run's validation on it: each structure and metric with its interval."""
    found = {path.stem.removeprefix("metrics-"): read_json(path) for path in sorted(run_folder.glob("metrics-*.json"))}
    return {part: values["summary"] for part, values in found.items() if isinstance(values.get("summary"), list)}


def _demand(proof: ParityProof, project: Project, original: Model, network: nn.Module, file: Path) -> None:
    if proof.passed:
        return
    worst = max(proof.cases, key=lambda case: case.largest_difference)
    wanted = original.description
    volume = Pipeline(wanted.preprocess).image(project.read_image(worst.case)).array
    corner = [(n - w) // 2 for n, w in zip(volume.shape[1:], wanted.patch, strict=True)]
    parting = first_parting(network, file, cut(volume, corner, wanted.patch), wanted.dims)
    raise MedOptError(
        "the exported model does not give what the trained one gives",
        where=worst.case,
        expected=f"scores within {proof.tolerance:g}",
        found=f"a difference of {worst.largest_difference:.3g} between {proof.original} and {proof.exported}, "
        + (f"which part at layer {parting}" if parting else "although no layer alone differs more than by rounding"),
        remedy="Nothing was exported. Report this with the run's recipe.yaml",
    )


def _write_card(run_folder: Path, building: Path) -> None:
    from medopt.report.card import make_card  # report lies below this room; the card is its work

    write_text(building / "card.md", make_card(run_folder))
