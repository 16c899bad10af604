"""A torch network as one checked ONNX file."""

from __future__ import annotations

from pathlib import Path

import onnx
from torch import nn

from medopt.compression.diverging import SCOPES
from medopt.compression.onnx_trace import trace_onnx
from medopt.errors import MedOptError
from medopt.files import atomic_path

OPSET = 20
"""Operator set of the file; onnxruntime 1.17 and newer run it."""
INPUT, OUTPUT = "image", "logits"


def write_onnx(
    network: nn.Module, path: Path, *, channels: int, divisor: tuple[int, int, int], dims: int
) -> dict[str, object]:
    """Write ``network`` to ``path`` as one file and give facts of it (opset, operators, bytes).

    Batch and space are dynamic; sides must be multiples of the network's divisor, which the file itself cannot say and
    the package's metadata does. Raises MedOptError when the file
    does not pass ONNX's checker with shape inference.
    """
    return save_checked(trace_onnx(network, channels, divisor[3 - dims :], opset=OPSET, names=(INPUT, OUTPUT)), path)


def save_checked(model: onnx.ModelProto, path: Path) -> dict[str, object]:
    """Write ``model`` to ``path`` as one file, atomically, and give facts of it (opset, operators, bytes).

    What torch's exporter notes of the source code and of folders on the machine is left out; the names of the layers
    stay. Raises MedOptError when the file does not pass ONNX's checker with shape inference.
    """
    for node in model.graph.node:
        kept = [entry for entry in node.metadata_props if entry.key == SCOPES]
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
        node.doc_string = ""
    for part in (*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer):
        part.doc_string = ""
        del part.metadata_props[:]
    del model.graph.metadata_props[:]
    with atomic_path(path) as temporary:
        onnx.save(model, str(temporary))
        try:
            onnx.checker.check_model(str(temporary), full_check=True)
        except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
            raise MedOptError(
                "the exported file is not valid ONNX", where=path, found=str(error).splitlines()[0]
            ) from error
    return onnx_facts(path)


def onnx_facts(path: Path) -> dict[str, object]:
    """What the metadata of a package says of its file."""
    model = onnx.load(str(path), load_external_data=False)
    return {
        "opset": next(o.version for o in model.opset_import if o.domain in ("", "ai.onnx")),
        "operators": sorted({node.op_type for node in model.graph.node}),
        "bytes": path.stat().st_size,
        "input": INPUT,
        "output": OUTPUT,
    }
