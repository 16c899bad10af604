"""The model that makes proposals: a run of the project, or an exported model, with the classes that the project has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from medopt.errors import MedOptError
from medopt.inference import Model, ModelDescription, load_model
from medopt.inference.model import METADATA
from medopt.project import ClassInfo, Project

if TYPE_CHECKING:
    from medopt.inference import Runtime


@dataclass(frozen=True)
class ProposingModel:
    """A model ready to look at the cases of a project.

    Parameters
    ----------
    name : of the run, or of the exported model's folder; what proposals remember
    model : its classes carry the values that the project gives to classes of their names
    made : when its weights were written (UTC); proposals of the same name from before are of other weights
    rows : for each class of the project its place among the model's classes; None for one that the model does not know
    """

    name: str
    model: Model
    made: datetime
    rows: tuple[int | None, ...]

    @property
    def unknown(self) -> tuple[int, ...]:
        """Places of the project's classes that the model does not know."""
        return tuple(place for place, row in enumerate(self.rows) if row is None)


def open_proposing_model(
    project: Project, name: str | Path | None = None, *, device: str | None = None, threads: int | None = None
) -> ProposingModel:
    """The model called ``name``: a run of ``project``, a model in its folder ``models``, or the path of a model.

    Without a name it is the project's newest run. A run is computed by torch on ``device`` (see ``choose_device``), an
    exported model by onnxruntime. Raises MedOptError when there is none of that name, when it is for another task,
    takes another number of channels, or has a class that the project has not.
    """
    exported = None if name is None else _exported(project, name)
    if exported is not None:
        found = load_model(exported, threads=threads or 0)
        title, made = exported.name, (exported / METADATA).stat().st_mtime
    else:
        title, found, made = _of_run(project, None if name is None else str(name), device, threads)
    classes = _classes(project, found.description)
    description = found.description.model_copy(update={"classes": classes})
    places = {info.name: place for place, info in enumerate(classes)}
    rows = tuple(places.get(info.name) for info in project.settings.classes)
    return ProposingModel(title, Model(description, found.runtime), datetime.fromtimestamp(made, timezone.utc), rows)


def _exported(project: Project, name: str | Path) -> Path | None:
    """The folder of an exported model; None when a run of the project has this name or there is no such folder."""
    text = str(name)
    plain = Path(text).name == text
    if plain and (project.runs_folder / text / "run.json").is_file():
        return None
    for folder in ([project.models_folder / text] if plain else []) + [Path(text).expanduser()]:
        if (folder / METADATA).is_file():
            return folder.resolve()
    if not plain:
        raise MedOptError("there is no model", where=name, expected=f"a folder with {METADATA}, or the name of a run")
    return None


def _of_run(project: Project, name: str | None, device: str | None, threads: int | None) -> tuple[str, Model, float]:
    import torch

    from medopt.inference.runtimes.torch_runtime import TorchRuntime
    from medopt.training.device import choose_device
    from medopt.training.run import describe_run, load_network, open_run

    if threads is not None:
        torch.set_num_threads(threads)
    folder = open_run(project, name)
    weights = folder / "checkpoints" / "best.safetensors"
    if not weights.is_file():
        raise MedOptError("the run has no weights yet", where=folder.name, remedy="Let it train on, or name another")
    network = load_network(folder, "best")[0]
    chosen = choose_device(device)
    description = describe_run(folder)
    runtime: Runtime = TorchRuntime(network.to(chosen.torch), description.dims, chosen.torch)
    return folder.name, Model(description, runtime), weights.stat().st_mtime


def _classes(project: Project, description: ModelDescription) -> tuple[ClassInfo, ...]:
    """The model's classes in the order of its outputs, as the project has them."""
    settings = project.settings
    if description.task != settings.task:
        raise MedOptError(
            "the model is for another task", where=description.name, expected=settings.task, found=description.task
        )
    if len(description.channels) != len(settings.channels):
        raise MedOptError(
            "the model takes other images",
            where=description.name,
            expected=f"{len(settings.channels)} channels ({', '.join(settings.channels)})",
            found=f"{len(description.channels)} ({', '.join(description.channels)})",
        )
    known = {info.name: info for info in settings.classes}
    if strange := [info.name for info in description.classes if info.name not in known]:
        raise MedOptError(
            "the model has classes that the project has not",
            where=description.name,
            expected=", ".join(known),
            found=", ".join(strange),
            remedy="Give the project's classes the same names",
        )
    return tuple(known[info.name] for info in description.classes)
