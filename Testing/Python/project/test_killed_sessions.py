"""Sessions of labelling that are killed: lease, draft, accept over many cases, in a process of its own."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from medopt.files import file_sha256
from medopt.io import read_segmentation
from medopt.project import Edits, Project
from medopt.project.schema import LABEL_VERSIONS

pytestmark = pytest.mark.skipif(os.name == "nt", reason="SIGKILL")

SESSION = """
import random, sys
from pathlib import Path
import numpy as np
from medopt.files import file_sha256
from medopt.image import LabelMap
from medopt.project import Edits, Project
project = Project.open(sys.argv[1])
session = int(sys.argv[2])
chance = random.Random(session)
names = [case.id for case in project.cases()]
told = open(sys.argv[3], "a", buffering=1)

def label(step, part):
    values = np.random.default_rng([session, step, part]).choice([0, 1, 3], grid.shape)
    return LabelMap(values.astype(np.uint8), grid)

print("ready", flush=True)
step = 0
while True:
    step += 1
    lease = project.leases.take(chance.sample(names, len(names)), "kim", labelled=True)
    case_id = lease.case_id
    grid = project.case(case_id).geometry
    if step % 3 == 0:
        project.save_proposal(case_id, label(step, 9), model=f"model-{session}", confidence=0.5, round=step)
    for part in (0, 1):
        project.drafts.save(case_id, label(step, part), "kim", undos=step, seconds=float(session))
    edits = Edits(step, session, 3, 0.5, False)
    source = "proposal" if step % 3 == 0 else "manual"
    version = project.save_label(
        case_id, label(step, 2), annotator="kim", seconds=1, source=source, edits=edits, undos=step, note=str(session)
    )
    told.write(f"{case_id} {version} {step}\\n")
    project.drafts.drop(case_id, "kim")
    project.leases.release(case_id, "kim")
"""


@dataclass(frozen=True)
class Accepted:
    """A label whose saving was reported to be done, before the process was killed."""

    session: int
    case_id: str
    version: int
    step: int


def run_and_kill(project: Project, folder: Path, session: int, delay: float) -> list[Accepted]:
    """Let a session run for ``delay`` seconds after it began, kill it, and return what it reported."""
    script, told = folder / "session.py", folder / f"told-{session}.txt"
    script.write_text(SESSION)
    told.touch()
    command = [sys.executable, str(script), str(project.folder), str(session), str(told)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(delay)
    assert process.poll() is None, "the session ended by itself"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    lines = told.read_text().splitlines()
    return [Accepted(session, line.split()[0], *map(int, line.split()[1:])) for line in lines]


def expected(session: int, step: int, part: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng([session, step, part]).choice([0, 1, 3], shape)


def versions(project: Project, case_id: str) -> Iterator[tuple[int, Path]]:
    """Number and file of each version, whose hash is that of the catalogue."""
    with project.catalogue.read() as connection:
        query = select(LABEL_VERSIONS).where(LABEL_VERSIONS.c.case_id == case_id).order_by(LABEL_VERSIONS.c.version)
        rows = connection.execute(query).all()
    assert [row.version for row in rows] == list(range(1, len(rows) + 1))
    for row in rows:
        newest = row.version == len(rows)
        path = project.labels.path(case_id) if newest else project.labels.history_path(case_id, row.version)
        assert file_sha256(path) == row.file_sha256, (case_id, row.version)
        yield row.version, path


def check_accepted(project: Project, accepted: list[Accepted]) -> None:
    """Each is there, whole, with what was told about it."""
    for case_id in {one.case_id for one in accepted}:
        history = project.label_history(case_id)
        files = dict(versions(project, case_id))
        for one in accepted:
            if one.case_id != case_id:
                continue
            found = history[one.version - 1]
            assert (found.annotator, found.note, found.undos) == ("kim", str(one.session), one.step)
            assert found.edits == Edits(one.step, one.session, 3, 0.5, False)
            assert found.round == (one.step if one.step % 3 == 0 else None)
            array = read_segmentation(files[one.version]).to_label_map().array
            np.testing.assert_array_equal(array, expected(one.session, one.step, 2, array.shape))


def check_the_rest(project: Project) -> int:
    """Labels, drafts, proposals and leases can be read; returns the number of drafts."""
    for case in project.cases():
        assert project.read_label(case.id).array.shape == case.geometry.shape
        assert len(list(versions(project, case.id))) >= 1
        proposal = project.proposal(case.id)
        if proposal is not None:
            session, step = int(proposal.model.split("-")[1]), proposal.round
            assert step is not None
            np.testing.assert_array_equal(
                project.read_proposal(case.id).array, expected(session, step, 9, case.geometry.shape)
            )
    drafts = project.drafts.list()
    for record in drafts:
        draft = project.drafts.read(record.case_id, record.annotator)
        assert draft is not None
        assert draft.seconds is not None
        made = [expected(int(draft.seconds), draft.undos, part, draft.label.array.shape) for part in (0, 1)]
        assert any((draft.label.array == one).all() for one in made)
    assert all(lease.annotator == "kim" for lease in project.leases.current())
    assert project.catalogue.problems() == []
    return len(drafts)


def kill_sessions(project: Project, folder: Path, times: int) -> None:
    chance = random.Random(20260301)
    accepted: list[Accepted] = []
    for session in range(times):
        accepted += run_and_kill(project, folder, session, chance.uniform(0, 0.8))
        again = Project.open(project.folder)
        check_accepted(again, [one for one in accepted if one.session == session])
        check_the_rest(again)
    check_accepted(Project.open(project.folder), accepted)
    assert accepted


def test_a_killed_session_loses_no_accepted_label(filled: Project, tmp_path: Path) -> None:
    kill_sessions(filled, tmp_path, 3)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_sessions_killed_at_50_points_lose_no_accepted_label(filled: Project, tmp_path: Path) -> None:
    kill_sessions(filled, tmp_path, 50)


def test_the_check_notices_a_lost_label(filled: Project, tmp_path: Path, make_label) -> None:
    accepted: list[Accepted] = []
    delay = 0.5
    while not accepted:  # a slow machine
        accepted = run_and_kill(filled, tmp_path, 0, delay)
        delay *= 2
    again = Project.open(filled.folder)
    check_accepted(again, accepted)
    last = accepted[-1]
    history = again.label_history(last.case_id)
    path = again.labels.path(last.case_id)
    if len(history) != last.version:
        path = again.labels.history_path(last.case_id, last.version)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(AssertionError):
        check_accepted(again, accepted)
