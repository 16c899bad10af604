"""How long a move of a slider takes until the slice in view is written, and until all is: a 256 × 256 × 128 volume.

    python Testing/Benchmarks/previews.py

One process (set OMP_NUM_THREADS=1 for one thread), the presenters of the panel on a real scene with an axial, a
sagittal and a coronal view. Times are milliseconds from the change of a field to the first slice in the scene (median
and longest of 15 moves), then of everything else together, and of the longest stop of the application in it.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / part) for part in ("MedOptTrain", "MedOptCore", "Testing/Python")]

from MedOptTrainLib.previews import Previews  # noqa: E402
from MedOptTrainLib.recipe_form import RecipeForm  # noqa: E402
from slice_views import slice_views  # noqa: E402

from medopt.image import Geometry, Image, LabelMap  # noqa: E402
from medopt.io import write_image, write_label_map  # noqa: E402
from medopt.project import ClassInfo, Project, import_folder  # noqa: E402
from medopt.scene import headless_scene  # noqa: E402
from MedOptCoreLib.timer import HandTimer  # noqa: E402

GRID = Geometry((128, 256, 256), (1.5, 0.8, 0.8))
MOVES = 15
VARIANTS = 9
WHOLE = list(GRID.shape)

STEPS: dict[str, tuple[list[dict[str, Any]], int, Callable[[int], tuple[tuple[Any, ...], Any]]]] = {
    "window": ([{"step": "window", "preset": "soft_tissue"}], 0, lambda n: (("level",), 40.0 + n)),
    "normalize after window": (
        [{"step": "window", "preset": "soft_tissue"}, {"step": "normalize"}],
        1,
        lambda n: (("clip", 0), 0.5 + n / 10),
    ),
    "window before normalize": (
        [{"step": "window", "preset": "soft_tissue"}, {"step": "normalize"}],
        0,
        lambda n: (("level",), 40.0 + n),
    ),
    "resample, then window": (
        [{"step": "resample", "spacing": [1.5, 1.0, 1.0]}, {"step": "window", "preset": "soft_tissue"}],
        0,
        lambda n: (("spacing", 1), 1.0 + n / 50),
    ),
    "resample, then normalize": (
        [{"step": "resample", "spacing": [1.5, 1.0, 1.0]}, {"step": "normalize"}],
        0,
        lambda n: (("spacing", 1), 1.0 + n / 50),
    ),
    "gaussian": ([{"step": "gaussian"}], 0, lambda n: (("sigma", 1), 1.0 + n / 20)),
    "median": ([{"step": "median"}], 0, lambda n: (("radius", 1), 1.0 + n % 2)),
    "equalize": ([{"step": "equalize"}], 0, lambda n: (("bins",), 200 + n)),
    "clahe, slice by slice": ([{"step": "clahe"}], 0, lambda n: (("clip_limit",), 2 + n / 10)),
    "clahe in 3D": ([{"step": "clahe", "dims": 3}], 0, lambda n: (("clip_limit",), 2 + n / 10)),
    "window behind clahe": (
        [{"step": "clahe"}, {"step": "window", "source": "image"}],
        1,
        lambda n: (("percentiles", 0), n / 10),
    ),
}
"""Steps, the one that is moved, and its n-th move; kinds that the registry does not have are left out."""

TECHNIQUES: dict[str, tuple[Any, str, Callable[[int], tuple[tuple[Any, ...], Any]]]] = {
    "rotation": ([{"technique": "rotation"}], "rotation", lambda n: (("degrees", 0), 10.0 + n)),
    "elastic": ([{"technique": "elastic"}], "elastic", lambda n: (("magnitude",), 2.0 + n / 5)),
    "standard preset": (None, "rotation", lambda n: (("degrees", 0), 10.0 + n)),
}


def volume() -> tuple[Image, LabelMap]:
    """Smooth structures and noise as in CT, int16; a ball as label."""
    k, j, i = np.ogrid[:128, :256, :256]
    rng = np.random.default_rng(1)
    values = 300 * np.sin(k / 9) * np.cos(j / 17) * np.sin(i / 23) + rng.normal(0, 40, GRID.shape)
    ball = ((k - 64) / 30) ** 2 + ((j - 128) / 60) ** 2 + ((i - 128) / 60) ** 2 < 1
    image = Image((values + 200 * ball).astype(np.int16)[None], GRID)
    return image, LabelMap(ball.astype(np.uint8), GRID)


@contextmanager
def panel() -> Iterator[tuple[Previews, RecipeForm]]:
    """The presenters on a project of one case."""
    with tempfile.TemporaryDirectory() as name, headless_scene() as headless, slice_views(headless):
        folder = Path(name)
        image, label = volume()
        write_image(image, folder / "images" / "case.nrrd")
        write_label_map(label, folder / "labels" / "case.nrrd")
        classes = [ClassInfo(value=1, name="Ball", color="#e69f00")]
        project = Project.create(folder / "project", name="bench", classes=classes)
        import_folder(project, folder / "images", folder / "labels")
        recipe = RecipeForm(lambda _arguments: None, lambda: False)
        previews = Previews(headless.scene, headless.application, recipe, HandTimer(), HandTimer())
        recipe.setProject(project)
        previews.setProject(project)
        yield previews, recipe
        previews.close()


def measure(section: Any, preview: Any, move: Callable[[int], tuple[tuple[Any, ...], Any]]) -> str:
    """A line of the table."""
    preview.refiner.finish()
    first, rest, pieces = [], 0.0, [0.0]
    for n in range(MOVES):
        path, value = move(n)
        start = time.perf_counter()
        section.setField(path, value)
        first.append(1000 * (time.perf_counter() - start))
        if section.problem or preview.problem:
            return section.problem or preview.problem
    while preview.refiner.busy:
        start = time.perf_counter()
        preview.refiner.tick()
        pieces.append(1000 * (time.perf_counter() - start))
        rest += pieces[-1]
    if preview.problem:
        return str(preview.problem)
    return f"{statistics.median(first):8.1f} {max(first):8.1f} {rest:9.0f} {max(pieces):9.0f}"


def main() -> None:
    """Print both tables."""
    heading = f"{'first slice, ms':>17} {'the rest':>9} {'longest':>9}"
    print(f"256 × 256 × 128 int16, {MOVES} moves of a slider\n{'preprocessing':34}{heading}")
    with panel() as (previews, recipe):
        kinds = {name for name, _text in previews.steps.kinds()}
        for name, (steps, place, move) in STEPS.items():
            if not {step["step"] for step in steps} <= kinds:
                continue
            recipe.setPart("preprocess", {"steps": steps})
            if previews.steps.settings is None:
                print(f"{name:34}{previews.steps.problem}")
                continue
            previews.steps.select(place)
            previews.preprocess.show()
            print(f"{name:34}{measure(previews.steps, previews.preprocess, move)}")
            previews.preprocess.remove()
        print(f"\n{f'augmentation, {VARIANTS} variants':34}{heading}")
        recipe.setPart("preprocess", {"steps": [{"step": "normalize"}]})
        previews.augment.count = VARIANTS
        for patch in ([96, 96, 96], WHOLE):
            recipe.setPart("training", {"patch": patch})
            for name, (techniques, selected, move) in TECHNIQUES.items():
                recipe.setPart("augment", "standard" if techniques is None else {"techniques": techniques})
                previews.techniques.select(selected)
                previews.augment.show()
                line = measure(previews.techniques, previews.augment, move)
                print(f"{f'{name}, {patch[2]} × {patch[1]} × {patch[0]}':34}{line}")
                previews.augment.remove()


if __name__ == "__main__":
    main()
