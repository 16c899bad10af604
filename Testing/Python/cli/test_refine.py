"""``medopt refine`` on a file and on a case of a project."""

from __future__ import annotations

import json

import numpy as np
import pytest

from medopt.image import Geometry, Image
from medopt.io import read_label_map, write_image

GRID = Geometry((10, 20, 24), (2.0, 1.0, 1.0))
BLOCK = np.zeros(GRID.shape, bool)
BLOCK[3:7, 5:15, 6:18] = True


@pytest.fixture
def scan(tmp_path):
    values = 100 * BLOCK + np.random.default_rng(1).normal(0, 10, GRID.shape)
    write_image(Image(values[np.newaxis].astype(np.float32), GRID), tmp_path / "scan.nrrd")
    return tmp_path / "scan.nrrd"


def test_clicks_make_a_label_map_and_correct_it(medopt, scan, tmp_path):
    label = tmp_path / "label.nii.gz"
    answer = medopt("refine", scan, "--add", "5,10,11", "--output", label, "--segment", 2)
    assert answer.exit_code == 0, answer.output
    found = read_label_map(label)
    assert found.geometry.is_close(GRID)
    mask = found.array == 2
    assert 2 * (mask & BLOCK).sum() / (mask.sum() + BLOCK.sum()) > 0.85
    strokes = tmp_path / "strokes.json"
    strokes.write_text(json.dumps({"negative": [[5, 10, 11]]}))
    answer = medopt("refine", scan, "--label", label, "--segment", 2, "--strokes", strokes)
    assert answer.exit_code == 0, answer.output
    assert read_label_map(label).array[5, 10, 11] == 0


def test_a_models_probabilities_count(medopt, scan, tmp_path):
    half = BLOCK & (np.arange(24) < 12)
    write_image(Image(np.where(half, 0.98, 0.01)[np.newaxis].astype(np.float32), GRID), tmp_path / "p.nrrd")
    label = tmp_path / "label.nrrd"
    answer = medopt("refine", scan, "--add", "5,10,9", "--probability", tmp_path / "p.nrrd", "--output", label)
    assert answer.exit_code == 0, answer.output
    mask = read_label_map(label).array == 1
    assert 2 * (mask & half).sum() / (mask.sum() + half.sum()) > 0.85


def test_a_case_gets_a_new_version(medopt, project):
    case = project.cases()[0].id
    before = project.read_label(case).array
    common = ("refine", project.folder, "--case", case, "--segment", "Anterior", "--annotator", "kim")
    answer = medopt(*common, "--add", "1,4,4")
    assert answer.exit_code == 0, answer.output
    after = project.read_label(case).array
    assert after[1, 4, 4] == 1
    np.testing.assert_array_equal(after[before == 2], 2)
    assert len(project.label_history(case)) == 2
    again = medopt(*common, "--add", "1,4,4")
    assert "unchanged" in again.output
    assert len(project.label_history(case)) == 2


def test_wrong_use_is_told(medopt, scan, project, tmp_path):
    def told(*arguments):
        answer = medopt("refine", *arguments)
        assert answer.exit_code == 1
        return " ".join(answer.output.split())

    out = ("--output", tmp_path / "x.nrrd")
    assert "there are no strokes" in told(scan, *out)
    assert "no place for the result" in told(scan, "--add", "1,1,1")
    assert "not a voxel" in told(scan, *out, "--add", "1,1")
    assert "not a whole number" in told(scan, *out, "--add", "1,1,a")
    assert "belong to a project" in told(scan, *out, "--add", "1,1,1", "--case", "a")
    assert "wrong options for a project" in told(project.folder, "--add", "1,1,1")
    case = project.cases()[0].id
    assert "no such class" in told(
        project.folder, "--case", case, "--annotator", "kim", "--add", "1,1,1", "--segment", 9
    )
    assert "not the address of a server" in told(scan, *out, "--add", "1,1,1", "--server", "localhost")
    assert not (tmp_path / "x.nrrd").exists()
