"""An ONNX file from anywhere is looked through before an engine gets it.

Engines are written in C++ and trust their input more than a file from elsewhere deserves. What is checked here needs
neither the onnx package nor the engine: the form of the file, its operators and their settings, the sizes of stored
tensors, and that nothing lies outside the file.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from medopt.errors import MedOptError
from medopt.inference.wire import WireError, fields, message, text, varints

LARGEST_FILE = (1 << 31) - 1
"""Bytes; Protocol Buffers' own limit."""
MOST_NODES = 20_000
LARGEST_SIDE = 64
"""Of kernels, strides and dilations."""
OPSETS = range(7, 27)

_ARITHMETIC = "Abs Add Cast CastLike Ceil Clip Div Equal Erf Exp Floor Greater Less Log MatMul Max Min Mul Neg Pow"
_MORE_ARITHMETIC = "Reciprocal ReduceMax ReduceMean ReduceMin ReduceSum Round Sqrt Sub Where"
_LAYERS = "AveragePool BatchNormalization Conv ConvTranspose Dropout Gemm GlobalAveragePool GlobalMaxPool"
_MORE_LAYERS = "GroupNormalization InstanceNormalization LayerNormalization MaxPool Resize"
_ACTIVATIONS = "Elu Gelu HardSigmoid HardSwish LeakyRelu LogSoftmax Mish PRelu Relu Selu Sigmoid Softmax Softplus Tanh"
_SHAPES = "Concat Constant DepthToSpace Flatten Gather Identity Reshape Shape Size Slice SpaceToDepth Split Squeeze"
_MORE_SHAPES = "Transpose Unsqueeze"
_EIGHT_BIT = "DequantizeLinear DynamicQuantizeLinear QLinearConv QLinearMatMul QuantizeLinear"
STANDARD = frozenset(
    " ".join(
        (_ARITHMETIC, _MORE_ARITHMETIC, _LAYERS, _MORE_LAYERS, _ACTIVATIONS, _SHAPES, _MORE_SHAPES, _EIGHT_BIT)
    ).split()
)
"""Operators of the standard domain that networks of images need. There is no control flow among them, nothing random,
and nothing that makes large arrays of small ones."""
MICROSOFT = frozenset({"QuantizeLinear", "DequantizeLinear"})
ALLOWED: Mapping[str, frozenset[str]] = {"": STANDARD, "ai.onnx": STANDARD, "com.microsoft": MICROSOFT}
"""Domain to its allowed operators."""

_ITEM_BYTES = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 16: 2}
"""ONNX's numbers of element types that may be stored, and their bytes."""
_TYPED = {4: 4, 10: 8}
"""Fields of tensors with numbers of fixed length: float_data, double_data."""


@dataclass
class OnnxFacts:
    """What a file holds."""

    opset: int = 0
    operators: set[str] = field(default_factory=set)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    stored: int = 0


def check_onnx(path: Path) -> OnnxFacts:
    """Look through the file ``path`` and tell what it holds.

    Raises MedOptError when it is no ONNX model, too large, has an operator that is not in ``ALLOWED`` (which is named),
    functions or control flow, tensors outside the file or of a wrong size, or settings that no network of images has.
    """
    size = path.stat().st_size
    if not 0 < size <= LARGEST_FILE:
        raise MedOptError("not an ONNX file", where=path, expected=f"1 to {LARGEST_FILE} bytes", found=f"{size} bytes")
    try:
        return _model(memoryview(path.read_bytes()))
    except WireError as error:
        raise MedOptError(
            "not a model that can be trusted",
            where=path,
            found=str(error),
            remedy="Export it again, or ask whoever made it for another copy",
        ) from error


def _model(data: memoryview) -> OnnxFacts:
    facts, graphs, opsets = OnnxFacts(), [], {}
    for number, value in fields(data):
        if number == 7:
            graphs.append(message(value))
        elif number == 8:
            domain, version = _opset(message(value))
            opsets[domain] = version
        elif number in (20, 25):
            raise WireError("functions or training steps within the model")
    if len(graphs) != 1:
        raise WireError(f"{len(graphs)} graphs instead of one")
    if strange := sorted(set(opsets) - set(ALLOWED)):
        raise WireError(f"operators of the domain {strange[0]!r}")
    facts.opset = opsets.get("", opsets.get("ai.onnx", 0))
    if facts.opset not in OPSETS:
        raise WireError(f"operator set {facts.opset}; {OPSETS[0]} to {OPSETS[-1]} are known")
    _graph(graphs[0], facts)
    return facts


def _opset(data: memoryview) -> tuple[str, int]:
    domain, version = "", 0
    for number, value in fields(data):
        if number == 1:
            domain = text(value)
        elif number == 2:
            version = varints(value)[-1] if isinstance(value, int) else 0
    return domain, version


def _graph(data: memoryview, facts: OnnxFacts) -> None:
    nodes, known = [], {""}
    for number, value in fields(data):
        if number == 1:
            nodes.append(message(value))
        elif number == 5:
            known.add(_tensor(message(value)))
            facts.stored += 1
        elif number == 11:
            facts.inputs.append(_name(message(value)))
        elif number == 12:
            facts.outputs.append(_name(message(value)))
        elif number == 15:
            raise WireError("sparse tensors")
    if len(nodes) > MOST_NODES:
        raise WireError(f"{len(nodes)} nodes; {MOST_NODES} are allowed")
    facts.inputs = [name for name in facts.inputs if name not in known]
    known.update(facts.inputs)
    for node in nodes:
        made = _node(node, known, facts)
        if made & known - {""}:
            raise WireError("a value that is made twice")
        known |= made
    if len(facts.inputs) != 1 or len(facts.outputs) != 1:
        raise WireError(f"{len(facts.inputs)} inputs and {len(facts.outputs)} outputs instead of one each")
    if facts.outputs[0] not in known:
        raise WireError("an output that nothing makes")


def _node(data: memoryview, known: set[str], facts: OnnxFacts) -> set[str]:
    operator, domain, made, attributes = "", "", set(), {}
    for number, value in fields(data):
        if number == 1 and (name := text(value)) not in known:
            raise WireError(f"the value {name[:60]!r}, which nothing makes before it is used")
        if number == 2:
            made.add(text(value))
        elif number == 4:
            operator = text(value)
        elif number == 5:
            name, numbers = _attribute(message(value))
            attributes[name] = numbers
        elif number == 7:
            domain = text(value)
    if operator not in ALLOWED.get(domain, ()):
        raise WireError(f"the operator {(domain + ':' if domain else '') + operator[:60]}, which is not allowed")
    facts.operators.add(operator)
    _check_sides(operator, attributes)
    return made


def _attribute(data: memoryview) -> tuple[str, list[int]]:
    name, numbers = "", []
    for number, value in fields(data):
        if number == 1:
            name = text(value)
        elif number in (3, 8):
            numbers += varints(value)
        elif number in (5, 10):
            _tensor(message(value))
        elif number in (6, 11, 22, 23):
            raise WireError("control flow or sparse tensors in an attribute")
    return name, numbers


def _check_sides(operator: str, attributes: Mapping[str, list[int]]) -> None:
    """Windows of a size that networks have, and no padding beyond the window: it would make large arrays of small."""
    kernel = attributes.get("kernel_shape", [])
    for name in ("kernel_shape", "strides", "dilations"):
        if any(not 1 <= side <= LARGEST_SIDE for side in attributes.get(name, [])):
            raise WireError(f"{operator} with {name} {attributes[name][:6]}")
    if len({len(attributes[n]) for n in ("kernel_shape", "strides", "dilations") if n in attributes}) > 1:
        raise WireError(f"{operator} with sides of different number")
    reach = [k * d for k, d in zip(kernel, attributes.get("dilations", [1] * len(kernel)), strict=True)]
    pads = attributes.get("pads", [])
    limits = (reach + reach) if kernel else [LARGEST_SIDE] * len(pads)
    if pads and (len(pads) != len(limits) or any(not 0 <= p < most for p, most in zip(pads, limits, strict=True))):
        raise WireError(f"{operator} with padding {pads[:6]}")
    more, strides = attributes.get("output_padding", []), attributes.get("strides", [])
    if more and (len(more) != len(strides) or any(not 0 <= m < s for m, s in zip(more, strides, strict=True))):
        raise WireError(f"{operator} with output padding {more[:6]}")
    if "output_shape" in attributes:
        raise WireError(f"{operator} with a fixed output shape")
    if operator in ("Conv", "ConvTranspose") and any(g < 1 for g in attributes.get("group", [])):
        raise WireError(f"{operator} with {attributes['group'][0]} groups")
    if any(not 1 <= b <= LARGEST_SIDE for b in attributes.get("blocksize", [])):
        raise WireError(f"{operator} with block size {attributes['blocksize'][0]}")


def _tensor(data: memoryview) -> str:
    """The name of a stored tensor; raises WireError when its bytes are not those of its shape."""
    name, kind, sides, raw, counted = "", 0, [], None, 0
    for number, value in fields(data):
        if number == 1:
            sides += varints(value)
        elif number == 2:
            kind = varints(value)[0] if isinstance(value, int) else 0
        elif number == 8:
            name = text(value)
        elif number == 9:
            raw = len(message(value))
        elif number in (5, 7, 11):
            counted += len(varints(value))
        elif number in _TYPED:
            counted += len(message(value)) // _TYPED[number]
        elif number in (3, 6):
            raise WireError("a tensor of text or in pieces")
        elif number == 13 or (number == 14 and value != 0):
            raise WireError("weights outside the file")
    if kind not in _ITEM_BYTES:
        raise WireError(f"a tensor of element type {kind}")
    if len(sides) > 8 or any(side < 0 for side in sides):
        raise WireError(f"a tensor of shape {sides[:9]}")
    items = math.prod(sides)
    if raw is not None and counted:
        raise WireError("a tensor stored twice")
    if (raw != items * _ITEM_BYTES[kind]) if raw is not None else (counted != items):
        raise WireError(f"a tensor whose bytes do not fit its shape {sides}")
    return name


def _name(data: memoryview) -> str:
    return next((text(value) for number, value in fields(data) if number == 1), "")
