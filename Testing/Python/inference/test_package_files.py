"""Packages as folders and as zip files: what comes with them stays in its place."""

from __future__ import annotations

import importlib.util
import zipfile
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.files import write_json
from medopt.inference import load_model, package_files
from medopt.inference.package_files import engine_made_for, unpacked


@pytest.fixture(scope="module")
def mutations() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mutations", Path(__file__).with_name("mutations.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def package(mutations: ModuleType, tmp_path: Path) -> Path:
    mutations.make_package(tmp_path / "tiny")
    return tmp_path / "tiny"


def pack(folder: Path, path: Path, prefix: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            archive.write(file, prefix + file.relative_to(folder).as_posix())
    return path


@pytest.mark.parametrize("prefix", ["", "tiny/"])
def test_a_zip_file_gives_what_its_folder_gives(package: Path, tmp_path: Path, prefix: str) -> None:
    x = np.random.default_rng(1).normal(size=(1, 1, 1, 16, 16)).astype(np.float32)
    model = load_model(pack(package, tmp_path / "tiny.zip", prefix))
    np.testing.assert_array_equal(model.runtime(x), load_model(package).runtime(x))


@pytest.mark.parametrize("name", ["../secret", "/tmp/secret", "a/../../secret", "..\\secret", "C:secret"])
def test_no_path_out_of_a_zip_file(package: Path, tmp_path: Path, name: str) -> None:
    path = pack(package, tmp_path / "tiny.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "secret")
    (tmp_path / "out").mkdir()
    with pytest.raises(MedOptError, match="leaves its folder"):
        unpacked(path, tmp_path / "out")
    assert not list(tmp_path.rglob("*secret*"))


def test_no_links_in_zip_files_and_folders(package: Path, tmp_path: Path) -> None:
    path = pack(package, tmp_path / "tiny.zip")
    entry = zipfile.ZipInfo("link")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(MedOptError, match="something else than files"):
        load_model(path)
    (package / "link").symlink_to(tmp_path)
    with pytest.raises(MedOptError, match="a link or a special file"):
        load_model(package)


def test_a_zip_bomb_is_not_unpacked(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pack(package, tmp_path / "tiny.zip")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * (1 << 22))
    monkeypatch.setattr("medopt.inference.package_files.LARGEST_PACKAGE", 1 << 20)
    with pytest.raises(MedOptError, match="too large for a package"):
        load_model(path)
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for n in range(1001):
            archive.writestr(f"f{n}", "")
    with pytest.raises(MedOptError, match="at most 1000 files"):
        load_model(tmp_path / "many.zip")


def test_every_listed_file_counts(package: Path) -> None:
    (package / "card.md").write_text("# another\n")
    with pytest.raises(MedOptError, match=r"card\.md: a file of the package was changed"):
        load_model(package)
    (package / "checksums.json").write_text("[]")
    with pytest.raises(MedOptError, match="the list of files is damaged"):
        load_model(package)
    (package / "checksums.json").write_text('{"metadata.json": "0", "../x": "0"}')
    with pytest.raises(MedOptError, match="was changed"):
        load_model(package)


def test_windows_too_large_for_memory_are_refused(package: Path, mutations: ModuleType) -> None:
    text = (package / "metadata.json").read_text().replace('"patch": [1, 16, 16]', '"patch": [1, 1000000, 1000000]')
    (package / "metadata.json").write_text(text)
    mutations.seal(package)
    with pytest.raises(MedOptError, match="windows that are too large"):
        load_model(package)


@pytest.mark.parametrize(
    ("metadata", "installed", "engine"),
    [
        ({"medopt": {"quantization": {"engine": "openvino"}}}, True, "openvino"),
        ({"medopt": {"quantization": {"engine": "openvino"}}}, False, "onnxruntime"),
        ({"medopt": {"quantization": {"engine": "abacus"}}}, True, "onnxruntime"),
        ({"medopt": {"quantization": {"engine": ["openvino"]}}}, True, "onnxruntime"),
        ({"medopt": {"quantization": {"engine": {"openvino": 1}}}}, True, "onnxruntime"),
        ({"medopt": {"quantization": {"bits": 16}}}, True, "onnxruntime"),
        ({"medopt": {}}, True, "onnxruntime"),
        ([], True, "onnxruntime"),
        (None, True, "onnxruntime"),
    ],
)
def test_a_model_runs_in_the_engine_that_it_was_made_for(metadata, installed, engine, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(package_files, "missing_packages", lambda name: () if installed else (name,))
    if metadata is not None:
        write_json(tmp_path / "metadata.json", metadata)
    assert engine_made_for(tmp_path) == engine
