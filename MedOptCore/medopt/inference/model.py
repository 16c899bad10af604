"""A model that can be applied: its description and an engine that runs it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from medopt.errors import MedOptError
from medopt.files import file_sha256, inside, read_json
from medopt.inference.description import ModelDescription
from medopt.inference.sliding import Runtime

METADATA = "metadata.json"
SECTION = "medopt"
"""Where a package's metadata.json keeps MedOpt's own description."""


@dataclass(frozen=True)
class Model:
    """Something that ``predict_image`` takes.

    Parameters
    ----------
    description : what goes in and out
    runtime : runs the network
    """

    description: ModelDescription
    runtime: Runtime


def load_model(path: str | Path, *, threads: int = 0) -> Model:
    """The exported model in folder ``path`` (or of the ``model.onnx`` in it), run by onnxruntime.

    Everything is checked before it is used: the description, and that the weights are the described ones. Raises
    MedOptError when the folder is no model package, the description is wrong, or the weights were changed.
    """
    path = Path(path)
    folder = path.parent if path.suffix == ".onnx" else path
    metadata = folder / METADATA
    if not metadata.is_file():
        raise MedOptError(
            "not a model of MedOpt",
            where=path,
            expected=f"a folder with model.onnx and {METADATA} beside it",
            remedy="Give a folder that 'medopt export' made",
        )
    values = read_json(metadata)
    section = values.get(SECTION) if isinstance(values, dict) else None
    if not isinstance(section, dict) or not {"description", "file", "sha256"} <= set(section):
        raise MedOptError(
            "not a model of MedOpt", where=metadata, expected=f"a section '{SECTION}'", found="none or half of one"
        )
    description = ModelDescription.parse(section["description"], metadata)
    file = inside(folder, str(section["file"]))
    if not file.is_file():
        raise MedOptError("the model's weights are missing", where=file)
    if file_sha256(file) != section["sha256"]:
        raise MedOptError(
            "the model's weights are not those of its description",
            where=file,
            expected=f"SHA-256 {str(section['sha256'])[:12]}…",
            found=f"{file_sha256(file)[:12]}…",
            remedy="Copy the whole package again, or export it anew",
        )
    from medopt.inference.runtimes.onnx_runtime import OnnxRuntime  # loads onnxruntime

    return Model(description, OnnxRuntime(file, description.dims, threads))
