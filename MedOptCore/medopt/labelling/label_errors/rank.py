"""Which labels to look at again: each case asked of the model of its fold, which never saw it. For the worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from medopt.errors import MedOptError
from medopt.events import Progress, Reporter, Silence
from medopt.inference import Model, predict_image, predict_scores
from medopt.labelling.label_errors.boxes import box_qualities
from medopt.labelling.label_errors.classes import class_qualities
from medopt.labelling.label_errors.records import LabelErrors, LabelQuality, Suspect
from medopt.labelling.label_errors.soft_minimum import TEMPERATURE
from medopt.labelling.label_errors.voxels import suspect_low, voxel_quality
from medopt.project import Project
from medopt.tasks.segmentation import SegmentationTask
from medopt.validation import LeftOut

if TYPE_CHECKING:
    from medopt.training.folds import CrossValidation

OpenModel = Callable[["CrossValidation", int], Model]
"""The model of a fold."""


@dataclass(frozen=True)
class _Answer:
    """A label, and what the model of its fold says of the image: for segmentation its quality already."""

    case: str
    label: Any
    said: Any


def rank_label_errors(
    project: Project,
    crossval: str | None = None,
    *,
    weights: str = "best",
    temperature: float = TEMPERATURE,
    stop: Callable[[], bool] | None = None,
    reporter: Reporter | None = None,
    open_model: OpenModel | None = None,
) -> LabelErrors:
    """The project's labels by how much models that never saw them disagree, the most doubtful first.

    Every case of a cross-validation is predicted by the model of the fold that held it out (of the first repeat, when
    subjects were divided more than once), and the present label is compared with that; see ``voxel_quality``,
    ``class_qualities`` and ``box_qualities``. Probabilities are worked out anew, since predictions on disk hold the
    classes alone.

    Parameters
    ----------
    crossval : its name; the newest when None
    weights : "best" or "last"
    temperature : of the soft minimum
    stop : asked between cases; when it says so, what was looked at so far is returned
    open_model : gives the model of a fold; by default the trained network

    A case without a label, or one that cannot be read or predicted, is left out with the reason. Raises MedOptError
    when there is no cross-validation or one of its folds is not trained.
    """
    listener = reporter or Silence()
    chosen = _open_crossval(project, crossval)
    if open_model is None:
        # told before the first fold is asked, not after hours
        for place in _first_repeat(chosen):
            _check_trained(chosen, place)
    left_out: list[LeftOut] = []
    answers = list(
        _answers(project, chosen, open_model or _opener(weights), temperature, stop or _never, listener, left_out)
    )
    qualities = _qualities(project, answers, temperature)
    suspects = [
        Suspect(one.case, project.case(one.case).subject, quality)
        for one, quality in zip(answers, qualities, strict=True)
    ]
    ranked = sorted(suspects, key=lambda one: (one.quality.score, one.case))
    return LabelErrors(project.settings.task, chosen.name, tuple(ranked), tuple(left_out))


def _answers(
    project: Project,
    crossval: CrossValidation,
    open_model: OpenModel,
    temperature: float,
    stop: Callable[[], bool],
    reporter: Reporter,
    left_out: list[LeftOut],
) -> Iterator[_Answer]:
    places = _first_repeat(crossval)
    progress = Progress(reporter, "predict", sum(len(crossval.fold(place).held_out) for place in places), unit="cases")
    for place in places:
        model = open_model(crossval, place)
        _check_classes(project, model, crossval.run_name(place))
        for case in crossval.fold(place).held_out:
            if stop():
                return
            try:
                yield _ask(project, case, model, temperature)
            except MedOptError as error:
                left_out.append(LeftOut(case, str(error)))
                reporter.emit("message", level="warning", text=f"{case} is left out: {error}")
            progress.advance()


def _ask(project: Project, case: str, model: Model, temperature: float) -> _Answer:
    label, image = project.read_label(case), project.read_image(case)
    if project.settings.task != "segmentation":
        return _Answer(case, label, predict_image(image, model))
    task = SegmentationTask(model.description.classes, ignored=project.settings.ignored)
    with predict_scores(image, model) as (scores, grid):
        quality = voxel_quality(
            scores,
            task.encode(label, grid),
            grid,
            [info.name for info in model.description.classes],
            judged=task.judged(label),
            temperature=temperature,
        )
    return _Answer(case, None, quality)


def _qualities(project: Project, answers: list[_Answer], temperature: float) -> list[LabelQuality]:
    settings = project.settings
    labels, said = [one.label for one in answers], [one.said for one in answers]
    if settings.task == "classification":
        exclusive = not settings.multi_label
        return class_qualities(labels, said, settings.classes, exclusive=exclusive, temperature=temperature)
    if settings.task == "detection":
        grids = [project.case(one.case).geometry for one in answers]
        return box_qualities(labels, said, grids, settings.classes, temperature=temperature)
    low = suspect_low([quality.score for quality in said])
    return [replace(quality, suspected=is_low) for quality, is_low in zip(said, low, strict=True)]


def _open_crossval(project: Project, name: str | None) -> CrossValidation:
    from medopt.training.folds import list_crossvals, open_crossval

    folders = list_crossvals(project)
    if name is None and not folders:
        raise MedOptError(
            "there is no cross-validation whose models could be asked",
            where=project.folder,
            remedy="Run `medopt crossval` first",
        )
    return open_crossval(project, folders[-1].name if name is None else name)


def _first_repeat(crossval: CrossValidation) -> list[int]:
    return [place for place in crossval.places if crossval.fold(place).repeat == 1]


def _check_trained(crossval: CrossValidation, place: int) -> None:
    if not crossval.trained(place):
        raise MedOptError(
            "the fold is not trained yet",
            where=crossval.run_name(place),
            remedy="Repeat `medopt crossval`; it goes on where it was",
        )


def _check_classes(project: Project, model: Model, run: str) -> None:
    known, wanted = ([c.value for c in one] for one in (model.description.classes, project.settings.classes))
    if known != wanted:
        raise MedOptError(
            "the model learned other classes than the project has now",
            where=run,
            expected=", ".join(f"{c.value} ({c.name})" for c in project.settings.classes),
            found=", ".join(f"{c.value} ({c.name})" for c in model.description.classes),
            remedy="Run a new cross-validation",
        )


def _opener(weights: str) -> OpenModel:
    def open_fold(crossval: CrossValidation, place: int) -> Model:
        from medopt.inference.runtimes.torch_runtime import TorchRuntime
        from medopt.training.device import choose_device
        from medopt.training.run import describe_run, load_network

        folder = crossval.run_folder(place)
        network, _, record = load_network(folder, weights)
        if record.split.get("hash") != crossval.fold(place).split.hash:
            raise MedOptError(
                "the run was trained on another division of the subjects",
                where=folder.name,
                expected=f"split {crossval.fold(place).split.hash[:12]}",
                found=str(record.split.get("hash"))[:12],
                remedy="Begin a new cross-validation",
            )
        device, description = choose_device(), describe_run(folder)
        return Model(description, TorchRuntime(network.to(device.torch), description.dims, device.torch))

    return open_fold


def _never() -> bool:
    return False
