"""The model of an external validation: a run or an exported package, with what is known of where it learned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from medopt.files import file_sha256, read_json
from medopt.inference import Model, load_model
from medopt.project import Project
from medopt.validation.external.record import ModelFacts

INTERNAL = ("metrics-test.json", "metrics-held-out.json")
"""Where a run's figures on subjects of its own project that it never saw may stand; the first that is there counts."""


@dataclass(frozen=True)
class OpenedModel:
    """A model with its origin.

    Parameters
    ----------
    model : ready to predict
    facts : name, kind and project
    fingerprint : changes when the weights do
    run : the run's folder, also that of a package in its project; None where it is not known
    home : the project in which it lies; None where it was moved elsewhere
    """

    model: Model
    facts: ModelFacts
    fingerprint: str
    run: Path | None
    home: Project | None

    @property
    def internal(self) -> Path | None:
        """The results on the model's own unseen subjects; None where they are not known."""
        files = [] if self.run is None else [self.run / name for name in INTERNAL]
        return next((file for file in files if file.is_file()), None)

    def training_cases(self) -> tuple[str, ...]:
        """The cases of ``home`` that the model learned from; none where that is not known."""
        if self.run is None or self.home is None:
            return ()
        from medopt.project import Split, load_split

        division = self.run / "split.json"
        try:
            split = Split.from_json(read_json(division)) if division.is_file() else load_split(self.home)
        except MedOptError:
            return ()
        known = {case.id for case in self.home.cases()}
        return tuple(case for case in split.part("train") if case in known)


def open_model(path: str | Path, weights: str = "best") -> OpenedModel:
    """Open a run's folder or a model package.

    A run needs torch, a package onnxruntime alone. Raises MedOptError when the folder is neither, and what opening
    either raises.
    """
    folder = Path(path)
    if (folder / "run.json").is_file():
        return _open_run(folder, weights)
    if not folder.exists():
        raise MedOptError(
            "there is no such model",
            where=folder,
            expected="the folder of a run (PROJECT/runs/NAME) or of an exported model (PROJECT/models/NAME)",
        )
    model = load_model(folder)
    folder = folder.parent if folder.suffix == ".onnx" else folder
    section: dict[str, Any] = read_json(folder / "metadata.json")["medopt"]
    home = _project_around(folder)
    run = None if home is None else home.folder / "runs" / str(section.get("run", ""))
    facts = ModelFacts(
        name=model.description.name,
        kind="package",
        project="" if home is None else home.settings.name,
        runtime=getattr(model.runtime, "name", ""),
    )
    there = run if run is not None and (run / "run.json").is_file() else None
    return OpenedModel(model, facts, str(section["sha256"]), there, home)


def _open_run(folder: Path, weights: str) -> OpenedModel:
    from medopt.inference.runtimes.torch_runtime import TorchRuntime
    from medopt.training.device import choose_device
    from medopt.training.run import describe_run, load_network

    network, _, record = load_network(folder, weights)
    device, description = choose_device(), describe_run(folder)
    runtime = TorchRuntime(network.to(device.torch), description.dims, device.torch)
    facts = ModelFacts(
        name=folder.name, kind="run", project=str(record.project.get("name", "")), runtime=getattr(runtime, "name", "")
    )
    fingerprint = file_sha256(folder / "checkpoints" / f"{weights}.safetensors")
    return OpenedModel(Model(description, runtime), facts, fingerprint, folder, _project_around(folder))


def _project_around(folder: Path) -> Project | None:
    for parent in folder.resolve().parents[:4]:
        if (parent / "project.yaml").is_file():
            try:
                return Project.open(parent)
            except MedOptError:
                return None
    return None
