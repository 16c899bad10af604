"""``python -m medopt.jobs.fanout.limited THREADS DEVICE -m medopt …``: a command with its share of the machine.

The number of threads must stand in the environment before numpy and torch load, so a process of its own sets it for
itself. DEVICE is the number or name of a GPU, or ``-`` to leave the choice as it is.
"""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Sequence

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS")
DEVICES = "CUDA_VISIBLE_DEVICES"


def main(arguments: Sequence[str]) -> None:
    """Run the module named after ``-m`` with the rest of ``arguments``."""
    threads, device, _, module, *rest = arguments
    os.environ.update(dict.fromkeys(THREADS, str(int(threads))))
    if device != "-":
        os.environ[DEVICES] = device
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
