from __future__ import annotations

from pathlib import Path

import pytest

from medopt import MedOptError
from medopt.project.layouts import Layout, find_cases


def touch(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return root


def told(layout: Layout, root: Path) -> dict[str, tuple]:
    """(images, label, subject) of each case, as paths below ``root``."""
    return {
        case.id: (
            [path.relative_to(root).as_posix() for path in case.images],
            None if case.label is None else case.label.relative_to(root).as_posix(),
            case.subject,
        )
        for case in layout.cases
    }


def test_one_file_a_case(tmp_path: Path) -> None:
    touch(tmp_path, "im/a.nii.gz", "im/b c.nrrd", "im/._a.nii.gz", "im/notes.txt", "la/a.nii.gz", "la/b c.seg.nrrd")
    layout = find_cases(tmp_path / "im", tmp_path / "la", ["image"])
    assert told(layout, tmp_path) == {
        "a": (["im/a.nii.gz"], "la/a.nii.gz", None),
        "b-c": (["im/b c.nrrd"], "la/b c.seg.nrrd", None),
    }
    assert layout.left_out == ()


def test_labels_beside_the_images(tmp_path: Path) -> None:
    touch(tmp_path, "a.nii.gz", "a_seg.nii.gz", "b.nrrd", "b.seg.nrrd", "c.mha", "c-label.nrrd", "gas_mask.png")
    assert told(find_cases(tmp_path, None, ["image"]), tmp_path) == {
        "a": (["a.nii.gz"], "a_seg.nii.gz", None),
        "b": (["b.nrrd"], "b.seg.nrrd", None),
        "c": (["c.mha"], "c-label.nrrd", None),
        "gas_mask": (["gas_mask.png"], None, None),
    }


def test_medical_decathlon(tmp_path: Path) -> None:
    touch(tmp_path, "dataset.json", "imagesTr/h_001.nii.gz", "labelsTr/h_001.nii.gz", "imagesTs/h_002.nii.gz")
    layout = find_cases(tmp_path, None, ["image"])
    assert told(layout, tmp_path) == {"h_001": (["imagesTr/h_001.nii.gz"], "labelsTr/h_001.nii.gz", None)}


def test_nnunet_channels(tmp_path: Path) -> None:
    names = [f"imagesTr/{case}_{n:04d}.nii.gz" for case in ("p1", "p2") for n in (1, 0)]
    touch(tmp_path, *names, "labelsTr/p1.nii.gz", "labelsTr/p2.nii.gz")
    assert told(find_cases(tmp_path, None, ["t1", "t2"]), tmp_path)["p2"] == (
        ["imagesTr/p2_0000.nii.gz", "imagesTr/p2_0001.nii.gz"],
        "labelsTr/p2.nii.gz",
        None,
    )


def test_nnunet_with_one_channel_and_without_labels(tmp_path: Path) -> None:
    touch(tmp_path, "p1_0000.nii.gz", "p2_0000.nii.gz")
    assert set(told(find_cases(tmp_path, None, ["image"]), tmp_path)) == {"p1", "p2"}


def test_numbers_that_count_cases_are_no_channels(tmp_path: Path) -> None:
    touch(tmp_path, "im/p_0000.nii", "im/p_0001.nii", "la/p_0000.nii", "la/p_0001.nii")
    assert set(told(find_cases(tmp_path / "im", tmp_path / "la", ["a", "b"]), tmp_path)) == {"p_0000", "p_0001"}
    touch(tmp_path / "plain", "p_0000.nii", "p_0007.nii")
    assert set(told(find_cases(tmp_path / "plain", None, ["a"]), tmp_path)) == {"p_0000", "p_0007"}


def test_channels_missing_or_too_many(tmp_path: Path) -> None:
    touch(tmp_path, "a_0000.nii", "a_0001.nii", "b_0000.nii", "c.nii")
    layout = find_cases(tmp_path, None, ["t1", "t2"])
    assert set(told(layout, tmp_path)) == {"a", "c"}  # c may hold both channels in one file
    (finding,) = layout.left_out
    assert (finding.case, finding.problem, finding.expected) == ("b", "wrong channels", "t1, t2")
    touch(tmp_path / "three", "a_0000.nii", "a_0001.nii", "labels/a.nii")
    layout = find_cases(tmp_path / "three", tmp_path / "three" / "labels", ["only"])
    assert [finding.problem for finding in layout.left_out][:1] == ["wrong channels"]


def test_one_folder_a_subject_with_channels_by_name(tmp_path: Path) -> None:
    touch(tmp_path, "S1/t1.nii.gz", "S1/FLAIR.nii.gz", "S1/seg.nii.gz")
    touch(tmp_path, "S2/S2_flair.nii.gz", "S2/S2_t1.nii.gz", "S2/S2_seg.nii.gz")
    assert told(find_cases(tmp_path, None, ["t1", "flair"]), tmp_path) == {
        "S1": (["S1/t1.nii.gz", "S1/FLAIR.nii.gz"], "S1/seg.nii.gz", "S1"),
        "S2": (["S2/S2_t1.nii.gz", "S2/S2_flair.nii.gz"], "S2/S2_seg.nii.gz", "S2"),
    }


def test_one_folder_a_subject_with_one_scan_or_several(tmp_path: Path) -> None:
    touch(tmp_path, "S1/anything.nii", "S2/baseline.nii", "S2/follow-up.nii", "S2/baseline_seg.nii", "S1/label.nii")
    assert told(find_cases(tmp_path, None, ["image"]), tmp_path) == {
        "S1": (["S1/anything.nii"], "S1/label.nii", "S1"),
        "S2_baseline": (["S2/baseline.nii"], "S2/baseline_seg.nii", "S2"),
        "S2_follow-up": (["S2/follow-up.nii"], None, "S2"),
    }


def test_labels_in_folders_like_the_images(tmp_path: Path) -> None:
    touch(tmp_path, "im/S1/a.nii", "im/S1/b.nii", "im/S2/x.nii", "la/S1/a.nii", "la/S1/b.nii", "la/S2.nii")
    layout = find_cases(tmp_path / "im", tmp_path / "la", ["image"])
    assert {k: v[1] for k, v in told(layout, tmp_path).items()} == {
        "S1_a": "la/S1/a.nii",
        "S1_b": "la/S1/b.nii",
        "S2": "la/S2.nii",
    }
    assert layout.left_out == ()


def test_a_label_without_an_image(tmp_path: Path) -> None:
    touch(tmp_path, "im/a.nii", "la/a.nii", "la/lost.nii.gz")
    (finding,) = find_cases(tmp_path / "im", tmp_path / "la", ["image"]).left_out
    assert (finding.case, finding.problem) == ("lost", "a label without an image")


@pytest.mark.parametrize("names", [("a.nii", "a.nrrd"), ("A.nii", "a.nii"), ("a b.nii", "a.b.nii")])
def test_duplicate_case_ids_are_left_out_and_the_rest_goes_on(tmp_path: Path, names: tuple[str, str]) -> None:
    touch(tmp_path, *names, "fine.nii")
    layout = find_cases(tmp_path, None, ["image"])
    assert set(told(layout, tmp_path)) == {"fine"}
    (finding,) = layout.left_out
    assert finding.problem == "duplicate case id"


def test_two_labels_for_one_image(tmp_path: Path) -> None:
    touch(tmp_path, "im/a.nii", "im/b.nii", "la/a.nii", "la/a.nrrd", "la/b.nii")
    layout = find_cases(tmp_path / "im", tmp_path / "la", ["image"])
    assert set(told(layout, tmp_path)) == {"b"}
    assert [f"{f.case}: {f.problem}: {f.found}" for f in layout.left_out] == ["a: several labels: a.nii, a.nrrd"]


def test_an_empty_and_a_missing_folder(tmp_path: Path) -> None:
    assert find_cases(tmp_path, None, ["image"]).cases == ()
    with pytest.raises(MedOptError, match="no such folder"):
        find_cases(tmp_path / "missing", None, ["image"])
    with pytest.raises(MedOptError, match="no such folder"):
        find_cases(tmp_path, tmp_path / "missing", ["image"])


def test_pictures_and_volumes_are_told_apart(tmp_path: Path) -> None:
    assert not find_cases(touch(tmp_path / "p", "a.PNG", "b.jpg"), None, ["image"]).has_volumes
    assert find_cases(touch(tmp_path / "v", "a.png", "b.nii"), None, ["image"]).has_volumes


def test_folders_of_parts_and_classes_are_no_subjects(tmp_path: Path) -> None:
    for name in ("train/normal/a.png", "test/S7/images/b.png", "images/c.png", "S8/d.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    cases = find_cases(tmp_path, None, ["image"], beside=False, classes=["Normal"]).cases
    assert {case.key: (case.subject, case.part) for case in cases} == {
        "train/normal/a": (None, "train"),
        "test/S7/images/b": ("S7", "test"),
        "images/c": (None, ""),
        "S8/d": ("S8", ""),
    }


def test_names_like_those_of_labels_are_images_where_labels_are_no_images(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "a_seg.png").write_bytes(b"")
    assert [case.id for case in find_cases(tmp_path, None, ["image"]).cases] == ["a"]
    assert [case.id for case in find_cases(tmp_path, None, ["image"], beside=False).cases] == ["a", "a_seg"]
