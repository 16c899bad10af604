"""The commands of ``medopt``: a new one is a file, and one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import typer

from medopt.cli import (
    advise,
    agreement,
    balance,
    check,
    compare,
    compress,
    coreset,
    demo,
    distill,
    explain,
    export,
    external,
    folds,
    images,
    init,
    jobs,
    label_errors,
    lr_range,
    networks,
    next_case,
    predict,
    pretrain,
    preview,
    propose,
    prune,
    quantize,
    refine,
    report,
    rounds,
    search,
    split,
    status,
    teach,
    train,
    validate,
    windows,
)

DATA, LABEL, MODEL, REST = "Data", "Labelling", "Model", "Around it"


@dataclass(frozen=True)
class Command:
    """A sub-command: its name, the function or group of functions behind it, and under which heading it is listed."""

    name: str
    action: Callable[..., Any] | typer.Typer
    heading: str


COMMANDS = (
    Command("init", init.command, DATA),
    Command("import", images.command, DATA),
    Command("check", check.command, DATA),
    Command("split", split.command, DATA),
    Command("coreset", coreset.command, LABEL),
    Command("next", next_case.command, LABEL),
    Command("teach", teach.command, LABEL),
    Command("propose", propose.command, LABEL),
    Command("refine", refine.command, LABEL),
    Command("rounds", rounds.command, LABEL),
    Command("agreement", agreement.command, LABEL),
    Command("label-errors", label_errors.command, LABEL),
    Command("advise", advise.command, MODEL),
    Command("networks", networks.command, MODEL),
    Command("balance", balance.command, MODEL),
    Command("preview", preview.command, MODEL),
    Command("lr-range", lr_range.command, MODEL),
    Command("pretrain", pretrain.command, MODEL),
    Command("train", train.command, MODEL),
    Command("search", search.command, MODEL),
    Command("crossval", folds.command, MODEL),
    Command("validate", validate.command, MODEL),
    Command("explain", explain.command, MODEL),
    Command("external", external.command, MODEL),
    Command("compare", compare.command, MODEL),
    Command("report", report.command, MODEL),
    Command("prune", prune.command, MODEL),
    Command("distill", distill.command, MODEL),
    Command("compress", compress.command, MODEL),
    Command("export", export.command, MODEL),
    Command("quantize", quantize.command, MODEL),
    Command("windows", windows.command, MODEL),
    Command("predict", predict.command, MODEL),
    Command("status", status.command, REST),
    Command("jobs", jobs.make_group(), REST),
    Command("demo", demo.command, REST),
)
"""In the order of the work."""
