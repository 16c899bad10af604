"""Where the run came from: machine, versions, hashes."""

from __future__ import annotations

from medopt.project import Project
from medopt.report.blocks import Block, Facts, Section
from medopt.report.record import Record


def build(record: Record, project: Project | None) -> Section | None:
    """Facts by which a run can be recognised and repeated."""
    run = [
        ("Run", record.name),
        ("Project", record.project),
        ("Project id", record.project_id),
        ("State", record.state),
    ]
    run += [("Started", record.started), ("Finished", record.finished)]
    blocks: list[Block] = [Facts([(n, v) for n, v in run if v], "Run")]
    if record.device:
        blocks.append(Facts(record.device, "Device"))
    if record.versions:
        blocks.append(Facts(record.versions, "Versions"))
    if record.hashes:
        blocks.append(Facts(record.hashes, "SHA-256"))
    return Section("Provenance", "provenance", blocks)
