"""Proposals of a model that can be followed by hand, and of a run and its export."""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.events import Collector
from medopt.image import ClassLabel, LabelMap
from medopt.inference import InferenceSettings, Model, ModelDescription
from medopt.labelling.acceptances import list_acceptances
from medopt.labelling.blind import BlindSettings, save_blind
from medopt.labelling.proposal_score import proposal_score
from medopt.labelling.propose import propose
from medopt.labelling.proposing_model import ProposingModel, open_proposing_model
from medopt.preprocess import PreprocessSettings
from medopt.project import ClassInfo, Project


class Brightness:
    """A "network": background is dark, the first class brighter, the second brighter still; relative to the image."""

    name = "brightness"

    def __call__(self, windows: np.ndarray) -> np.ndarray:
        x = windows[:, :1] / windows.max()
        return np.concatenate([0.65 - x, np.zeros_like(x), x - 0.85], axis=1) * 30


def by_brightness(project: Project, *, name: str = "bright", known: int = 2, age_s: float = 60.0) -> ProposingModel:
    """Knows the first ``known`` classes of the project."""
    description = ModelDescription(
        name=name,
        dims=3,
        channels=("image",),
        classes=tuple(project.settings.classes)[:known],
        preprocess=PreprocessSettings(steps=()),
        patch=(16, 16, 16),
        divisor=(1, 1, 1),
        inference=InferenceSettings(),
    )
    made = datetime.now(timezone.utc) - timedelta(seconds=age_s)
    rows = tuple(n if n < known else None for n in range(2))
    return ProposingModel(name, Model(description, Brightness()), made, rows)


def names(project: Project, *states: str) -> list[str]:
    return [case.id for case in project.cases() if case.state in states]


def test_every_case_without_a_label_gets_one_with_scores_and_confidence(half_labelled: Project) -> None:
    waiting = names(half_labelled, "unlabelled")
    events = Collector()
    done = propose(half_labelled, by_brightness(half_labelled), round=3, reporter=events)
    assert done.made == tuple(waiting)
    assert (done.kept, done.left_out, done.stopped) == ((), {}, False)
    assert names(half_labelled, "proposed") == waiting
    for name in waiting:
        record, label = half_labelled.proposal(name), half_labelled.read_proposal(name)
        assert (record.model, record.round, record.catch) == ("bright", 3, False)
        assert 0 < record.confidence <= 1
        scores = half_labelled.read_scores(name)
        everything = np.stack([scores.probability(info.value) for info in half_labelled.settings.classes])
        background = 1 - everything.sum(axis=0)
        winner = np.concatenate([background[None], everything]).argmax(axis=0)
        two = np.sort(np.concatenate([background[None], everything]), axis=0)[-2:]
        clear = two[1] - two[0] > 0.02  # a byte holds no finer differences
        assert clear.mean() > 0.9
        np.testing.assert_array_equal(label.array[clear], np.array([0, 1, 4])[winner][clear])
    told = [event for event in events.events if event["kind"] == "progress"]
    assert (told[-1]["done"], told[-1]["total"]) == (4, 4)
    assert told[-1]["stage"] == "propose"


def test_a_bad_case_is_left_out_with_the_reason_and_the_rest_goes_on(half_labelled: Project) -> None:
    first, *others = names(half_labelled, "unlabelled")
    half_labelled.image_paths(first)[0].write_bytes(b"NRRD0004\n")
    done = propose(half_labelled, by_brightness(half_labelled))
    assert done.made == tuple(others)
    assert list(done.left_out) == [first]
    assert half_labelled.proposal(first) is None


def test_the_same_call_goes_on_where_it_was(half_labelled: Project) -> None:
    waiting, model = names(half_labelled, "unlabelled"), by_brightness(half_labelled)

    class After:
        """Asks to stop after two cases."""

        def __init__(self) -> None:
            self.asked = 0

        def requested(self) -> bool:
            self.asked += 1
            return self.asked > 2

    stopped = propose(half_labelled, model, stop=After())
    assert (stopped.made, stopped.stopped) == (tuple(waiting[:2]), True)
    done = propose(half_labelled, model)
    assert (done.kept, done.made) == (tuple(waiting[:2]), tuple(waiting[2:]))


def test_newer_weights_of_the_same_name_propose_anew(half_labelled: Project) -> None:
    assert len(propose(half_labelled, by_brightness(half_labelled)).made) == 4
    time.sleep(0.01)
    assert len(propose(half_labelled, by_brightness(half_labelled, age_s=-60)).made) == 4
    assert len(propose(half_labelled, by_brightness(half_labelled, name="other")).made) == 4


def test_who_has_a_case_open_keeps_the_proposal_that_he_sees(half_labelled: Project) -> None:
    propose(half_labelled, by_brightness(half_labelled))
    one = names(half_labelled, "proposed")[0]
    half_labelled.leases.take([one], "anna")
    done = propose(half_labelled, by_brightness(half_labelled, name="second"))
    assert done.kept == (one,)
    assert half_labelled.proposal(one).model == "bright"
    half_labelled.leases.release(one, "anna")
    assert propose(half_labelled, by_brightness(half_labelled, name="second")).made == (one,)


def test_a_class_that_the_model_does_not_know_is_marked_as_not_judged(half_labelled: Project) -> None:
    class Front:
        name = "front"

        def __call__(self, windows: np.ndarray) -> np.ndarray:
            return Brightness()(windows)[:, :2]

    model = by_brightness(half_labelled, known=1)
    model = ProposingModel(model.name, Model(model.model.description, Front()), model.made, model.rows)
    done = propose(half_labelled, model)
    label = half_labelled.read_proposal(done.made[0])
    assert label.unjudged == (4,)
    assert set(np.unique(label.array)) == {0, 1}
    assert half_labelled.read_scores(done.made[0]).probability(4).max() == 0


def test_a_labelled_case_is_proposed_for_when_it_is_named_and_its_score_outlasts_that(half_labelled: Project) -> None:
    one = names(half_labelled, "unlabelled")[0]
    propose(half_labelled, by_brightness(half_labelled), cases=[one], round=1)
    said = half_labelled.read_proposal(one)
    label = LabelMap(np.where(said.array == 4, 0, said.array), said.geometry)
    half_labelled.save_label(one, label, annotator="anna", source="proposal")
    expected = proposal_score(said, label, said.geometry, (1, 4))
    assert propose(half_labelled, by_brightness(half_labelled), cases=[one]).kept == (one,)
    assert propose(half_labelled, by_brightness(half_labelled, name="new"), cases=[one], round=2).made == (one,)
    found = next(a for a in list_acceptances(half_labelled) if a.case == one)
    assert (found.round, found.model) == (1, "bright")
    assert found.score == expected < 1


def test_a_wrong_proposal_on_purpose_is_known_as_such_and_its_scores_do_not_tell(half_labelled: Project) -> None:
    waiting = names(half_labelled, "unlabelled")
    seed = next(s for s in range(999) if any(BlindSettings(catch=0.2, seed=s).is_catch(n) for n in waiting))
    settings = BlindSettings(share=0.05, catch=0.2, seed=seed)
    save_blind(half_labelled, settings)
    propose(half_labelled, by_brightness(half_labelled))
    for name in waiting:
        record = half_labelled.proposal(name)
        assert record.catch == settings.is_catch(name)
        assert (half_labelled.read_scores(name) is None) == record.catch


def test_unknown_cases_and_models_are_told(half_labelled: Project) -> None:
    with pytest.raises(MedOptError, match="unknown case"):
        propose(half_labelled, by_brightness(half_labelled), cases=["nobody"])
    with pytest.raises(MedOptError, match="there is no such run"):
        propose(half_labelled, "run-009")


def test_a_run_and_its_export_say_the_same(finished_project: Project, tmp_path: Path) -> None:
    case = finished_project.cases()[0].id
    run = propose(finished_project, "run-001", cases=[case], device="cpu")
    by_torch, sure = finished_project.read_proposal(case), finished_project.proposal(case).confidence
    folder = next(path.parent for path in finished_project.models_folder.glob("*/metadata.json"))
    os.rename(folder, tmp_path / "exported")
    onnx = propose(finished_project, tmp_path / "exported", cases=[case])
    assert (run.model, onnx.model) == ("run-001", "exported")
    assert (finished_project.read_proposal(case).array != by_torch.array).mean() < 0.001
    assert finished_project.proposal(case).confidence == pytest.approx(sure, abs=0.002)
    assert open_proposing_model(finished_project, device="cpu").name == "run-001"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": (ClassInfo(value=1, name="Liver", color="#e69f00"),)}, "classes that the project has not.*Liver"),
        ({"channels": ("t1", "t2")}, r"takes other images.*expected 1 channels \(image\), found 2"),
        ({"task": "classification"}, "the model is for another task"),
    ],
)
def test_a_model_that_does_not_fit_the_project_is_refused(
    half_labelled: Project, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], message: str
) -> None:
    model = by_brightness(half_labelled).model
    other = Model(model.description.model_copy(update=changes), model.runtime)
    folder = half_labelled.models_folder / "strange"
    folder.mkdir()
    (folder / "metadata.json").write_text("{}")
    monkeypatch.setattr("medopt.labelling.proposing_model.load_model", lambda path, threads: other)
    with pytest.raises(MedOptError, match=message):
        open_proposing_model(half_labelled, "strange")


def test_classes_carry_the_values_of_the_project(half_labelled: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    model = by_brightness(half_labelled).model
    swapped = [info.model_copy(update={"value": 50 - info.value}) for info in reversed(model.description.classes)]
    other = Model(model.description.model_copy(update={"classes": tuple(swapped)}), model.runtime)
    folder = half_labelled.models_folder / "foreign"
    folder.mkdir()
    (folder / "metadata.json").write_text("{}")
    monkeypatch.setattr("medopt.labelling.proposing_model.load_model", lambda path, threads: other)
    found = open_proposing_model(half_labelled, "foreign")
    assert [info.value for info in found.model.description.classes] == [4, 1]
    assert found.rows == (1, 0)


class Surely:
    """A "network" for whole images that gives the same logits for each."""

    name = "surely"

    def __init__(self, *logits: float) -> None:
        self.logits = np.array([logits], np.float32)

    def __call__(self, windows: np.ndarray) -> np.ndarray:
        return np.repeat(self.logits, len(windows), axis=0)


def test_classification_proposes_the_most_probable_class(small_project_folder: Path, tmp_path: Path) -> None:
    from medopt.project import import_folder

    classes = [ClassInfo(value=v, name=n, color="#e69f00") for v, n in ((1, "Well"), (2, "Ill"))]
    project = Project.create(tmp_path / "classes", name="classes", task="classification", classes=classes)
    import_folder(project, small_project_folder.parent / "images")
    description = by_brightness(project).model.description.model_copy(update={"task": "classification"})
    now = datetime.now(timezone.utc) - timedelta(minutes=1)
    done = propose(project, ProposingModel("m", Model(description, Surely(0.0, np.log(3.0))), now, (0, 1)))
    assert len(done.made) == 8
    one = done.made[0]
    assert project.read_proposal(one) == ClassLabel((2,))
    assert project.proposal(one).confidence == pytest.approx(0.75, abs=1e-4)
    assert project.read_scores(one) is None


class Peaks:
    """A "network" for boxes: two sure centres of the first class side by side, and a faint one of the second."""

    name = "peaks"

    def __call__(self, windows: np.ndarray) -> np.ndarray:
        cells = np.zeros((len(windows), 8, *windows.shape[2:]), np.float32)
        cells[:, :2] = -9.0
        cells[:, 0, 5, 5, 5], cells[:, 0, 5, 5, 7], cells[:, 1, 9, 9, 9] = 3.0, 2.0, -1.5
        cells[:, 2:5] = np.log(9.0)
        return cells


def test_detection_proposes_sure_boxes_once(small_project_folder: Path, tmp_path: Path) -> None:
    from medopt.project import import_folder

    finished = Project.open(small_project_folder)
    project = Project.create(tmp_path / "boxes", name="boxes", task="detection", classes=finished.settings.classes)
    import_folder(project, small_project_folder.parent / "images")
    description = by_brightness(project).model.description.model_copy(
        update={"task": "detection", "patch": (32, 32, 32)}
    )
    now = datetime.now(timezone.utc) - timedelta(minutes=1)
    model = ProposingModel("m", Model(description, Peaks()), now, (0, 1))
    one = project.cases()[0]
    propose(project, model, cases=[one.id])
    (box,) = project.read_proposal(one.id).boxes  # the second centre lies within the first box, the third is too faint
    assert box.value == 1
    np.testing.assert_allclose(
        project.read_proposal(one.id).to_index(one.geometry)[0].mean(axis=0), [5, 5, 5], atol=0.5
    )
    assert project.proposal(one.id).confidence == pytest.approx(1 / (1 + np.exp(-3.0)), abs=0.01)
    low = ProposingModel("low", model.model, now, (0, 1))
    propose(project, low, cases=[one.id], least_score=0.1)
    assert {box.value for box in project.read_proposal(one.id).boxes} == {1, 4}
