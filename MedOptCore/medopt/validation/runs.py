"""Validation of a trained run on a part of the split."""

from __future__ import annotations

from pathlib import Path

from medopt.errors import MedOptError
from medopt.events import Reporter, Silence, track
from medopt.files import file_sha256
from medopt.inference import DEFAULT_RUNTIME, Model, load_model
from medopt.inference.package_files import check_weights, read_section
from medopt.inference.runtimes.torch_runtime import TorchRuntime
from medopt.project import Project, Split, load_split
from medopt.project.splitting import open_test
from medopt.training.device import choose_device
from medopt.training.run import RunRecord, describe_run, division_of, load_network, open_run
from medopt.validation.by_task import measure
from medopt.validation.kept_predictions import KeptPredictions
from medopt.validation.result_files import AnyResults
from medopt.validation.settings import ValidationSettings
from medopt.validation.sides import note_looks
from medopt.validation.subgroups import project_subgroups, save_subgroups


def validate_run(
    project: Project,
    run: str | None = None,
    *,
    subset: str = "test",
    weights: str = "best",
    exported: str | Path | None = None,
    runtime: str = DEFAULT_RUNTIME,
    settings: ValidationSettings | None = None,
    reporter: Reporter | None = None,
) -> AnyResults:
    """Predict the cases of ``subset`` ("test", "validation" or "train") and score them against their labels.

    Writes a file a case into ``predictions/SUBSET`` (of segmentation with the binned probabilities beside it), and
    ``metrics-SUBSET.json`` and ``subgroups-SUBSET.json`` into the run's folder, for the test cases with the number of
    looks at them; what is measured goes by the run's task.
    Predictions of the same weights that are there already are used again, so that an interrupted validation goes on
    where it was. With ``exported``, the folder of a model made of the run, that model is measured on the engine
    ``runtime`` in place of the run's own weights, and the files go to ``exported_folder``. Every look at the test
    subjects is counted in the project. A case that cannot be predicted or scored is left out with the reason. Raises
    MedOptError when the run was trained on another split.
    """
    listener = reporter or Silence()
    folder = open_run(project, run)
    network, _, record = load_network(folder, weights)
    split = load_split(project)
    if not _may_judge(folder, record, split, subset):
        raise MedOptError(
            "the run was trained on another split, so these cases may have been seen in training",
            where=folder.name,
            expected=f"split {str(record.split.get('hash'))[:12]}",
            found=split.hash[:12],
            remedy="Train a new run on the present split",
        )
    names = open_test(project, f"validation of {folder.name}") if subset == "test" else split.part(subset)
    title = f"{folder.name}, {weights} weights"
    file = folder / "checkpoints" / f"{weights}.safetensors"
    if exported is None:
        device, description, place = choose_device(), describe_run(folder), folder
        model = Model(description, TorchRuntime(network.to(device.torch), description.dims, device.torch))
    else:
        model, file = _exported_model(project, folder, Path(exported), runtime)
        place = exported_folder(folder, Path(exported), runtime)
        title = f"{Path(exported).name} on {model.runtime.name}"
    predictions = KeptPredictions(place / "predictions" / subset, {"weights": file_sha256(file)}, model, project)
    for case in track(listener, "predict", names):
        try:
            predictions.make(case)
        except MedOptError:
            continue  # met again, told and left out when the case is scored
    results = measure(project, predictions, names, subset=subset, title=title, settings=settings, reporter=listener)
    results.save(place / f"metrics-{subset}.json")
    if subset == "test":
        note_looks(project, folder)
    if exported is None:
        save_subgroups(folder, results, project_subgroups(project, results) if results.summary else ())
    return results


def exported_folder(folder: Path, exported: Path, runtime: str) -> Path:
    """Where the validation of a model made of the run in ``folder`` is kept: apart from that of its own weights."""
    return folder / "exported" / f"{exported.name}-{runtime}"


def _exported_model(project: Project, folder: Path, exported: Path, runtime: str) -> tuple[Model, Path]:
    """The model and its file; raises MedOptError when it was made of another run, which may have seen the cases."""
    section = read_section(exported, exported)
    run = folder.relative_to(project.runs_folder).as_posix()
    if section.get("run") != run:
        raise MedOptError(
            "the model was made of another run", where=exported, expected=run, found=str(section.get("run"))
        )
    return load_model(exported, runtime=runtime), check_weights(exported, section)


def _may_judge(folder: Path, record: RunRecord, split: Split, subset: str) -> bool:
    """Whether the part did not teach the run: it is on today's split, or on a division of its own that leaves all of
    today's test subjects out, as students of folds are.
    """
    if split.hash == record.split.get("hash"):
        return True
    own = division_of(folder)
    if own is None or own.hash != record.split.get("hash") or subset != "test":
        return False
    return not {*own.subjects["train"], *own.subjects["validation"]} & set(split.subjects["test"])
