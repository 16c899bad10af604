"""Fine-tuning with 8-bit arithmetic in the loop: weights and ranges learn to give what the float model gives.

Rounding has no gradient of use, so it is passed over on the way back (straight-through, Bengio et al. 2013); steps of
activations are learned with the gradient of Esser et al. 2020 (LSQ). The target is the float model's own output, so
that no label is needed and every task is served.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from medopt.errors import MedOptError
from medopt.events import Reporter, Silence, track
from medopt.inference.runtimes.onnx_in_torch import OnnxInTorch, along

WEIGHT_RATE, STEP_RATE = 1e-4, 1e-3
"""Learning rates of weights, and of the logarithms of steps."""
LARGEST_NORM = 1.0
"""Of the gradient."""


class QuantizationAware(OnnxInTorch):
    """An 8-bit file whose weights are held in float and rounded in each pass.

    Parameters
    ----------
    model : a QDQ file, as ``in_eight_bit`` makes it
    weights : float weights and biases by the name they have without ``_quantized``; those of the file where left out
    """

    def __init__(self, model: onnx.ModelProto, weights: Mapping[str, NDArray[np.float32]] | None = None) -> None:
        super().__init__(model)
        self._model = model
        self.learned = nn.ParameterDict()
        self.steps = nn.ParameterDict()
        self._key: dict[str, str] = {}
        self._axis: dict[str, int] = {}
        for node, attributes in zip(self._nodes, self._attributes, strict=True):
            name = node.input[0] if node.input else ""
            if node.op_type == "DequantizeLinear" and name in self._places:
                self._axis[name] = attributes.get("axis", 1)
                given = (weights or {}).get(name.removesuffix("_quantized"))
                start = super().compute(node, attributes, [self.stored(n) for n in node.input])
                value = start if given is None or given.shape != start.shape else torch.from_numpy(given.copy())
                self._keep(self.learned, name, value.detach().clone())
            elif node.op_type == "QuantizeLinear":
                self._keep(self.steps, node.input[1], self.stored(node.input[1]).detach().log())

    def _keep(self, where: nn.ParameterDict, name: str, value: Tensor) -> None:
        if name not in self._key:
            self._key[name] = f"p{len(self._key)}"
            where[self._key[name]] = nn.Parameter(value)

    def compute(self, node: onnx.NodeProto, attributes: Mapping[str, Any], values: Sequence[Any]) -> Any:
        """Rounded values in place of whole numbers, so that gradients pass."""
        if node.op_type == "QuantizeLinear":
            limits = torch.iinfo(values[2].dtype)
            step = self.steps[self._key[node.input[1]]].exp()
            return fake_quantize(values[0], step, float(values[2]), limits.min, limits.max)
        if node.op_type != "DequantizeLinear":
            return super().compute(node, attributes, values)
        name = node.input[0]
        if name not in self._key:
            return values[0]  # an activation, which was rounded where it was made
        weight: Tensor = self.learned[self._key[name]]
        if self.stored(name).dtype == torch.int32:
            return weight  # biases in 32 bit lose nothing
        step = along(weight_steps(weight, self._axis[name]), weight, self._axis[name])
        return fake_quantize(weight, step.detach(), 0.0, -127, 127)

    def as_model(self) -> onnx.ModelProto:
        """The file with what was learned, in the form that it had."""
        copy = onnx.ModelProto()
        copy.CopyFrom(self._model)
        new: dict[str, NDArray] = {}
        for name, key in self._key.items():
            if key in self.steps:
                new[name] = self.steps[key].detach().exp().numpy()
        quantized = {node.output[0]: node for node in self._nodes if node.op_type == "DequantizeLinear"}
        for node in quantized.values():
            if node.input[0] in self._key and self.stored(node.input[0]).dtype == torch.int8:
                weight = self.learned[self._key[node.input[0]]].detach()
                axis = self._axis[node.input[0]]
                step = weight_steps(weight, axis)
                whole = torch.round(weight / along(step, weight, axis)).clamp(-127, 127)
                new[node.input[0]], new[node.input[1]] = whole.to(torch.int8).numpy(), step.numpy()
        for layer in self._nodes:
            self._biases(layer, quantized, new)
        for tensor in copy.graph.initializer:
            if tensor.name in new:
                before = numpy_helper.to_array(tensor)
                after = new[tensor.name].astype(before.dtype).reshape(before.shape)
                tensor.CopyFrom(numpy_helper.from_array(after, tensor.name))
        return copy

    def _biases(self, layer: onnx.NodeProto, quantized: Mapping[str, onnx.NodeProto], new: dict[str, NDArray]) -> None:
        """A bias is counted in steps of the activation times steps of the weights."""
        if len(layer.input) < 3 or not set(layer.input[:3]) <= quantized.keys():
            return
        given, weight, bias = (quantized[name] for name in layer.input[:3])
        if bias.input[0] not in self._key or self.stored(bias.input[0]).dtype != torch.int32:
            return
        step = new[given.input[1]] * new[weight.input[1]]
        values = self.learned[self._key[bias.input[0]]].detach().numpy()
        limits = np.iinfo(np.int32)
        new[bias.input[1]] = step
        new[bias.input[0]] = np.clip(np.rint(values / step), limits.min, limits.max)


def weight_steps(weight: Tensor, axis: int) -> Tensor:
    """The step of each channel along ``axis``: its largest weight is 127."""
    others = [n for n in range(weight.ndim) if n != axis % weight.ndim]
    largest = weight.detach().abs().amax(dim=others) if others else weight.detach().abs()
    return torch.where(largest > 0, largest / 127, torch.ones_like(largest))


def fake_quantize(x: Tensor, step: Tensor, zero: float, low: int, high: int) -> Tensor:
    """``x`` rounded to whole ``step``s between ``low`` and ``high`` around ``zero``, in float."""
    scaled = x / step + zero
    rounded = scaled + (torch.round(scaled) - scaled).detach()
    return (rounded.clamp(low, high) - zero) * step


def fine_tune(
    small: onnx.ModelProto,
    model: onnx.ModelProto,
    windows: Sequence[NDArray[np.float32]],
    dims: int,
    *,
    steps: int = 200,
    seed: int = 0,
    reporter: Reporter | None = None,
) -> onnx.ModelProto:
    """``small``, an 8-bit file made of ``model``, after ``steps`` steps on ``windows`` (1, channel, k, j, i).

    Each step sees one window, mirrored at random; the loss is the squared difference of the outputs over the variance
    of the float model's. Raises MedOptError when the loss is no number.
    """
    torch.manual_seed(seed)
    dice = np.random.default_rng(seed)
    teacher = OnnxInTorch(model).eval()
    stored = {
        t.name: numpy_helper.to_array(t) for t in model.graph.initializer if t.data_type == onnx.TensorProto.FLOAT
    }
    student = QuantizationAware(small, {name: np.array(array, np.float32) for name, array in stored.items()})
    groups = [
        {"params": list(student.learned.values()), "lr": WEIGHT_RATE},
        {"params": list(student.steps.values()), "lr": STEP_RATE},
    ]
    optimiser = torch.optim.Adam(groups)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(steps, 1))
    drawn = _mirrored(windows, dims, dice, steps)
    for x in track(reporter or Silence(), "fine-tuning in 8 bit", list(drawn), unit="steps"):
        with torch.no_grad():
            wanted = teacher(x)
        loss = (student(x) - wanted).square().mean() / wanted.var().clamp_min(1e-12)
        if not torch.isfinite(loss):
            raise MedOptError("the loss of fine-tuning in 8 bit is no number", remedy="Leave more layers in float")
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(student.parameters(), LARGEST_NORM)
        optimiser.step()
        schedule.step()
    return student.as_model()


def _mirrored(
    windows: Sequence[NDArray[np.float32]], dims: int, dice: np.random.Generator, number: int
) -> Iterator[Tensor]:
    for _ in range(number):
        window = windows[int(dice.integers(len(windows)))]
        axes = [axis for axis in range(5 - dims, 5) if dice.random() < 0.5]
        window = np.ascontiguousarray(np.flip(window, tuple(axes)))
        yield torch.from_numpy(window[:, :, 0] if dims == 2 else window)
