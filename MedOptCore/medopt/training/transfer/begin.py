"""Put the weights of a source into a network, or say why not."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from medopt.errors import MedOptError
from medopt.project import Project, Split, load_split
from medopt.training.transfer.fit import Fitter
from medopt.training.transfer.layout import Layout
from medopt.training.transfer.match import match
from medopt.training.transfer.report import Layer, TransferReport
from medopt.training.transfer.settings import TransferSettings
from medopt.training.transfer.source import Source, output_rows, read_source


def begin_from(
    network: nn.Module,
    settings: TransferSettings,
    project: Project,
    *,
    class_names: Sequence[str],
    channels: Sequence[str],
    split: Split | None = None,
) -> TransferReport:
    """Put the weights of ``settings.source`` into ``network`` where they fit, and tell the fate of every tensor.

    Parameters
    ----------
    network : fresh, for the project's task; changed in place, on whatever device it is
    class_names, channels : of the project, in the order of the network's outputs and inputs
    split : the division that the network is about to be trained on; the project's own by default

    Raises MedOptError, with the network as it was, when there is no such source, when less of the encoder than
    ``settings.least_share`` comes from it, when it is a run of this project on another split, and when it is a
    pretraining that saw a test subject: such weights know what the test is to find out. A run whose own split is kept
    beside it (a round of labelling, a fold) is taken if it learned from no subject that is to judge now.
    """
    source = read_source(settings.source, project, weights=settings.weights)
    _refuse_seen_test(source, project, split)
    return transfer(network, source, settings, project.settings.task, class_names, channels)


def transfer(
    network: nn.Module,
    source: Source,
    settings: TransferSettings,
    task: str,
    class_names: Sequence[str],
    channels: Sequence[str],
) -> TransferReport:
    """`begin_from` of a source that was read already, for a network that answers ``task``."""
    layout, state = Layout.of(network), network.state_dict()
    rows = output_rows(task, class_names, layout.dims)
    fitter = Fitter(state, layout, source, task, rows, tuple(channels), settings.inflation)
    found = match(fitter, frozenset(name for name, _ in network.named_parameters()))
    report = TransferReport(source.name, source.kind, source.digest, found.layers, found.unused)
    share = report.share("encoder")
    if share < settings.least_share:
        raise MedOptError(
            "the weights do not fit the network",
            where=source.name,
            expected=f"at least {100 * settings.least_share:.0f} % of the encoder's parameters from the source",
            found=f"{100 * share:.1f} %; {_first_reasons(report.layers)}",
            remedy="Choose a recipe whose network is built like the source's, or set transfer.least_share to 0 to take "
            "whatever fits",
        )
    with torch.no_grad():
        for name, value in found.state.items():
            state[name].copy_(value)
    return report


def _refuse_seen_test(source: Source, project: Project, split: Split | None) -> None:
    if source.project != project.id:
        return
    split = split or load_split(project)
    if source.cases:
        seen = sorted(set(source.cases) & set(split.test))
        if seen:
            raise MedOptError(
                "the pretraining saw cases of today's test subjects",
                where=source.name,
                expected="none",
                found=f"{len(seen)}, such as {seen[0]}",
                remedy="Pretrain anew on the present split",
            )
    elif source.division is not None:
        _refuse_seen_subjects(source.name, source.division, split)
    elif source.split != split.hash:
        raise MedOptError(
            "the run learned on another split of this project, so it may know today's test and validation subjects",
            where=source.name,
            expected=f"split {split.hash[:12]}",
            found=str(source.split)[:12],
            remedy="Take a run on the present split, or a pretraining",
        )


def _refuse_seen_subjects(name: str, before: Split, split: Split) -> None:
    """Weights that subjects of validation chose know something of them, though less than of those of training."""
    learned, chosen = set(before.subjects["train"]), set(before.subjects["validation"])
    seen = sorted(learned & {*split.subjects["validation"], *split.subjects["test"]})
    seen += sorted(chosen & set(split.subjects["test"]))
    if seen:
        raise MedOptError(
            "the run learned from subjects of today's validation or test part",
            where=name,
            expected="none",
            found=f"{len(seen)}, such as {seen[0]}",
            remedy="Take a run that did not see them, or a pretraining",
        )


def _first_reasons(layers: Sequence[Layer]) -> str:
    missed = [layer for layer in layers if layer.role == "encoder" and layer.fate == "skipped" and layer.learns]
    return "; ".join(f"{layer.name}: {layer.why}" for layer in missed[:2])
