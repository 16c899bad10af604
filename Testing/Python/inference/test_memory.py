"""A volume of the size of a CT of the trunk is labelled within 4 GB."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
from pathlib import Path
import numpy as np
from medopt.image import Geometry, Image
from medopt.inference import InferenceSettings, Model, ModelDescription, predict_image
from medopt.preprocess import PreprocessSettings, Resample
from medopt.project import ClassInfo

class Eleven:
    name = "eleven outputs"

    def __call__(self, windows):
        x = windows[:, :1]
        return np.concatenate([x * (n - 5) for n in range(11)], axis=1)

shape = (300, 512, 512)
values = np.random.default_rng(0).integers(-1000, 1000, (1, *shape), dtype=np.int16)
description = ModelDescription(
    name="eleven",
    dims=3,
    channels=("CT",),
    classes=tuple(ClassInfo(value=v, name=str(v), color="#e69f00") for v in range(1, 11)),
    preprocess=PreprocessSettings(steps={steps}),
    patch=(32, 128, 128),
    divisor=(8, 8, 8),
    inference=InferenceSettings(overlap=0.25),
)
label = predict_image(Image(values, Geometry(shape, (1.5, 0.8, 0.8))), Model(description, Eleven()))
assert label.array.shape == shape
status = Path("/proc/self/status").read_text()
print(int(status.split("VmHWM:")[1].split()[0]) / 1024)
"""


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("steps", ["()", "(Resample(spacing=(1.5, 1.0, 1.0)),)"])
def test_a_large_volume_with_ten_structures_takes_less_than_4_gb(steps: str) -> None:
    if not Path("/proc/self/status").is_file():
        pytest.skip("the peak of memory is read from /proc, which Linux has")
    command = [sys.executable, "-c", CODE.format(steps=steps)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 4096
