"""The montage: the map over the right place, colours from the table, the same bytes each time; its section."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from medopt.image import Geometry, Image
from medopt.image.heat_colors import heat_colors
from medopt.io import write_image
from medopt.project import Project
from medopt.report.heat_pictures import VEIL, Tile, draw_montage
from medopt.report.png import color_png
from medopt.report.record import read_record
from medopt.report.sections.explanations import SHOWN, build, shown_maps
from medopt.validation.explain import CaseMap, ExplainSettings, Explanation, PointingRow, Rate, SanityRow
from medopt.validation.explain.pointing import Pointed
from medopt.validation.explain.results import explanation_folder
from medopt.validation.table import LeftOut


def pictures(svg: str) -> list[np.ndarray]:
    """The pixels of each picture with opacity."""
    found = []
    for data in re.findall(r"base64,([A-Za-z0-9+/=]+)", svg):
        with Pillow.open(io.BytesIO(base64.b64decode(data))) as picture:
            if picture.mode == "RGBA":
                found.append(np.asarray(picture))
    return found


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (40, 57)])
def test_pillow_reads_the_same_coloured_pixels(shape: tuple[int, int], rng: np.random.Generator) -> None:
    picture = rng.integers(0, 256, (*shape, 4), dtype=np.uint8)
    with Pillow.open(io.BytesIO(color_png(picture))) as read:
        assert read.mode == "RGBA"
        assert np.array_equal(np.asarray(read), picture)


def test_the_map_lies_on_the_slice_of_its_largest_value(rng: np.random.Generator) -> None:
    geometry = Geometry((6, 10, 12), (3.0, 1.0, 1.0))
    heat = np.zeros(geometry.shape, np.uint8)
    heat[4, 2, 7], heat[4, 8, 3] = 100, 40
    svg = draw_montage([Tile("c1: Front", Image(rng.normal(size=(1, *geometry.shape)), geometry), heat)], "maps")
    (overlay,) = pictures(svg)
    assert overlay.shape == (10, 12, 4)
    opaque = np.argwhere(overlay[..., 3] > 0).tolist()
    assert opaque == [[2, 7], [8, 3]]
    np.testing.assert_allclose(overlay[2, 7, :3], 255 * heat_colors(1.0), atol=1)
    assert overlay[2, 7, 3] == round(255 * VEIL)
    assert overlay[8, 3, 3] == pytest.approx(255 * VEIL * 0.75, abs=1)
    assert "50 %" in svg
    assert "c1: Front" in svg


def test_a_picture_and_an_empty_map(rng: np.random.Generator) -> None:
    flat = Geometry((1, 10, 12))
    tile = Tile("x<y", Image(rng.normal(size=(1, 1, 10, 12)), flat), np.zeros((1, 10, 12), np.uint8))
    svg = draw_montage([tile] * 5, "many")
    assert "x&lt;y" in svg
    assert len(pictures(svg)) == 5
    assert all(picture[..., 3].max() == 0 for picture in pictures(svg))
    assert svg == draw_montage([tile] * 5, "many")


def test_the_reference_is_outlined(rng: np.random.Generator) -> None:
    flat = Geometry((1, 10, 12))
    region = np.zeros((1, 10, 12), bool)
    region[0, 2:5, 3:7] = True
    tile = Tile("c", Image(rng.normal(size=(1, 1, 10, 12)), flat), region.astype(np.uint8), region, "#123456")
    assert 'stroke="#123456"' in draw_montage([tile], "c")
    assert 'stroke="#123456"' not in draw_montage([replace(tile, region=None)], "c")


@pytest.fixture
def explained(run_folder: Path) -> Path:
    """Maps of two cases of the validated run; the second map's file is missing."""
    project = Project.open(run_folder.parents[1])
    record = read_record(run_folder)
    assert record.results is not None
    cases = sorted({score.case for score in record.results.scored})[:2]
    folder = explanation_folder(run_folder, "test", "gradcam")
    maps = []
    for number, case in enumerate(cases):
        label, geometry = project.read_label(case).array, project.read_image(case).geometry
        file = f"maps/{case}.1.nrrd"
        if number == 0:
            write_image(Image((100 * (label == 1)).astype(np.uint8)[None], geometry), folder / file)
        maps.append(CaseMap(case, f"s{number}", 1, "Anterior", file, 3.0, Pointed(number == 0, 0.5, 0.1)))
    rate = Rate(0.9, 0.8, 0.95, 6, 6)
    few = Rate(0.5, None, None, 2, 2, "too few subjects for an interval: expected at least 5, found 2")
    Explanation(
        "run-001",
        "segmentation",
        "test",
        "best",
        ExplainSettings(),
        "stages.1",
        (4, 7, 6),
        tuple(maps),
        (LeftOut("c9", "nothing found"),),
        (PointingRow("Anterior", few, few, 0.1),),
        (SanityRow("stages.0", rate, rate),),
    ).save(folder)
    return run_folder


def test_the_section_tells_the_checks_and_shows_what_is_there(explained: Path) -> None:
    section = build(read_record(explained), Project.open(explained.parents[1]))
    assert section is not None
    texts = " ".join(getattr(block, "text", "") for block in section.blocks)
    assert "These maps do not depend on what the network learned" in texts
    assert "Grad-CAM (Selvaraju et al., ICCV 2017), features of layer stages.1 (4×7×6 cells a window)" in texts
    assert "No picture of" in texts
    (montage,) = [block for block in section.blocks if block.kind == "case"]
    assert len(pictures(montage.svg)) == 1
    tables = [block for block in section.blocks if block.kind == "table"]
    assert [len(table.rows) for table in tables] == [1, 1]
    assert "too few subjects" in tables[0].rows[0][1].small
    warned = [block for block in section.blocks if block.kind == "note" and block.level == "warning"]
    assert len(warned) == 1


def test_a_run_without_maps_has_no_section_and_a_damaged_file_is_told(explained: Path) -> None:
    record = read_record(explained)
    path = explanation_folder(explained, "test", "gradcam") / "explanation.json"
    path.write_text("{")
    section = build(record, None)
    assert section is not None
    assert any("damaged" in getattr(block, "text", "") for block in section.blocks)
    path.unlink()
    assert build(record, None) is None


def test_cases_are_spread_evenly_and_classes_come_in_turn() -> None:
    maps = [CaseMap(f"c{n:02}", "s", v, f"class {v}", "f", 1.0) for n in range(30) for v in (1, 2)]
    chosen = shown_maps(maps)
    assert len(chosen) == SHOWN
    assert (chosen[0].case, chosen[-1].case) == ("c00", "c29")
    assert [one.value for one in chosen] == [1, 2] * (SHOWN // 2)
    assert shown_maps([]) == []
