"""The report for other programs and for papers: JSON, CSV, and each figure as PNG and SVG."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from medopt.events import Reporter, Silence, track
from medopt.files import write_bytes, write_text
from medopt.report.checklists import CHECKLISTS, fill
from medopt.report.checklists.filled import counts
from medopt.report.figures import FIGURES, to_png, to_svg
from medopt.report.record import Record, read_record
from medopt.report.text import plain
from medopt.validation import AnyResults, BoxResults, ClassResults, Results
from medopt.validation.box_rates import sensitivities
from medopt.validation.mask_calibration import MaskCalibration

FORMAT = 1

DOTS_PER_INCH = 300


def make_report_files(
    run_folder: str | Path, *, subset: str = "test", output: str | Path | None = None, reporter: Reporter | None = None
) -> Path:
    """Write the tables and figures of a report into a folder and give its path.

    ``report.json`` holds everything; ``summary.csv``, ``cases.csv``, ``subgroups.csv`` and ``checklist-NAME.csv`` the
    tables; ``figures/NAME.png`` and ``.svg`` the figures that the run has. Made from the record alone: the same record
    and version of matplotlib give the same bytes, wherever and whenever. Files of an earlier report that the run no
    longer has are removed.

    Parameters
    ----------
    run_folder, subset, reporter : as in ``make_report``
    output : the folder; by default ``report-<subset>`` in the run's folder

    Raises MedOptError as ``make_report`` does.
    """
    record = read_record(Path(run_folder), subset)
    folder = Path(output) if output is not None else Path(run_folder) / f"report-{subset}"
    written = {folder / "report.json"}
    write_text(
        folder / "report.json", json.dumps(report_values(record), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    )
    for name, rows in _tables(record).items():
        write_text(folder / f"{name}.csv", to_csv(rows))
        written.add(folder / f"{name}.csv")
    for kind in track(reporter or Silence(), "figures", list(FIGURES.values()), unit="figures"):
        drawing = kind.draw(record)
        if drawing is None:
            continue
        paths = folder / "figures" / f"{kind.name}.svg", folder / "figures" / f"{kind.name}.png"
        write_text(paths[0], to_svg(drawing, kind.name))
        write_bytes(paths[1], to_png(drawing, dots_per_inch=DOTS_PER_INCH))
        written |= set(paths)
    for old in [*folder.glob("*.csv"), *folder.glob("figures/*.svg"), *folder.glob("figures/*.png")]:
        if old not in written:
            old.unlink()
    return folder


def report_values(record: Record) -> dict[str, Any]:
    """Plain data of all that a report tells, without pictures of cases; no folder and no path."""
    results = record.results
    return {
        "format": FORMAT,
        "run": {
            "name": record.name,
            "project": record.project,
            "project_id": record.project_id,
            "task": record.task,
            "state": record.state,
            "started": record.started,
            "finished": record.finished,
            "seconds_trained": record.seconds_trained,
            "steps": record.steps,
            "parameters": record.parameters,
            "network": dict(record.network),
            "device": dict(record.device),
            "versions": dict(record.versions),
            "hashes": dict(record.hashes),
            "channels": list(record.channels),
            "classes": [{"value": info.value, "name": info.name} for info in record.structures],
            "recipe": record.recipe,
            "warnings": list(record.warnings),
            "not_used": dict(record.not_used),
        },
        "split": {
            "hash": record.split_hash,
            "seed": record.split_seed,
            "subjects": dict(record.subjects),
            "cases": dict(record.cases),
        },
        "subset": record.subset,
        "results": None if results is None else results.to_json(),
        "fit": _fit(record),
        "subgroups": [row.model_dump(mode="json") for row in record.subgroups],
        "external": None if record.external is None else record.external.model_dump(mode="json"),
        "test_looks": None if record.looks is None else {"all": record.looks[0], "of_this_run": record.looks[1]},
        "checklists": {
            checklist.name: {
                "title": checklist.title,
                "source": checklist.source,
                "counts": counts(fill(checklist, record)),
                "items": [
                    {"number": one.item.number, "section": one.item.section, "asks": one.item.asks}
                    | {"state": one.answer.state, "answer": one.answer.text, "where": one.answer.section}
                    for one in fill(checklist, record)
                ],
            }
            for checklist in CHECKLISTS.values()
        },
    }


def to_csv(rows: Sequence[Sequence[Any]]) -> str:
    """Rows as CSV after RFC 4180 with line feeds; numbers as Python writes them, None as nothing.

    Texts that a spreadsheet would take for a formula get an apostrophe before them.
    """
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([[_cell(value) for value in row] for row in rows])
    return stream.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value)
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text[:1] in ("=", "+", "-", "@") else text


def _fit(record: Record) -> dict[str, Any] | None:
    if record.sides is None:
        return None
    return {
        "metric": record.sides.metric,
        "parts": {side.part: asdict(side.row) for side in record.sides.sides},
        "gaps": {name: asdict(gap) for name, gap in record.sides.gaps},
    }


def _tables(record: Record) -> dict[str, list[list[Any]]]:
    tables: dict[str, list[list[Any]]] = {}
    for checklist in CHECKLISTS.values():
        head = ["number", "section", "asks for", "state", "answer", "where"]
        rows = [
            [one.item.number, one.item.section, one.item.asks, one.answer.state, one.answer.text, one.answer.section]
            for one in fill(checklist, record)
        ]
        tables[f"checklist-{checklist.name}"] = [head, *rows]
    results = record.results
    if results is None:
        return tables
    names = (
        "structure",
        "metric",
        "estimate",
        "low",
        "high",
        "n",
        "n_subjects",
        "excluded",
        "n_boxes",
        "method",
        "note",
    )
    tables["summary"] = [[*names], *([plain_or(getattr(row, name)) for name in names] for row in results.summary)]
    tables["cases"] = list(_case_rows(results))
    if not isinstance(results, BoxResults) and results.calibrated:
        tables["reliability"] = list(_reliability_rows(results))
    if isinstance(results, BoxResults):
        tables["sensitivities"] = list(_sensitivity_rows(results))
    if isinstance(results, Results) and results.calibration is not None:
        tables["calibration"] = list(_calibration_rows(results.calibration))
    if record.subgroups:
        fields = ("attribute", "value", "metric", "estimate", "low", "high", "n", "n_subjects", "note")
        rows = [[plain_or(getattr(row, name)) for name in fields] for row in record.subgroups]
        tables["subgroups"] = [[*fields], *rows]
    return tables


def _reliability_rows(results: Results | ClassResults) -> Iterable[list[Any]]:
    yield ["structure", "from", "to", "mean_probability", "share_true", "low", "high", "cases", "subjects", "voxels"]
    for name in results.calibrated:
        for point in results.reliability(name):
            ends = [point.true.estimate, point.true.low, point.true.high, point.true.n, point.true.n_subjects]
            yield [plain(name), point.low, point.high, point.given, *ends, point.voxels]


def _sensitivity_rows(results: BoxResults) -> Iterable[list[Any]]:
    yield ["class", "false_boxes_an_image", "sensitivity", "low", "high", "boxes", "images", "subjects", "note"]
    for row in sensitivities(results):
        ends = [row.found.estimate, row.found.low, row.found.high, row.boxes, row.found.n, row.found.n_subjects]
        yield [plain(row.structure), row.rate, *ends, plain(row.found.refused)]


def _calibration_rows(calibration: MaskCalibration) -> Iterable[list[Any]]:
    """Of each case, and before them of all cases together."""
    yield ["case", "subject", "structure", "metric", "value", "low", "high", "by_chance_below", "cases", "note"]
    for row in calibration.summary:
        ends = [row.estimate, row.low, row.high, row.by_chance, row.n]
        yield ["all", "", plain(row.structure), row.metric, *ends, plain(row.note)]
    for case in calibration.cases:
        who = [plain(text) for text in (case.case, case.subject, case.structure)]
        for metric, value in case.values.items():
            yield [*who, metric, value, None, None, None, 1, ""]


def plain_or(value: Any) -> Any:
    """Texts without control characters, anything else as it is."""
    return plain(value) if isinstance(value, str) else value


def _case_rows(results: AnyResults) -> Iterable[list[Any]]:
    if isinstance(results, Results):
        metrics = list(dict.fromkeys(name for score in results.cases for name in score.values))
        yield ["case", "subject", "structure", *metrics, "reference_ml", "predicted_ml", "empty"]
        for score in results.cases:
            known = [score.value(name) for name in metrics]
            who = [plain(text) for text in (score.case, score.subject, score.structure)]
            yield [*who, *known, score.reference_ml, score.predicted_ml, score.empty]
    elif isinstance(results, ClassResults):
        names = [s.name for s in results.structures]
        yield ["case", "subject", "reference", "predicted", "right", *(f"probability of {plain(n)}" for n in names)]
        for case in results.cases:
            said = [";".join(map(plain, case.present)), ";".join(map(plain, case.predicted)), case.right]
            yield [plain(case.case), plain(case.subject), *said, *(case.probabilities[name] for name in names)]
    elif isinstance(results, BoxResults):
        yield ["case", "subject", "class", "outcome", "score", "iou"]
        for boxes in results.cases:
            for box in boxes.boxes:
                yield [plain(boxes.case), plain(boxes.subject), plain(box.structure), box.outcome, box.score, box.iou]
