"""The rows of label versions in the catalogue."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from medopt.files import file_sha256
from medopt.image.label import Label
from medopt.project.catalogue import utc_now
from medopt.project.label_kind import LabelContent, LabelKind
from medopt.project.records import LabelSource, LabelVersion
from medopt.project.schema import CASES, LABEL_VERSIONS


def label_facts(
    kind: LabelKind[Any],
    label: Label,
    path: Path,
    *,
    annotator: str | None = None,
    seconds: float | None = None,
    source: LabelSource,
    note: str = "",
) -> dict[str, Any]:
    """The row of ``label_versions`` for ``label`` in the file at ``path``, but for case, version and changes."""
    content = kind.content(label)
    return {
        "annotator": annotator,
        "seconds": seconds,
        "source": source,
        "note": note,
        "time": utc_now(),
        "voxels": content.marked,
        "class_values": content.to_text(),
        "changed_voxels": None,
        "file_sha256": file_sha256(path),
        "content_sha256": kind.sha256(label),
    }


def insert_version(connection: Connection, case_id: str, version: int, facts: dict[str, Any]) -> None:
    """Write the row of a version and make it the one that counts."""
    connection.execute(insert(LABEL_VERSIONS).values(case_id=case_id, version=version, **facts))
    values: dict[str, Any] = {"label_version": version, "annotator": facts["annotator"]}
    if facts["seconds"] is not None:
        values["label_seconds"] = func.coalesce(CASES.c.label_seconds, 0.0) + facts["seconds"]
    connection.execute(update(CASES).where(CASES.c.id == case_id).values(**values))


def current_version(connection: Connection, case_id: str) -> tuple[int, str | None]:
    """(version that counts, hash of its file); (0, None) for a case without a label."""
    columns = LABEL_VERSIONS.c
    query = select(columns.version, columns.file_sha256).where(columns.case_id == case_id)
    row = connection.execute(query.order_by(columns.version.desc()).limit(1)).first()
    return (0, None) if row is None else (row.version, row.file_sha256)


def contents_of_cases(connection: Connection) -> dict[str, LabelContent]:
    """What the label that counts holds, for every case that has one, ordered by id; no file is read."""
    query = select(CASES.c.id, LABEL_VERSIONS.c.class_values).join(
        LABEL_VERSIONS,
        (LABEL_VERSIONS.c.case_id == CASES.c.id) & (LABEL_VERSIONS.c.version == CASES.c.label_version),
    )
    return {row.id: LabelContent.from_text(row.class_values) for row in connection.execute(query.order_by(CASES.c.id))}


def list_versions(connection: Connection, case_id: str) -> list[LabelVersion]:
    """All versions of a case, the first one first."""
    query = select(LABEL_VERSIONS).where(LABEL_VERSIONS.c.case_id == case_id).order_by(LABEL_VERSIONS.c.version)
    versions = []
    for row in connection.execute(query):
        content = LabelContent.from_text(row.class_values)
        versions.append(
            LabelVersion(
                version=row.version,
                annotator=row.annotator,
                seconds=row.seconds,
                source=row.source,
                note=row.note,
                time=datetime.fromisoformat(row.time),
                marked=row.voxels,
                values=content.values,
                changed=row.changed_voxels,
                counts=content.counts,
                unjudged=content.unjudged,
            )
        )
    return versions
