"""Parts of a network that do not learn, or not yet."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from medopt.errors import MedOptError
from medopt.training.transfer.layout import Layout
from medopt.training.transfer.report import TransferReport
from medopt.training.transfer.settings import TransferSettings


class Freezing:
    """Holds what the settings freeze until they thaw it. Call `follow` before each step.

    What starts fresh by the report learns even within a frozen stage: random weights are not worth keeping.

    Raises MedOptError when more stages are to be frozen than the encoder has.
    """

    def __init__(self, network: nn.Module, settings: TransferSettings, report: TransferReport | None = None) -> None:
        self.settings = settings
        self.names = frozen_names(network, settings, report)
        self._parameters = [p for name, p in network.named_parameters() if name in self.names]
        self._norms = [
            module
            for name, module in network.named_modules()
            if isinstance(module, _BatchNorm) and any(f"{name}.{kind}" in self.names for kind in ("weight", "bias"))
        ]

    def follow(self, share: float) -> None:
        """Freeze or thaw for the ``share`` of the training that has passed, 0 to 1; cheap when nothing changes.

        Frozen parameters get no gradient, and frozen batch norms use their running statistics and leave them as they
        are, also after a `train()` of the whole network.
        """
        frozen = share < self.settings.thaw or self.settings.thaw >= 1
        for parameter in self._parameters:
            if parameter.requires_grad == frozen:
                parameter.requires_grad_(not frozen)
                parameter.grad = None
        for norm in self._norms:
            if norm.training == frozen:
                norm.train(not frozen)


def frozen_names(
    network: nn.Module, settings: TransferSettings, report: TransferReport | None = None
) -> frozenset[str]:
    """Names of the parameters that do not learn at first; see `Freezing`."""
    if settings.freeze == "nothing":
        return frozenset()
    layout = Layout.of(network)
    stages = [part for part in layout.parts if part.role == "encoder"]
    count = len(stages) if settings.freeze == "encoder" else settings.freeze
    if count > len(stages):
        raise MedOptError(
            "the encoder has fewer stages than are to be frozen",
            where="transfer.freeze",
            expected=f"nothing, encoder, or a number up to {len(stages)}",
            found=str(count),
        )
    fresh = set(report.names("skipped")) if report else set()
    held = stages[:count]
    return frozenset(name for name, _ in network.named_parameters() if name not in fresh and layout.part(name) in held)
