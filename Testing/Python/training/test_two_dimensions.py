"""Pictures of one slice go the same whole way as volumes: a 2D network, trained, validated and exported."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from medopt.compression import export_run
from medopt.image import Geometry, Image
from medopt.inference import load_model, predict_image
from medopt.io import write_image
from medopt.project import ClassInfo, Project, import_folder, load_split, make_split
from medopt.training import propose_recipe, train
from medopt.validation.runs import validate_run


def test_single_slices_are_trained_in_2d_and_exported(tmp_path: Path, rng: np.random.Generator) -> None:
    for n in range(8):
        grid = Geometry((1, 40 + n, 48))
        j, i = np.meshgrid(np.arange(40 + n), np.arange(48), indexing="ij")
        middle = rng.uniform(15, 28, 2)
        disc = ((j - middle[0]) ** 2 + (i - middle[1]) ** 2 < 100).astype(np.uint8)[None]
        values = rng.normal(100, 8, disc.shape) + 60.0 * disc
        write_image(Image(values.astype(np.float32)[None], grid), tmp_path / "images" / f"case-{n}.nrrd")
        write_image(Image(disc[None], grid), tmp_path / "labels" / f"case-{n}.nrrd")
    disc_class = ClassInfo(value=1, name="Disc", color="#e69f00")
    project = Project.create(tmp_path / "project", name="discs", classes=[disc_class])
    import_folder(project, tmp_path / "images", tmp_path / "labels")
    make_split(project, test=0.25, validation=0.15)
    recipe = propose_recipe(project, steps=40)
    assert recipe.training.dims == 2
    train(project, recipe, run="flat")
    results = validate_run(project, "flat")
    assert results.row("mean", "dice").n == 2
    assert float(results.row("mean", "dice").estimate or 0) > 0.8
    model = load_model(export_run(project, "flat", cases=2))
    image = project.read_image(load_split(project).test[0])
    label = predict_image(image, model)
    assert label.geometry == image.geometry
    assert label.array.any()
