"""A run as a model package: a folder that runs anywhere, with the proof that it gives the same."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path

from medopt.compression.onnx_file import write_onnx
from medopt.compression.package import package_metadata, write_configs
from medopt.compression.parity import ParityProof, prove_parity
from medopt.errors import MedOptError
from medopt.events import Reporter, Silence
from medopt.files import file_sha256, inside, unwritable, write_json, write_text
from medopt.inference import Model, load_model
from medopt.inference.runtimes.torch_runtime import TorchRuntime
from medopt.project import Project, load_split
from medopt.tasks import Label
from medopt.training.run import describe_run, load_network, open_run

WEIGHTS = "model.onnx"


def export_run(
    project: Project,
    run: str | None = None,
    *,
    name: str | None = None,
    weights: str = "best",
    cases: int = 5,
    reporter: Reporter | None = None,
) -> Path:
    """Export a run to ``models/NAME`` of the project and give that folder.

    The package is built beside its place and moved there only when the exported model agrees with the trained one on
    up to ``cases`` held-out cases (test first, then validation); a package of that name from before is replaced. Raises
    MedOptError when they do not agree, and nothing is left behind.
    """
    listener = reporter or Silence()
    folder = open_run(project, run)
    name = name or folder.name
    target = inside(project.models_folder, name)
    network, recipe, record = load_network(folder, weights)
    description = describe_run(folder, name)
    held_out = _held_out(project, cases)
    try:
        project.models_folder.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=".partial-", dir=project.models_folder))
    except OSError as error:
        raise unwritable(target, error) from error
    try:
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
            "run": record.name,
            "weights": weights,
            "versions": record.versions,
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
        _demand(proof)
        medopt["parity"] = {
            **asdict(proof),
            "largest_difference": proof.largest_difference,
            "largest_dice_difference": proof.largest_dice_difference,
            "changed_cases": proof.changed_cases,
        }
        write_json(building / "metadata.json", package_metadata(description, medopt))
        write_configs(building, description)
        _write_card(folder, building)
        write_json(building / "checksums.json", _checksums(building))
        _move(building, target)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    listener.emit(
        "message",
        level="info",
        text=f"Parity proven on {len(proof.cases)} held-out cases: "
        f"scores differ by at most {proof.largest_difference:.1e}, answers in {proof.changed_cases}",
    )
    listener.emit("result", title="model", path=target)
    return target


def _held_out(project: Project, number: int) -> list[str]:
    split = load_split(project)
    return [*split.test, *split.validation][:number]


def _reference(project: Project, case: str) -> Label | None:
    return project.read_label(case) if project.label_path(case) else None


def _demand(proof: ParityProof) -> None:
    if proof.passed:
        return
    worst = max(proof.cases, key=lambda case: case.largest_difference)
    raise MedOptError(
        "the exported model does not give what the trained one gives",
        where=worst.case,
        expected=f"scores within {proof.tolerance:g}",
        found=f"a difference of {worst.largest_difference:.3g} between {proof.original} and {proof.exported}",
        remedy="Nothing was exported. Report this with the run's recipe.yaml",
    )


def _write_card(run_folder: Path, building: Path) -> None:
    from medopt.report.card import make_card  # report lies below this room; the card is its work

    write_text(building / "card.md", make_card(run_folder))


def _checksums(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): file_sha256(p) for p in files}


def _move(building: Path, target: Path) -> None:
    """Put the finished package in place; an older one of that name steps aside and is then deleted."""
    aside = building.with_name(building.name + "-old")
    try:
        if target.exists():
            target.rename(aside)
        building.rename(target)
    except OSError as error:
        if aside.exists() and not target.exists():
            aside.rename(target)
        raise unwritable(target, error) from error
    shutil.rmtree(aside, ignore_errors=True)
