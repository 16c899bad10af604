"""The tables of the catalogue, the same for SQLite and PostgreSQL."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
)

SCHEMA_VERSION = 3
"""Version of these tables; kept in ``meta`` and compared when a catalogue is opened, see ``upgrade``.

A new version may add tables, and columns that are nullable or have a default in the database; no more, so that
the catalogue of an older one is taken over by adding what it lacks.

* 2: what an annotator changed, from which model and round a label came, leases, drafts, more of proposals.
* 3: who restored a version of a label, and which one.
"""

METADATA = MetaData()


def _case_key() -> Column:
    return Column("case_id", String(64), ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)


META = Table("meta", METADATA, Column("key", String(40), primary_key=True), Column("value", Text, nullable=False))

CASES = Table(
    "cases",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("key", String(64), nullable=False, unique=True),  # the id in lower case: file names differ in more on disk
    Column("subject", String(64), nullable=False, index=True),
    Column("geometry", Text, nullable=False),  # JSON of Geometry
    Column("attributes", Text, nullable=False),  # JSON of text to text
    Column("image_source_sha256", String(64), nullable=False, index=True),
    Column("label_source_sha256", String(64)),
    Column("label_version", Integer, index=True),  # None: no label
    Column("annotator", String(64)),
    Column("label_seconds", Float),  # of all versions
    Column("time", String(40), nullable=False),  # ISO 8601, UTC, as everywhere in these tables
)

CHANNELS = Table(
    "channels",
    METADATA,
    _case_key(),
    Column("position", Integer, primary_key=True),
    Column("path", Text, nullable=False),  # relative to the project folder where that is possible
    Column("component", Integer, nullable=False),  # channel within the file
    Column("referenced", Boolean, nullable=False),  # left in place by the user's wish
    Column("file_sha256", String(64), nullable=False),
    Column("content_sha256", String(64), nullable=False, index=True),  # of the voxels alone
)

LABEL_VERSIONS = Table(
    "label_versions",
    METADATA,
    _case_key(),
    Column("version", Integer, primary_key=True),
    Column("annotator", String(64)),
    Column("seconds", Float),
    Column("source", String(20), nullable=False),
    Column("note", Text, nullable=False),
    Column("time", String(40), nullable=False),
    Column("voxels", Integer, nullable=False),  # or boxes, or classes of a whole image, by the task
    Column("class_values", Text, nullable=False),  # JSON of LabelContent; a list of the values present in older ones
    Column("changed_voxels", Integer),  # or boxes, or classes
    Column("file_sha256", String(64), nullable=False),
    Column("content_sha256", String(64), nullable=False),
    Column("model", String(200)),  # whose proposal it started from
    Column("round", Integer),  # of that proposal
    Column("undos", Integer),
    Column("blind", Boolean, nullable=False, server_default=false()),
    Column("edits_changed", Integer),  # what records.Edits holds; all None where nobody worked it out
    Column("edits_slices", Integer),
    Column("edits_added_path", Integer),
    Column("edits_surface_dice", Float),
    Column("edits_as_is", Boolean),
    Column("restored_from", Integer),  # the version that it equals
    Column("restored_by", String(64)),
)

LABEL_INTENTS = Table(
    "label_intents",
    METADATA,
    Column("file_sha256", String(64), primary_key=True),
    _case_key(),
    Column("time", String(40), nullable=False),
    Column("record", Text, nullable=False),  # JSON of the row of label_versions that is about to be written
)

PROPOSALS = Table(
    "proposals",
    METADATA,
    _case_key(),
    Column("model", String(200), nullable=False),
    Column("time", String(40), nullable=False),
    Column("voxels", Integer, nullable=False),
    Column("file_sha256", String(64)),  # None in catalogues of version 1
    Column("confidence", Float),
    Column("round", Integer),
    Column("catch_trial", Boolean, nullable=False, server_default=false()),
    Column("rejected_by", String(64)),
    Column("rejected_time", String(40)),
)

PROPOSAL_INTENTS = Table(
    "proposal_intents",
    METADATA,
    Column("file_sha256", String(64), primary_key=True),
    _case_key(),
    Column("time", String(40), nullable=False),
    Column("record", Text, nullable=False),  # JSON of the row of proposals that is about to be written
)

LEASES = Table(
    "leases",
    METADATA,
    _case_key(),
    Column("annotator", String(64), nullable=False),
    Column("taken", String(40), nullable=False),
    Column("expires", String(40), nullable=False),
    Column("minutes", Float, nullable=False),
)

DRAFTS = Table(
    "drafts",
    METADATA,
    _case_key(),
    Column("annotator", String(64), primary_key=True),
    Column("file", String(64), nullable=False),  # its name in drafts/CASE/
    Column("time", String(40), nullable=False),
    Column("started", Integer, nullable=False),  # the version that counted when it was begun, 0 for none
    Column("source", String(20), nullable=False),
    Column("seconds", Float),
    Column("undos", Integer),
    Column("blind", Boolean, nullable=False),
)

FLAGS = Table(
    "flags",
    METADATA,
    _case_key(),
    Column("note", Text, nullable=False),
    Column("time", String(40), nullable=False),
)

SPLITS = Table(
    "splits",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("hash", String(64), nullable=False),
    Column("time", String(40), nullable=False),
    Column("arguments", Text, nullable=False),  # JSON
    Column("content", Text, nullable=False),  # JSON of the split
)

TEST_OPENINGS = Table(
    "test_openings",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("time", String(40), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("split_hash", String(64), nullable=False),
)
