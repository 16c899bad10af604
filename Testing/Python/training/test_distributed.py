"""Real processes train as one: the same losses and weights, the same decisions, and one end for all."""

from __future__ import annotations

import json
import os
import re
import runpy
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from medopt.errors import MedOptError
from medopt.training.distributed import World, joined, launched

PROGRAM = Path(__file__).with_name("distributed_program.py")
SEVERAL = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")


def environment(**more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in SEVERAL}
    return {**kept, "OMP_NUM_THREADS": "1", **more}


def start(size: int, of: int, folder: Path, what: str, timeout: float) -> list[subprocess.Popen[str]]:
    """The first ``size`` of ``of`` processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {"WORLD_SIZE": str(of), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "TEST_TIMEOUT": str(timeout)}
    return [
        subprocess.Popen(
            [sys.executable, str(PROGRAM), what, str(folder)],
            env=environment(RANK=str(rank), LOCAL_RANK=str(rank), **shared),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(size)
    ]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What two processes that torchrun started found."""
    folder = tmp_path_factory.mktemp("two")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += [str(PROGRAM), "work", str(folder)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(2)]


@pytest.mark.parametrize(("name", "batch"), [("four", 4), ("three", 3)])
def test_two_processes_have_the_losses_and_weights_of_one(two: list[dict[str, Any]], name: str, batch: int) -> None:
    alone = runpy.run_path(str(PROGRAM))["train"](World(), batch, 20)
    first, second = (found[name] for found in two)
    assert len(first["losses"]) == 20
    assert first["losses"] == pytest.approx(alone["losses"], abs=1e-5)
    assert first["weights"] == pytest.approx(alone["weights"], abs=1e-4)
    assert first == second
    assert first["losses"][-1] < 0.8 * first["losses"][0]
    assert first["idle"] is True  # a weight that takes no part has no gradient, and is not decayed


def test_decisions_are_the_same_everywhere(two: list[dict[str, Any]]) -> None:
    expected = [[True, 10.0], {"rank": 0}, [["", 0], ["é", 1]]]
    assert [found["agree"] for found in two] == [expected, expected]


@pytest.mark.parametrize(
    ("what", "timeout", "message"),
    [
        ("kill", 60, r"process 1 of 2: another process of this training ended\. Look at"),
        ("fail", 60, r"another process of this training ended: found process 2: step 3: the loss stopped"),
        ("hang", 4, r"another process of this training gave no answer for 4 s\."),
    ],
)
def test_a_process_that_is_gone_ends_the_others_with_a_message(
    tmp_path: Path, what: str, timeout: float, message: str
) -> None:
    processes = start(2, 2, tmp_path, what, timeout)
    try:
        _, said = processes[0].communicate(timeout=60)
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert processes[0].returncode == 1
    assert re.search(message, said), said
    assert "goes on from the last checkpoint" in said


def test_processes_that_do_not_meet_are_told_so(tmp_path: Path) -> None:
    (process,) = start(1, 2, tmp_path, "work", 2)
    try:
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 1
    assert "process 1 of 2: the processes of this training do not find each other" in said


def test_alone_nothing_is_exchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SEVERAL:
        monkeypatch.delenv(name, raising=False)
    assert not launched()
    network, tensor = torch.nn.Linear(2, 1), torch.ones(2)
    with joined(torch.device("cpu")) as world:
        assert world == World()
        assert world.writes
        assert world.total(tensor) is tensor
        assert world.share(range(3)) == range(3)
        assert world.weight(3, 3) == 1.0
        assert world.decide(True, 2.0) == (True, 2.0)
        assert world.agree("x") == "x"
        assert world.gather(1) == [1]
        assert float(world.mean(tensor.sum(), 1.0)) == 2.0
        world.sum_gradients(network)
        world.spread(network)
        assert world.prepared(network) is network
    assert network.weight.grad is None


@pytest.mark.parametrize(("batch", "size"), [(4, 2), (7, 3), (3, 3), (16, 5)])
def test_shares_are_the_batch_in_order_and_nearly_even(batch: int, size: int) -> None:
    numbers = range(100, 100 + batch)
    shares = [list(World(rank, size).share(numbers)) for rank in range(size)]
    assert [number for share in shares for number in share] == list(numbers)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert sum(World(rank, size).weight(len(s), batch) for rank, s in enumerate(shares)) == pytest.approx(1)


def test_a_batch_smaller_than_the_number_of_processes_is_refused() -> None:
    with pytest.raises(MedOptError, match=r"training\.batch_size: .* expected at least 4, found 2"):
        World(0, 4).share(range(2))
