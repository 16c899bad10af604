"""A tiny model package and its mutations; run as a script it loads one after another and tells what came of it.

    python mutations.py FOLDER FIRST LAST

prints a JSON object with the number of packages that were refused, loaded and run, the traces of whatever was raised
that is no MedOptError, and the files outside the package that were opened. FIRST to LAST are the seeds.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import sys
import traceback
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from medopt.errors import MedOptError
from medopt.files import file_sha256
from medopt.inference import load_model

MEMORY = 8 << 30
STRANGE: list[Any] = [
    None,
    True,
    -1,
    0,
    1.5,
    2**70,
    1e308,
    "",
    "../../secret.onnx",
    "/etc/passwd",
    "a\0b",
    [],
    {},
    [[]],
]
NAMES = ["../secret.txt", "/tmp/secret.txt", "..\\secret.txt", "a/../../secret.txt", "C:\\secret.txt", "model.onnx"]


def make_package(folder: Path) -> None:
    """A 2D segmentation network of two layers, as `medopt export` lays it out."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    kernels = [rng.normal(size=s).astype(np.float32) for s in ((4, 1, 3, 3), (4, 2, 2, 2))]
    nodes = [
        helper.make_node("Conv", ["image", "w1"], ["a"], pads=[1, 1, 1, 1], kernel_shape=[3, 3], strides=[2, 2]),
        helper.make_node("LeakyRelu", ["a"], ["b"], alpha=0.01),
        helper.make_node("ConvTranspose", ["b", "w2"], ["logits"], kernel_shape=[2, 2], strides=[2, 2]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 1, "j", "i"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 2, "j", "i"])],
        [numpy_helper.from_array(k, f"w{n}") for n, k in enumerate(kernels, start=1)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    (folder / "configs").mkdir(parents=True)
    onnx.save(model, folder / "model.onnx")
    description = {
        "name": "tiny",
        "dims": 2,
        "channels": ["MR"],
        "classes": [{"value": 1, "name": "Front", "color": "#e69f00"}],
        "preprocess": {},
        "patch": [1, 16, 16],
        "divisor": [1, 2, 2],
        "inference": {},
    }
    section = {"description": description, "file": "model.onnx", "sha256": file_sha256(folder / "model.onnx")}
    for name in ("metadata.json", "configs/metadata.json"):
        (folder / name).write_text(json.dumps({"name": "tiny", "medopt": section}))
    (folder / "card.md").write_text("# tiny\n")
    seal(folder)


def seal(folder: Path) -> None:
    """Make all checksums fit again, so that the mutation gets as far as it can."""
    try:
        values = json.loads((folder / "metadata.json").read_text())
        values["medopt"]["sha256"] = file_sha256(folder / "model.onnx")
        (folder / "metadata.json").write_text(json.dumps(values))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        pass
    files = [p for p in folder.rglob("*") if p.is_file() and p.name != "checksums.json"]
    sums = {p.relative_to(folder).as_posix(): file_sha256(p) for p in files}
    (folder / "checksums.json").write_text(json.dumps(sums))


def mutate(folder: Path, dice: random.Random) -> Path:
    """Change one thing or several of the package in ``folder``; gives what is to be loaded."""
    kind = dice.choice(["bits", "bits", "bits", "bytes", "cut", "grow", "json", "json", "text", "link", "zip", "gone"])
    file = folder / dice.choice(["model.onnx", "model.onnx", "metadata.json", "checksums.json"])
    data = bytearray(file.read_bytes())
    if kind in ("bits", "bytes"):
        for _ in range(dice.choice([1, 1, 2, 8])):
            place = dice.randrange(len(data))
            data[place] = dice.randrange(256) if kind == "bytes" else data[place] ^ (1 << dice.randrange(8))
    elif kind == "cut":
        first = dice.randrange(len(data))
        del data[first : dice.choice([len(data), first + 1 + dice.randrange(16)])]
    elif kind == "grow":
        data[dice.randrange(len(data)) :] *= dice.choice([2, 3])
    if kind in ("bits", "bytes", "cut", "grow"):
        file.write_bytes(data)
    elif kind == "json":
        values = json.loads((folder / "metadata.json").read_text())
        change(values["medopt"], dice)
        (folder / "metadata.json").write_text(json.dumps(values))
        if dice.random() < 0.7 and isinstance(values["medopt"], dict):
            return sealed(folder, keep=True)
    elif kind == "text":
        nested = "[" * 100_000 + "]" * 100_000
        file = folder / dice.choice(["metadata.json", "checksums.json"])
        file.write_text(dice.choice([nested, "\ufeff{}", "NaN", '{"medopt": ' + "9" * 5000 + "}", "{}", "[]", ""]))
    elif kind == "link":
        target = dice.choice([folder.parent / "secret.onnx", Path("/etc/passwd"), folder])
        link = folder / dice.choice(["extra", "model.onnx", "configs/extra"])
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        return folder
    elif kind == "gone":
        file.unlink()
    if kind == "zip":
        return zipped(folder, dice)
    return sealed(folder) if dice.random() < 0.8 and kind != "text" else folder


def sealed(folder: Path, keep: bool = False) -> Path:
    """The folder with fitting checksums; with ``keep`` only the list of files, not what the metadata says."""
    before = (folder / "metadata.json").read_bytes() if keep else b""
    seal(folder)
    if keep:
        (folder / "metadata.json").write_bytes(before)
        sums = json.loads((folder / "checksums.json").read_text())
        sums["metadata.json"] = file_sha256(folder / "metadata.json")
        (folder / "checksums.json").write_text(json.dumps(sums))
    return folder


def change(values: Any, dice: random.Random) -> None:
    """Put something strange, or the value of another field, somewhere into nested lists and dicts."""
    while True:
        keys = list(values) if isinstance(values, dict) else list(range(len(values)))
        key = dice.choice(keys)
        inner = values[key]
        if isinstance(inner, (dict, list)) and inner and dice.random() < 0.8:
            values = inner
            continue
        values[key] = values[dice.choice(keys)] if dice.random() < 0.3 else dice.choice(STRANGE)
        return


def zipped(folder: Path, dice: random.Random) -> Path:
    """The package as a zip file with something wrong in it."""
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            archive.write(file, file.relative_to(folder).as_posix())
        if dice.random() < 0.5:
            entry = zipfile.ZipInfo(dice.choice(NAMES))
            entry.external_attr = dice.choice([0o120777, 0o100644, 0o060644]) << 16
            archive.writestr(entry, "secret" if dice.random() < 0.7 else b"\0" * (1 << 20))
    data = bytearray(path.read_bytes())
    for _ in range(dice.choice([0, 1, 3])):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    path.write_bytes(data[: dice.choice([len(data), len(data), dice.randrange(len(data))])])
    return path


def main(root: Path, first: int, last: int) -> None:
    """See the head of this file."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    pristine, place = root / "pristine", root / "here" / "package"
    make_package(pristine)
    (root / "here").mkdir()
    outside = root / "here" / "secret.onnx"
    shutil.copy(pristine / "model.onnx", outside)
    load_model(pristine).runtime(np.zeros((1, 1, 1, 16, 16), np.float32))
    counts: Counter[str] = Counter()
    faults: list[str] = []
    escapes: list[str] = []
    state = {"package": ""}
    sys.addaudithook(lambda event, arguments: _watch(event, arguments, state, str(root), escapes))
    for seed in range(first, last):
        sys.stderr.write(f"seed {seed}\n")
        dice = random.Random(seed)
        shutil.copytree(pristine, place)
        asked = mutate(place, dice)
        state["package"] = str(asked)
        try:
            model = load_model(asked, threads=1)
            state["package"] = ""
            counts["loaded"] += 1
            shape = [dice.choice([1, 2]), len(model.description.channels), 1, 16, 16]
            model.runtime(np.zeros(shape, np.float32))
            counts["run"] += 1
        except MedOptError:
            counts["refused"] += 1
        except Exception:  # noqa: BLE001  # what this looks for
            faults.append(f"seed {seed}\n{traceback.format_exc()}")
        state["package"] = ""
        shutil.rmtree(place)
        place.with_suffix(".zip").unlink(missing_ok=True)
    left = sorted(str(p.relative_to(root)) for p in root.rglob("*") if "pristine" not in p.parts)
    sys.stdout.write(json.dumps({"counts": counts, "faults": faults, "escapes": escapes, "left": left}) + "\n")


def _watch(event: str, arguments: tuple[Any, ...], state: dict[str, str], root: str, escapes: list[str]) -> None:
    """Files that a package makes the reader open although they are none of its own."""
    if event != "open" or not state["package"] or not isinstance(arguments[0], str):
        return
    path = os.path.realpath(arguments[0])
    own = path.startswith(state["package"]) or "medopt-package-" in path
    if (path.startswith(root) and not own) or path == "/etc/passwd" or "secret" in path:
        escapes.append(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
