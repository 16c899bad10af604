"""The model card: what a stranger must know before using a model, as Markdown.

The order follows Mitchell et al., "Model cards for model reporting", FAccT 2019:220-229. What only the makers can say
(licence, contact, approvals) is left as a marked gap, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from medopt.report.record import Record, read_record
from medopt.report.sections.limits import limits
from medopt.report.text import (
    NONE,
    count,
    duration,
    interval,
    listing,
    metric_digits,
    metric_title,
    metric_value,
    plain,
)
from medopt.validation import MEAN, MEASURES, AnyResults, Results

GAP = "*to be filled in by the makers*"
"""Marks what the record cannot know."""


def make_card(run_folder: str | Path, *, subset: str = "test") -> str:
    """The card of a run's model as Markdown; the same text for the same record.

    A run that was not validated on ``subset`` gives a card that says so in place of figures. Raises MedOptError when
    the folder is no run or its record is damaged.
    """
    folder = Path(run_folder)
    measured = (folder / f"metrics-{subset}.json").is_file()
    record = read_record(folder, subset if measured else None)
    parts = [
        _head(record),
        _use(record),
        _data(record),
        _training(record),
        _figures(record),
        _limits(record),
        _gaps(record),
    ]
    return "\n\n".join(parts) + "\n"


def _head(record: Record) -> str:
    what = listing([_md(s.name) for s in record.structures]) or record.items
    does = {"classification": "Tells apart", "detection": "Finds"}.get(record.task, "Segments")
    channels = listing([_md(c) for c in record.channels]) or "images"
    version = _md(dict(record.versions).get("medopt", ""))
    return (
        f"# Model card: {_md(record.name)}\n\n"
        f"{does} {what} in images of {channels}. Made with {f'MedOpt {version}'.rstrip()} from run "
        f"{_md(record.name)} of project {_md(record.project) or 'without a name'}."
    )


def _use(record: Record) -> str:
    channels = listing([_md(c) for c in record.channels]) or NONE
    return "\n".join(
        [
            "## Intended use",
            "",
            f"- **For**: research on images like the training images ({channels}).",
            "- **Not for**: diagnosis or treatment. This is research software, no medical device.",
            "- **Users**: researchers who check each result; the output is a proposal.",
            f"- **Output**: {_output(record)}.",
        ]
    )


def _output(record: Record) -> str:
    values = ", ".join(f"{s.value} {_md(s.name)}" for s in record.structures)
    if record.task == "classification":
        return f"the probability of each class: {values}"
    if record.task == "detection":
        return f"boxes in the patient (mm), each with a class and a score from 0 to 1: {values}"
    return f"one label value a voxel on the image's own grid: {', '.join(['0 background', values])}"


def _data(record: Record) -> str:
    parts = [p for p in ("train", "validation", "test") if p in record.cases or p in record.subjects]
    lines = ["## Data", ""]
    if parts:
        rows = [[p, str(record.subjects.get(p, NONE)), str(record.cases.get(p, NONE))] for p in parts]
        lines += [_table(["part", "subjects", "cases"], rows), "", "All cases of a subject stand in the same part."]
    if record.split_hash:
        lines.append(f"Split: `{record.split_hash}`.")
    lines += ["", f"- Origin, inclusion criteria, scanners, years: {GAP}", f"- Who made the references, and how: {GAP}"]
    return "\n".join(lines)


def _training(record: Record) -> str:
    network = dict(record.network).get("name", NONE)
    size = f", {record.parameters:,} parameters" if record.parameters else ""
    device = dict(record.device).get("name")
    lines = [
        "## Training",
        "",
        f"- Network: {_md(network)}{size}",
        f"- Amount: {duration(record.seconds_trained)}, {count(record.steps, 'step')}"
        + (f" on {_md(device)}" if device else ""),
        f"- State of the run: {_md(record.state)}",
    ]
    versions = dict(record.versions)
    known = [f"{name} {versions[name]}" for name in ("python", "torch", "monai", "numpy") if name in versions]
    if known:
        lines.append(f"- Versions: {_md(', '.join(known))}")
    lines += [f"- {name[0].upper() + name[1:]} hash: `{value}`" for name, value in record.hashes if name != "split"]
    return "\n".join(lines)


def _figures(record: Record) -> str:
    results = record.results
    if results is None or not results.cases:
        return "## Figures\n\nThis model was **not measured** on subjects that it never saw."
    names = [s.name for s in results.structures] + ([MEAN] if len(results.structures) > 1 else [])
    level = f"{100 * results.settings.bootstrap.level:g} % interval"
    one = "structure" if record.task == "segmentation" else "class"
    head = [one, "metric", "mean" if one == "structure" else "value", level, "cases", "subjects", "excluded"]
    rows = []
    for name in names:
        for metric in MEASURES:
            row = next((r for r in results.summary if r.structure == name and r.metric == metric), None)
            if row is None:
                continue
            rows.append(
                [
                    f"{'all' if record.task == 'classification' else 'mean over'} {record.items}"
                    if name == MEAN
                    else _md(plain(name)),
                    metric_title(metric),
                    metric_value(metric, row.estimate),
                    interval(row.low, row.high, metric_digits(metric)) or "none",
                    str(row.n),
                    str(row.n_subjects),
                    str(row.excluded),
                ]
            )
    lines = [
        "## Figures",
        "",
        f"Measured on the {_md(plain(results.subset))} part: {count(results.n_cases, 'case')} of "
        f"{count(results.n_subjects, 'subject')}. {_how(results)}",
        "",
        _table(head, rows),
    ]
    if isinstance(results, Results) and results.calibrated:
        name = results.calibrated[-1]
        row = results.calibration_row(name)
        found = f"{metric_value('ece', row.estimate)} {interval(row.low, row.high, metric_digits('ece'))}".strip()
        chance = "" if row.by_chance is None else f"; by chance below {metric_value('ece', row.by_chance)}"
        lines += ["", f"Calibration error of voxels near {_md(plain(name))}: {found}{chance}; n = {row.n}."]
    if record.gap is not None:
        lines += ["", f"Against the training cases: {record.gap.verdict} ({_md(plain(record.gap.rule))})."]
    if results.left_out:
        lines += ["", f"Could not be measured and left out: {count(len(results.left_out), 'case')}."]
    return "\n".join(lines)


def _how(results: AnyResults) -> str:
    methods = {row.method for row in results.summary}
    forms = [name for key, name in (("delong", "DeLong for AUROC"), ("wilson", "Wilson for rates")) if key in methods]
    intervals = f"Intervals: {', '.join([*forms, 'bootstrap over subjects'])}."
    if results.task == "classification":
        return f"{intervals} Each class against all others; n is the denominator of the rate."
    if results.task == "detection":
        return f"{intervals} A box is found by one of its class that overlaps it by half (IoU 0.5), each by one only."
    return (
        f"NSD at {results.settings.nsd_tolerance_mm:g} mm. {intervals} Both masks empty: Dice and NSD 1, distances "
        "excluded; one empty: Dice and NSD 0, distance the image diagonal."
    )


def _limits(record: Record) -> str:
    return "\n".join(["## Limits", "", *(f"- {_md(sentence)}" for sentence in limits(record))])


def _gaps(record: Record) -> str:
    asked = ("Licence of the weights", "Licence and approvals of the data", "Authors and contact", "How to cite")
    return "\n".join(["## Terms", "", *(f"- {name}: {GAP}" for name in asked)])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _md(text: str) -> str:
    """``text`` with everything that Markdown or HTML would read as markup escaped."""
    return re.sub(r"([\\`*_{}\[\]#|~])", r"\\\1", text).replace("<", "&lt;").replace(">", "&gt;")
