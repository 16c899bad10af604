"""Pictures of cases: outlines where the label is, true proportions, the right slice."""

from __future__ import annotations

import base64
import io
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays
from PIL import Image as Pillow

from medopt import MedOptError
from medopt.image import Geometry, Image, LabelMap
from medopt.project import Project
from medopt.report.case_pictures import CaseVolumes, draw_case, outline, read_case
from medopt.report.palette import look
from medopt.report.record import StructureInfo, read_record

STRUCTURES = (StructureInfo(1, "A", look(0)), StructureInfo(2, "B", look(1)))


def _rings(path: str) -> list[np.ndarray]:
    return [
        np.array([[float(v) for v in point.split()] for point in ring.rstrip("Z").split("L")])
        for ring in path.split("M")[1:]
    ]


def _area(ring: np.ndarray) -> float:
    x, y = ring.T
    return 0.5 * float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))


@given(arrays(bool, (7, 9)))
def test_an_outline_holds_the_area_of_its_mask(mask: np.ndarray) -> None:
    rings = _rings(outline(mask, 3.0, 2.0))
    # each corner of a pixel that the line cuts off costs an eighth of a pixel, or gains it at an inner corner
    area = abs(sum(_area(ring) for ring in rings))
    corners = np.pad(mask, 1).astype(int)
    code = corners[:-1, :-1] + corners[1:, :-1] + corners[:-1, 1:] + corners[1:, 1:]
    diagonal = (code == 2) & (corners[:-1, :-1] == corners[1:, 1:])
    expected = mask.sum() - ((code == 1).sum() - (code == 3).sum()) / 8
    assert area / 6.0 == pytest.approx(expected, abs=0.01 * mask.size + 0.5 * diagonal.sum())


def test_an_outline_lies_around_its_pixels() -> None:
    mask = np.zeros((6, 8), bool)
    mask[2:5, 3:7] = True
    (ring,) = _rings(outline(mask, 10.0, 5.0))
    assert ring.min(axis=0).tolist() == [15.0, 20.0]
    assert ring.max(axis=0).tolist() == [35.0, 50.0]
    assert outline(np.zeros((3, 3), bool), 1, 1) == ""


def _case() -> CaseVolumes:
    geometry = Geometry((12, 30, 20), (3.0, 1.0, 1.5))
    image = np.random.default_rng(1).integers(0, 900, (1, 12, 30, 20)).astype(np.int16)
    label = np.zeros((12, 30, 20), np.uint8)
    label[4:9, 10:20, 6:14] = 1
    label[7, 8:26, 4:16] = 1
    label[5:8, 20:24, 8:12] = 2
    return CaseVolumes(Image(image, geometry), LabelMap(label, geometry), LabelMap(np.roll(label, 1, 1), geometry))


def test_panels_are_well_formed_and_in_true_proportion() -> None:
    root = ElementTree.fromstring(draw_case(_case(), STRUCTURES, "a <case> & more"))
    assert root.get("aria-label") == "a <case> & more"
    panels = root.findall("svg")
    assert len(panels) == 3
    scales = []
    for panel in panels:
        text = [t.text for t in panel.iter("text")]
        bar = next(t for t in text if t.endswith(" mm"))
        length = -float(re.search(r"h(-[\d.]+)", panel.find("g[@class='case-text']/path").get("d"))[1])
        scales.append(length / float(bar.split()[0]))
        assert {"axial", "coronal", "sagittal"} & set(text)
    assert np.ptp(scales) < 0.01 * scales[0]
    axial = panels[0]
    # 30 voxels of 1 mm and 20 of 1.5 mm, all within the margin: 30 by 30 mm
    assert float(axial.get("width")) == pytest.approx(30 * scales[0], rel=0.01)
    assert float(axial.get("height")) == pytest.approx(30 * scales[0], rel=0.01)


def test_both_labels_are_outlined_in_the_colours_of_their_structures() -> None:
    svg = draw_case(_case(), STRUCTURES, "case")
    for kind in ("reference", "prediction"):
        for info in STRUCTURES:
            assert len(re.findall(rf'<path class="{kind}" d="[^"]+" stroke="{info.look.color}"/>', svg)) >= 2


def test_the_picture_is_of_the_slice_that_shows_most() -> None:
    volumes = _case()
    volumes.image.array[:] = 0
    volumes.image.array[0, 7] = 500  # k = 7 holds most of both structures
    volumes.image.array[0, 7, 0, 0] = 1000
    first = re.search(r'base64,([^"]+)"', draw_case(volumes, STRUCTURES, "case"))[1]
    with Pillow.open(io.BytesIO(base64.b64decode(first))) as picture:
        assert np.median(np.asarray(picture)) > 100


def test_a_case_without_any_structure_still_has_pictures() -> None:
    volumes = _case()
    empty = LabelMap(np.zeros_like(volumes.reference.array), volumes.reference.geometry)
    svg = draw_case(CaseVolumes(volumes.image, empty, empty), STRUCTURES, "case")
    assert svg.count("<image") == 3
    assert 'class="reference"' not in svg


def test_cases_are_read_from_project_and_run(run_folder: Path) -> None:
    project, record = Project.open(run_folder.parent.parent), read_record(run_folder)
    case = record.results.cases[0].case
    volumes = read_case(project, record, case)
    overlap = (volumes.reference.array == 1) & (volumes.prediction.array == 1)
    dice = 2 * overlap.sum() / ((volumes.reference.array == 1).sum() + (volumes.prediction.array == 1).sum())
    assert dice == pytest.approx(record.results.cases[0].value("dice"))
    record.prediction_path(case).unlink()
    with pytest.raises(MedOptError, match=r"prediction is missing.*Validate the run again"):
        read_case(project, record, case)
