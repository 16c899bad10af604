"""Maps of a trained run: files on the cases' own grids, figures from them, resumed, checked, refused."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from medopt.errors import MedOptError  # noqa: E402
from medopt.image import Boxes, Image  # noqa: E402
from medopt.io import read_image, write_image  # noqa: E402
from medopt.io.markups import NamedBox, write_markup_boxes  # noqa: E402
from medopt.project import load_split, make_split  # noqa: E402
from medopt.project.splitting import list_openings  # noqa: E402
from medopt.training.run import describe_run, load_network  # noqa: E402
from medopt.validation.explain import ExplainSettings, Explanation  # noqa: E402
from medopt.validation.explain.cohort import explain_run, whole_per_cent  # noqa: E402
from medopt.validation.explain.explainer import Explainer  # noqa: E402
from medopt.validation.explain.randomisation import cascade, randomised  # noqa: E402

LAYER = "stages.0"


def run(project, **changed):
    settings = ExplainSettings(**{"layer": LAYER, "sanity_cases": 1, **changed})
    return explain_run(project, "run-001", settings=settings)


def folder_of(project, method="gradcam"):
    return project.runs_folder / "run-001" / "explanations" / f"test-{method}"


def test_each_case_has_a_map_of_each_structure_on_its_own_grid(finished_project):
    looks = len(list_openings(finished_project))
    found = run(finished_project)
    assert len(list_openings(finished_project)) == looks + 1
    test = load_split(finished_project).test
    assert {(one.case, one.name) for one in found.maps} == {(case, name) for case in test for name in ("Front", "Back")}
    for one in found.maps:
        stored, image = read_image(folder_of(finished_project) / one.file), finished_project.read_image(one.case)
        corners = np.array([[0, 0, 0], np.array(image.geometry.shape) - 1])
        np.testing.assert_allclose(
            stored.geometry.index_to_lps(corners), image.geometry.index_to_lps(corners), atol=1e-6
        )
        assert stored.array.dtype == np.uint8
        assert stored.array.max() == 100
        region = finished_project.read_label(one.case).array == one.value
        share = stored.array[0][region].sum() / stored.array.sum()
        assert one.pointed.inside == pytest.approx(share, abs=0.02)
        assert one.pointed.region == pytest.approx(region.mean())
    assert {row.name for row in found.pointing} == {"Front", "Back"}
    assert [row.step for row in found.sanity] == ["heads", "decoders.0", "stages.1", "stages.0"]
    assert all(row.spearman.n == 2 for row in found.sanity)
    assert Explanation.load(folder_of(finished_project) / "explanation.json") == found


def test_what_is_there_is_used_again_for_the_same_weights_and_settings(finished_project):
    run(finished_project)
    files = {path: path.stat().st_mtime_ns for path in folder_of(finished_project).glob("maps/*")}
    assert len(files) == 4
    next(iter(folder_of(finished_project).glob("cases/*.json"))).unlink()
    run(finished_project, seed=5)
    after = {path: path.stat().st_mtime_ns for path in folder_of(finished_project).glob("maps/*")}
    assert sum(after[path] == files[path] for path in files) == 2
    run(finished_project, layer="stages.1")
    assert all(path.stat().st_mtime_ns != after[path] for path in after)


def test_random_weights_change_the_maps_and_come_from_the_seed(finished_project):
    first, again = run(finished_project, sanity_cases=2), run(finished_project, sanity_cases=2)
    assert first == again
    assert first.sanity[-1].spearman.estimate < 0.98
    other = run(finished_project, sanity_cases=2, seed=9)
    assert other.maps == first.maps
    assert other.sanity != first.sanity


@pytest.mark.parametrize("method", ["gradcam++", "cam", "occlusion"])
def test_every_method_makes_maps(finished_project, method):
    layer = {"gradcam++": LAYER}.get(method, "")
    found = run(finished_project, method=method, layer=layer, classes=("Back",), blocks=3)
    assert {one.name for one in found.maps} == {"Back"}
    assert all(one.largest > 0 for one in found.maps)
    assert len(found.sanity) == (1 if method == "occlusion" else 4)
    assert found.layer == {"gradcam++": LAYER, "cam": "decoders.0", "occlusion": ""}[method]


def test_a_user_may_stop_and_go_on(finished_project):
    asked = iter([False, True, True])
    settings = ExplainSettings(layer=LAYER, sanity_cases=0)
    assert explain_run(finished_project, "run-001", settings=settings, stopped=lambda: next(asked)) is None
    assert len(list(folder_of(finished_project).glob("cases/*.json"))) == 1
    assert not (folder_of(finished_project) / "explanation.json").exists()
    assert len(explain_run(finished_project, "run-001", settings=settings).maps) == 4


def test_regions_of_a_folder_take_the_place_of_labels(finished_project, tmp_path):
    """As for a classification, whose labels tell none: label maps and boxes by case, every label counts."""
    first, second = load_split(finished_project).test
    region = np.zeros(finished_project.read_image(first).geometry.shape, np.uint8)
    region[2:6, 3:9, 4:8] = 9
    write_image(Image(region[None], finished_project.read_image(first).geometry), tmp_path / f"{first}.nrrd")
    geometry = finished_project.read_image(second).geometry
    boxes = Boxes.from_index([[[1.5, 2.5, 3.5], [5.5, 8.5, 7.5]]], [1], geometry)
    write_markup_boxes([NamedBox.of(boxes.boxes[0], "Finding", "#ff0000")], tmp_path / f"{second}.mrk.json")
    settings = ExplainSettings(layer=LAYER, sanity_cases=0)
    found = explain_run(finished_project, "run-001", settings=settings, regions=tmp_path)
    shares = {one.case: one.pointed.region for one in found.maps}
    assert shares[first] == pytest.approx((region > 0).mean())
    assert shares[second] == pytest.approx(4 * 6 * 4 / np.prod(geometry.shape))
    (tmp_path / f"{second}.mrk.json").unlink()
    again = explain_run(finished_project, "run-001", settings=settings, regions=tmp_path)
    assert {one.case for one in again.maps if one.pointed is None} == {second}
    with pytest.raises(MedOptError, match="folder of regions is missing"):
        explain_run(finished_project, "run-001", settings=settings, regions=tmp_path / "none")


def test_bad_input_is_told(finished_project):
    with pytest.raises(MedOptError, match=r"no such class.*Front, Back.*Middle"):
        run(finished_project, classes=("Middle",))
    with pytest.raises(MedOptError, match="no such layer"):
        run(finished_project, layer="stages.9")
    victim = load_split(finished_project).test[0]
    path = finished_project.image_paths(victim)[0]
    path.write_bytes(path.read_bytes()[:150])
    found = run(finished_project, blocks=4)
    assert victim in [one.case for one in found.nothing]
    assert len(found.maps) == 2
    make_split(finished_project, test=0.25, validation=0.15, seed=8, replace=True)
    with pytest.raises(MedOptError, match=r"trained on another split.*Train a new run"):
        run(finished_project)


def test_names_of_people_are_in_no_file(finished_project):
    run(finished_project)
    for path in folder_of(finished_project).rglob("*.json"):
        assert str(finished_project.folder) not in path.read_text()
    values = json.loads((folder_of(finished_project) / "explanation.json").read_text())
    assert set(values["maps"][0]) == {"case", "subject", "value", "name", "file", "largest", "pointed"}


def test_the_cascade_ends_with_every_weight_drawn_anew(finished_project):
    network, *_ = load_network(finished_project.runs_folder / "run-001")
    torch.manual_seed(3)
    fresh, *_ = load_network(finished_project.runs_folder / "run-001")
    with torch.no_grad():
        for value in fresh.parameters():
            value.normal_()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    differing = []
    steps = []
    for step, changed in randomised(network, fresh):
        steps.append(step)
        state = changed.state_dict()
        differing.append({name for name in before if not torch.equal(state[name], before[name])})
    assert steps == [step for step, _ in cascade(network)] == ["heads", "decoders.0", "stages.1", "stages.0"]
    assert all(fewer < more for fewer, more in pairwise(differing))
    assert differing[-1] == {name for name, _ in network.named_parameters()}
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items()), (
        "the trained one stays"
    )
    assert step == "stages.0"


def test_a_map_in_whole_per_cent():
    assert whole_per_cent(np.array([[[0, 1, 2, 4]]], np.float32)).tolist() == [[[0, 25, 50, 100]]]
    assert whole_per_cent(np.zeros((1, 1, 2), np.float32)).tolist() == [[[0, 0]]]


def test_layers_are_listed_with_their_cells(finished_project):
    folder = finished_project.runs_folder / "run-001"
    explainer = Explainer(load_network(folder)[0], describe_run(folder), ExplainSettings())
    assert explainer.layer in explainer.layers()
    assert explainer.layers()["stages.1"][0] == 12
