"""One trained network and how it is explained: from an image to maps on the image's own grid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from medopt.errors import MedOptError
from medopt.image import Geometry, Image
from medopt.inference import ModelDescription, image_scores
from medopt.inference.runtimes.torch_runtime import TorchRuntime
from medopt.preprocess import Pipeline, restore_values
from medopt.validation.explain.layers import cam_layer, default_layer, feature_layers, find_layer
from medopt.validation.explain.maps import Network, activation_map
from medopt.validation.explain.occlusion import occlusion_map
from medopt.validation.explain.randomisation import cascade, randomised
from medopt.validation.explain.settings import ExplainSettings
from medopt.validation.explain.targets import Target, find_target
from medopt.validation.explain.windows import Windows


@dataclass(frozen=True, eq=False)
class Prepared:
    """An image as the network sees it, and what of its answer is explained.

    Parameters
    ----------
    windows : of the prepared image
    grid, original : of the prepared image, and of the image as it was read
    targets : what is explained of it, by place of the class
    nothing : classes of which nothing can be explained, with the reason
    """

    windows: Windows
    grid: Geometry
    original: Geometry
    targets: Mapping[int, Target]
    nothing: Mapping[str, str]


class Explainer:
    """Makes maps of one network by one method.

    Parameters
    ----------
    module : the trained network, on ``device``; its weights are held still from now on
    description : what it takes and gives
    settings : method, layer, and more
    device : where it runs

    Raises MedOptError for a class that the model does not know, when the network has no layer of the settings' name, or
    none that the method could look at.
    """

    def __init__(
        self,
        module: nn.Module,
        description: ModelDescription,
        settings: ExplainSettings,
        device: str | torch.device = "cpu",
    ) -> None:
        self.description, self.settings, self._device = description, settings, device
        self._network = Network(module, description.dims, device)
        self._task = description.build_task()
        self._check_classes()
        self.layer = self._layer()

    def layers(self) -> dict[str, tuple[int, ...]]:
        """Name → (features, *cells) that each layer gives of a window of the size that the network learned from."""
        return feature_layers(self._network.module, self._window())

    def prepare(self, image: Image) -> Prepared:
        """The image through preprocessing and the network; MedOptError when it does not fit the model."""
        wanted = self.description
        if image.channels != len(wanted.channels):
            raise MedOptError(
                "wrong number of channels",
                expected=f"{len(wanted.channels)} ({', '.join(wanted.channels)})",
                found=str(image.channels),
            )
        prepared = Pipeline(wanted.preprocess).image(image)
        volume = np.asarray(prepared.array, np.float32)
        overlap, runtime = wanted.inference.overlap, TorchRuntime(self._network.module, wanted.dims, self._device)
        windows = Windows.of(volume, self._task, patch=wanted.patch, divisor=wanted.divisor, overlap=overlap)
        with image_scores(
            volume, runtime, self._task, patch=wanted.patch, divisor=wanted.divisor, overlap=overlap
        ) as scores:
            return Prepared(windows, prepared.geometry, image.geometry, *self._targets(scores))

    def map_on_grid(self, image: Prepared, target: Target, module: nn.Module | None = None) -> NDArray[np.float32]:
        """(k, j, i) float32 on the prepared grid, 0 and above; of another network of the same build when given."""
        network = self._network if module is None else Network(module, self.description.dims, self._device)
        if self.settings.method == "occlusion":
            return occlusion_map(network, image.windows, target, image.grid.spacing, blocks=self.settings.blocks)
        return activation_map(network, image.windows, target, method=self.settings.method, layer=self.layer)

    def map_on_image(self, image: Prepared, target: Target) -> NDArray[np.float32]:
        """(k, j, i) float32 on the image's own grid: ``map_on_grid`` by the way back that predictions take, 0 where
        preprocessing had cut the image off.
        """
        values = self.map_on_grid(image, target)
        return restore_values(values[np.newaxis], image.grid, image.original)[0]

    def random_networks(self, fresh: nn.Module) -> Iterator[tuple[str, nn.Module]]:
        """The steps of ``randomised`` that are compared: all, or for occlusion, which is slow, the last alone."""
        last = len(cascade(self._network.module))
        for number, step in enumerate(randomised(self._network.module, fresh), 1):
            if self.settings.method != "occlusion" or number == last:
                yield step

    def _targets(self, scores: NDArray[np.float32]) -> tuple[dict[int, Target], dict[str, str]]:
        found: dict[int, Target] = {}
        nothing: dict[str, str] = {}
        for index in self._wanted(scores):
            try:
                found[index] = find_target(scores, self.description, index, self.settings.peak)
            except MedOptError as error:
                nothing[self.description.classes[index].name] = str(error)
        return found, nothing

    def _wanted(self, scores: NDArray[np.float32]) -> Sequence[int]:
        names = [info.name for info in self.description.classes]
        if self.settings.classes:
            return [names.index(name) for name in self.settings.classes]
        if self.description.task != "classification":
            return range(len(names))
        if self.description.multi_label:
            return [n for n in range(len(names)) if scores[n] >= 0.5] or [int(scores.argmax())]
        return [int(scores.argmax())]

    def _check_classes(self) -> None:
        names = [info.name for info in self.description.classes]
        if unknown := sorted(set(self.settings.classes) - set(names)):
            raise MedOptError("the model knows no such class", expected=", ".join(names), found=", ".join(unknown))

    def _layer(self) -> str:
        settings, module = self.settings, self._network.module
        if settings.method == "occlusion":
            return ""
        if settings.layer:
            find_layer(module, settings.layer)
            return settings.layer
        return cam_layer(module, self._window()) if settings.method == "cam" else default_layer(module, self._window())

    def _window(self) -> torch.Tensor:
        patch = self.description.patch
        return self._network.tensor(np.zeros((1, len(self.description.channels), *patch), np.float32))
