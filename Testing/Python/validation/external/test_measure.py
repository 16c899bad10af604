"""A model of one project on another: other names, spacing and brightness, its figures, its drop and why."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the model is a trained run")

from medopt.errors import MedOptError
from medopt.image import Geometry, Image, LabelMap
from medopt.io import write_image
from medopt.project import ClassInfo, Project, import_folder, make_split
from medopt.validation import Results, load_results
from medopt.validation.external import list_externals, load_external, validate_external
from medopt.validation.subgroups import load_subgroups
from medopt.validation.voxel_counts import OVERALL


def write_case(folder: Path, name: str, image: Image, label: LabelMap) -> None:
    write_image(image, folder / "images" / f"{name}.nrrd")
    write_image(Image(label.array[None], label.geometry), folder / "labels" / f"{name}.nrrd")


def other(project: Project, folder: Path, *, brightness: float = 1.0, copies: int = 0) -> Project:
    """Every second slice of the cases under other names and values, with one class more; some are plain copies."""
    for number, case in enumerate(project.cases()):
        image, label = project.read_image(case.id), project.read_label(case.id)
        values = np.select([label.array == 4, label.array == 1], [2, 7]).astype(np.uint8)
        values[0, 0, 0] = 9
        name = f"other-{number}"
        if number < copies:
            write_case(folder, name, image, LabelMap(values, label.geometry))
            continue
        old = image.geometry
        grid = Geometry((image.array[0, ::2].shape), (2 * old.spacing[0], *old.spacing[1:]), old.origin, old.direction)
        thick = Image(image.array[:, ::2] * brightness + 3, grid)
        write_case(folder, name, thick, LabelMap(np.ascontiguousarray(values[::2]), grid))
    classes = [
        ClassInfo(value=2, name="back", color="#112233"),
        ClassInfo(value=7, name="Head", color="#112244"),
        ClassInfo(value=9, name="Vessel", color="#112255"),
    ]
    made = Project.create(folder / "project", name="Other hospital", classes=classes, channels=["MR"])
    import_folder(made, folder / "images", folder / "labels")
    for number, case in enumerate(made.cases()):
        made.set_attributes(case.id, {"scanner": "old" if number < 3 else "new"})
    return made


@pytest.fixture
def elsewhere(finished_project: Project, tmp_path: Path) -> Project:
    return other(finished_project, tmp_path / "elsewhere")


def test_figures_classes_and_shifts_are_told(finished_project: Project, elsewhere: Project) -> None:
    run = finished_project.runs_folder / "run-001"
    looks = len(finished_project.test_openings())
    folder = validate_external(elsewhere, run, classes={"Front": "Head"})
    assert folder == elsewhere.folder / "external" / "small-run-001"
    assert list_externals(elsewhere.folder) == [folder]
    results, record = load_results(folder / "metrics-external.json"), load_external(folder)
    assert record is not None
    assert [(s.value, s.name) for s in results.structures] == [(2, "back"), (7, "Head")]
    assert {(pair.model, pair.project): pair.by for pair in record.classes} == {
        ("Back", "back"): "name",
        ("Front", "Head"): "user",
    }
    assert record.project_only == ("Vessel",)
    assert results.n_cases == 8
    # coarser slices of the same subjects: still found, and the whole shift is the spacing
    assert results.row("mean", "dice").estimate > 0.4
    spacing = next(row for row in record.grids if row.training[0] == 1.5)
    assert spacing.external[0] == 3.0
    assert spacing.outside == 8
    assert "2 times coarser" in spacing.words
    assert record.orientation is not None
    assert record.internal.endswith("test")
    dice = next(row for row in record.changes if (row.structure, row.metric) == ("mean", "dice"))
    assert dice.difference == pytest.approx(dice.external.estimate - dice.internal.estimate)
    assert dice.change == "too few cases to tell"  # two internal test subjects
    assert "expected at least 5, found 2" in dice.note
    # nobody looked at a sealed subject: the other project has no split, and the model's own is only read
    assert not record.looks
    assert len(finished_project.test_openings()) == looks
    rows = {row.value: row for row in load_subgroups(folder, "external")}
    assert (rows["old"].n, rows["new"].n) == (3, 5)
    assert rows["old"].low is None
    assert rows["new"].low is not None


def test_predictions_carry_the_classes_of_the_project(finished_project: Project, elsewhere: Project) -> None:
    from medopt.io import read_segmentation

    run = finished_project.runs_folder / "run-001"
    folder = validate_external(elsewhere, run, classes={"Front": "Head"})
    results = load_results(folder / "metrics-external.json")
    score = next(s for s in results.scored if s.structure == "Head")
    values = {c.name: c.value for c in elsewhere.settings.classes}
    said = read_segmentation(folder / "predictions" / "external" / f"{score.case}.seg.nrrd").to_label_map(values)
    found, there = said.array == 7, elsewhere.read_label(score.case).array == 7
    assert score.value("dice") == pytest.approx(2 * np.sum(found & there) / (found.sum() + there.sum()))


def test_other_classes_make_the_predictions_anew(finished_project: Project, elsewhere: Project) -> None:
    run = finished_project.runs_folder / "run-001"
    validate_external(elsewhere, run, classes={"Front": "Head"})
    folder = validate_external(elsewhere, run, classes={"Front": "back", "Back": "Head"})
    results = load_results(folder / "metrics-external.json")
    assert results.row("mean", "dice").estimate < 0.2  # the wrong way round, on purpose


def test_probabilities_are_counted_for_the_classes_of_the_project(
    finished_project: Project, elsewhere: Project
) -> None:
    run = finished_project.runs_folder / "run-001"
    briers = []
    for classes in ({"Front": "Head"}, {"Front": "back", "Back": "Head"}):
        results = load_results(validate_external(elsewhere, run, classes=classes) / "metrics-external.json")
        assert isinstance(results, Results)
        assert results.calibration is not None
        assert results.calibrated == ("back", "Head", OVERALL)
        assert results.calibration.without == {}
        briers.append({row.structure: row.estimate for row in results.calibration.summary if row.metric == "brier"})
    right, swapped = briers
    assert right["Head"] < 0.7 * swapped["Head"]
    assert right[OVERALL] == pytest.approx(swapped[OVERALL], rel=1e-4)  # which structure it is does not matter there


def test_an_exported_model_gives_what_its_run_gives(finished_project: Project, elsewhere: Project) -> None:
    run = validate_external(elsewhere, finished_project.runs_folder / "run-001", classes={"Front": "Head"})
    first = load_results(run / "metrics-external.json")
    package = validate_external(
        elsewhere, finished_project.models_folder / "run-001", classes={"Front": "Head"}, name="package"
    )
    second = load_results(package / "metrics-external.json")
    assert second.row("mean", "dice").estimate == pytest.approx(first.row("mean", "dice").estimate, abs=1e-3)
    record = load_external(package)
    assert record is not None
    assert record.model.kind == "package"
    assert "onnxruntime" in record.model.runtime
    assert record.internal.endswith("test")  # found by the run that the package names


def test_a_package_far_from_its_project_is_measured_without_a_drop(
    finished_project: Project, elsewhere: Project, tmp_path: Path
) -> None:
    shutil.copytree(finished_project.models_folder / "run-001", tmp_path / "moved")
    folder = validate_external(elsewhere, tmp_path / "moved", classes={"Front": "Head"}, name="moved")
    record = load_external(folder)
    assert record is not None
    assert record.changes == ()
    assert record.intensities == ()
    assert any("no drop can be told" in note for note in record.notes)


def test_images_of_the_model_s_own_project_are_left_out(finished_project: Project, tmp_path: Path) -> None:
    mixed = other(finished_project, tmp_path / "mixed", copies=3)
    folder = validate_external(mixed, finished_project.runs_folder / "run-001", classes={"Front": "Head"})
    results = load_results(folder / "metrics-external.json")
    assert results.n_cases == 5
    assert [entry.case for entry in results.left_out] == ["other-0", "other-1", "other-2"]
    assert "same image" in results.left_out[0].reason


def test_a_look_at_the_other_project_s_test_subjects_is_counted_there(
    finished_project: Project, elsewhere: Project
) -> None:
    make_split(elsewhere, test=0.25, validation=0.15)
    run = finished_project.runs_folder / "run-001"
    validate_external(elsewhere, run, classes={"Front": "Head"}, part="train")
    assert elsewhere.test_openings() == []
    folder = validate_external(elsewhere, run, classes={"Front": "Head"}, part="test")
    assert [o.purpose for o in elsewhere.test_openings()] == ["external validation of run-001"]
    assert load_results(folder / "metrics-external.json").n_cases == 2


def test_brightness_is_told_where_the_recipe_does_not_take_it_out(finished_project: Project, tmp_path: Path) -> None:
    bright = other(finished_project, tmp_path / "bright", brightness=-1.0)  # inverted
    folder = validate_external(bright, finished_project.runs_folder / "run-001", classes={"Front": "Head"})
    (shift,) = load_external(folder).intensities  # type: ignore[union-attr]
    assert shift.usual is not None
    assert shift.distance > 3 * shift.usual
    assert shift.beyond == 8
    assert "not those of training" in shift.words


def test_wrong_pairs_are_refused(finished_project: Project, elsewhere: Project, tmp_path: Path) -> None:
    run = finished_project.runs_folder / "run-001"
    with pytest.raises(MedOptError, match="own project"):
        validate_external(finished_project, run)
    with pytest.raises(MedOptError, match=r"no such class.*Head"):
        validate_external(elsewhere, run, classes={"Front": "Tail"})
    with pytest.raises(MedOptError, match="no such model"):
        validate_external(elsewhere, tmp_path / "nowhere")
    with pytest.raises(MedOptError, match="has no split"):
        validate_external(elsewhere, run, part="test")
    classes = [ClassInfo(value=1, name="x", color="#112233")]
    empty = Project.create(tmp_path / "empty", name="Empty", classes=classes)
    with pytest.raises(MedOptError, match=r"no class of the model.*--class"):
        validate_external(empty, run)
    with pytest.raises(MedOptError, match="no case is left"):
        validate_external(empty, run, classes={"Front": "x"})
    two = Project.create(tmp_path / "two", name="Two", classes=classes, channels=["a", "b"])
    with pytest.raises(MedOptError, match="another number of channels"):
        validate_external(two, run, classes={"Front": "x"})
    boxes = Project.create(tmp_path / "boxes", name="Boxes", classes=classes, task="detection")
    with pytest.raises(MedOptError, match="another task"):
        validate_external(boxes, run)
