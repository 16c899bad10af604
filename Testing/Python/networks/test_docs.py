"""Docs/networks.md tells the sizes that the networks have, and its code runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from medopt.networks import NETWORKS, describe_network, network_of

PAGE = (Path(__file__).resolve().parents[3] / "Docs" / "networks.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip(" `") for cell in line.split("|")[1:-1]]
    for line in PAGE.splitlines()
    if re.match(r"\| `\w+` \| [SML] ", line)
]
QUICK = [row for row in ROWS if row[0] != "densenet" or row[1] == "S"]


def test_every_network_has_a_row() -> None:
    assert [(row[0], row[1]) for row in ROWS] == [(name, size) for name in NETWORKS for size in "SML"]


@pytest.mark.parametrize("row", QUICK, ids=lambda row: f"{row[0]}-{row[1]}")
def test_rows_tell_what_is_counted(row) -> None:
    name, size, flat_weights, flat_work, weights, work, kept, *_ = row
    flat = network_of(name, size, shape=(1, 224, 224), spacing=(1, 1, 1), head="image")
    found = describe_network(flat, 1, 2, 2, (1, 224, 224), "image")
    assert (f"{found.parameters:,}", f"{found.multiply_adds / 1e9:.3f} G") == (flat_weights, flat_work)
    found = describe_network(network_of(name, size, shape=(96, 96, 96), spacing=(1, 1, 1)), 1, 3, 3, (96, 96, 96))
    assert (f"{found.parameters:,}", f"{found.multiply_adds / 1e9:.1f} G") == (weights, work)
    assert float(kept.split()[0]) == pytest.approx(found.training_bytes / 2**30, abs=0.03)


def test_the_code_runs() -> None:
    code = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    assert len(code) == 1
    done = subprocess.run([sys.executable, "-c", code[0]], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.startswith("4585353 ")
