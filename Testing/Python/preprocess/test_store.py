"""Prepared volumes on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import DisplayWindow, Geometry, Image
from medopt.preprocess import Normalize, Pipeline, PreparedStore, PreprocessSettings, Resample, Step, Window
from medopt.preprocess import regrid as regrid_module

GRID = Geometry((8, 20, 18), (2.0, 1.0, 1.0))


@pytest.fixture
def image(rng: np.random.Generator) -> Image:
    array = (rng.normal(size=(2, *GRID.shape)) * 300).astype(np.int16)
    return Image(array, GRID, (DisplayWindow(40, 400),))


def make(folder: Path, image: Image, *steps: Step, content: str = "a") -> tuple[Image, int]:
    """The prepared image, and how often the original was read for it."""
    read = []

    def reader() -> Image:
        read.append(1)
        return image

    return PreparedStore(folder, PreprocessSettings(steps=steps)).volume(content, reader), len(read)


RESAMPLE, WINDOW = Resample(spacing=(1.5, 1.5, 1.5)), Window(source="header")


def test_what_is_stored_is_what_the_pipeline_gives_and_is_read_the_second_time(tmp_path: Path, image: Image) -> None:
    steps = (RESAMPLE, WINDOW, Normalize())
    first, read = make(tmp_path, image, *steps)
    again, read_again = make(tmp_path, image, *steps)
    assert (read, read_again) == (1, 0)
    np.testing.assert_array_equal(first.array, again.array)
    expected = Pipeline(steps).image(image)
    assert first.geometry == again.geometry == expected.geometry
    np.testing.assert_array_equal(first.array, expected.array.astype(np.float16))


@pytest.mark.parametrize("side", [8, 80])
def test_large_volumes_are_memory_mapped_and_small_ones_checked(tmp_path: Path, side: int) -> None:
    image = Image(np.arange(side**3, dtype=np.float32).reshape(1, side, side, side), Geometry((side,) * 3))
    first, _ = make(tmp_path, image, Normalize(method="0..1"))
    assert isinstance(first.array, np.memmap) == (side == 80)
    np.testing.assert_allclose(first.array, Pipeline((Normalize(method="0..1"),)).image(image).array, atol=1e-3)


@pytest.mark.parametrize("ending", [".npy", ".json"])
@pytest.mark.parametrize("damage", [b"", b"\0" * 5000])
def test_a_small_volume_that_a_power_cut_damaged_is_made_anew(
    tmp_path: Path, image: Image, ending: str, damage: bytes
) -> None:
    first, _ = make(tmp_path, image, Normalize())
    for path in tmp_path.glob(f"*{ending}"):
        path.write_bytes(damage)
    again, read = make(tmp_path, image, Normalize())
    assert read == 1
    np.testing.assert_array_equal(first.array, again.array)


def test_a_changed_step_works_out_only_what_follows_it(
    tmp_path: Path, image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, image, RESAMPLE, Normalize())
    monkeypatch.setattr(regrid_module.Linear, "slab", lambda *_: pytest.fail("resampled again"))
    changed, read = make(tmp_path, image, RESAMPLE, WINDOW, Normalize(method="0..1"))
    assert read == 0
    monkeypatch.undo()
    expected = Pipeline((RESAMPLE, WINDOW, Normalize(method="0..1"))).image(image)
    np.testing.assert_array_equal(changed.array, expected.array.astype(np.float16))


def test_other_content_and_other_steps_before_are_made_from_the_beginning(tmp_path: Path, image: Image) -> None:
    make(tmp_path, image, RESAMPLE, Normalize())
    assert make(tmp_path, image, RESAMPLE, Normalize(), content="b")[1] == 1
    assert make(tmp_path, image, Resample(spacing=(1.5, 1.5, 1.6)), Normalize())[1] == 1


def test_an_interrupted_write_is_made_anew(tmp_path: Path, image: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    from medopt.preprocess import store

    def broken(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for name in ("_save_stage", "_save_facts", "save_array"):
        monkeypatch.setattr(store, name, broken)
        with pytest.raises(KeyboardInterrupt):
            make(tmp_path, image, RESAMPLE, Normalize())
        monkeypatch.undo()
    done, _ = make(tmp_path, image, RESAMPLE, Normalize())
    np.testing.assert_array_equal(done.array, Pipeline((RESAMPLE, Normalize())).image(image).array.astype(np.float16))


def test_a_damaged_volume_is_named_with_the_way_out(tmp_path: Path, image: Image) -> None:
    image = Image(np.arange(80.0**3).reshape(1, 80, 80, 80), Geometry((80, 80, 80)))
    make(tmp_path, image, Normalize())
    (file,) = tmp_path.glob("*.npy")
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(MedOptError, match=r"a prepared volume is damaged.*Delete the project's folder cache/prepared"):
        make(tmp_path, image, Normalize())
