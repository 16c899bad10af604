"""The model package: proven, complete, replaced as a whole, and never there when the proof fails."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from medopt.compression import export_run, parity
from medopt.compression.parity import ParityCase, ParityProof, prove_parity
from medopt.errors import MedOptError
from medopt.files import file_sha256
from medopt.inference import Model, load_model, predict_image
from medopt.io import read_label_map
from medopt.project import Project, load_split


def test_the_package_is_complete_and_carries_its_proof(finished_project: Project) -> None:
    folder = finished_project.models_folder / "run-001"
    names = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert names == {
        "model.onnx",
        "metadata.json",
        "card.md",
        "checksums.json",
        "configs/metadata.json",
        "configs/inference.json",
    }
    metadata = json.loads((folder / "metadata.json").read_text())
    assert metadata["network_data_format"]["outputs"]["pred"]["channel_def"] == {
        "0": "background",
        "1": "Front",
        "2": "Back",
    }
    proof = metadata["medopt"]["parity"]
    split = load_split(finished_project)
    assert [case["case"] for case in proof["cases"]] == [*split.test, *split.validation][:5]
    assert 0 <= proof["largest_difference"] <= proof["tolerance"]
    assert proof["largest_dice_difference"] <= 0.01
    sums = json.loads((folder / "checksums.json").read_text())
    assert sums == {name: file_sha256(folder / name) for name in names - {"checksums.json"}}


def test_it_predicts_on_the_grid_of_the_image_what_the_run_predicted(finished_project: Project) -> None:
    model = load_model(finished_project.models_folder / "run-001")
    case = load_split(finished_project).test[0]
    image = finished_project.read_image(case)
    label = predict_image(image, model)
    assert label.geometry == image.geometry
    stored = read_label_map(finished_project.runs_folder / "run-001" / "predictions" / "test" / f"{case}.seg.nrrd")
    assert np.mean(label.array != stored.array) < 1e-3
    assert set(np.unique(label.array)) <= {0, 1, 4}


def test_an_older_package_is_replaced_as_a_whole(finished_project: Project) -> None:
    folder = finished_project.models_folder / "run-001"
    (folder / "old.txt").write_text("from before")
    assert export_run(finished_project, "run-001", cases=1) == folder
    assert not (folder / "old.txt").exists()
    assert [p.name for p in finished_project.models_folder.iterdir()] == ["run-001"]


def test_a_failed_proof_exports_nothing_and_keeps_the_package_from_before(
    finished_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = finished_project.models_folder / "run-001"
    before = file_sha256(folder / "model.onnx")
    monkeypatch.setattr(ParityProof, "passed", property(lambda self: False))
    with pytest.raises(MedOptError, match=r"does not give what the trained one gives: expected scores within"):
        export_run(finished_project, "run-001", cases=1)
    assert file_sha256(folder / "model.onnx") == before
    assert [p.name for p in finished_project.models_folder.iterdir()] == ["run-001"]


def test_a_model_that_differs_fails_the_proof(finished_project: Project) -> None:
    original = load_model(finished_project.models_folder / "run-001")

    class Wrong:
        name = "wrong"

        def __call__(self, windows: np.ndarray) -> np.ndarray:
            return original.runtime(windows) + np.array([0, 0.1, 0], np.float32).reshape(1, 3, 1, 1, 1)

    case = load_split(finished_project).test[0]
    proof = prove_parity(
        original,
        Model(original.description, Wrong()),
        [case],
        finished_project.read_image,
        finished_project.read_label,
    )
    assert not proof.passed
    assert proof.largest_difference > parity.TOLERANCE
    assert proof.largest_dice_difference is not None


def test_an_empty_proof_is_no_proof() -> None:
    assert not ParityProof((), "a", "b").passed
    assert ParityProof((ParityCase("x", 0.0, 0, None, None),), "a", "b").passed
    with pytest.raises(MedOptError, match="no case to prove the export on"):
        prove_parity(None, None, [], lambda c: None, lambda c: None)  # type: ignore[arg-type,return-value]


def test_no_path_out_of_the_models_folder(finished_project: Project, tmp_path: Path) -> None:
    with pytest.raises(MedOptError, match="leaves its folder"):
        export_run(finished_project, "run-001", name="../../elsewhere")


def test_a_proof_on_sealed_subjects_is_a_look_that_is_counted(finished_project: Project) -> None:
    looks = finished_project.test_openings()
    export_run(finished_project, "run-001", name="again")
    assert [one.purpose for one in finished_project.test_openings()[len(looks) :]] == [
        "parity of the export of run-001 with the trained model"
    ]
