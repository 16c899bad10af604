"""What panels read of the training loads no torch, and every public name is there all the same."""

import subprocess
import sys

import pytest

import medopt.training
import medopt.training.folds
import medopt.training.search

HEAVY = "print(sorted({'torch', 'monai', 'onnxruntime', 'matplotlib', 'optuna'} & set(sys.modules)))"


def printed(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(
    "light",
    [
        "from medopt.training.advice import Advice, differences",
        "from medopt.training.transfer.settings import TransferSettings",
        "from medopt.training.running_settings import RunningSettings",
        "from medopt.training.search.settings import SearchSettings",
        "from medopt.training.search.trial import TrialStore",
        "from medopt.training.folds.plan import plan_folds",
        "from medopt.validation.spread import measured_spread",
    ],
)
def test_panels_load_no_torch(light):
    assert printed(f"import sys; {light}; {HEAVY}") == "[]"


@pytest.mark.parametrize("room", [medopt.training, medopt.training.search, medopt.training.folds])
def test_every_public_name_is_there(room):
    for name in room.__all__:
        assert getattr(room, name).__name__ == name
    with pytest.raises(AttributeError, match="nothing"):
        _ = room.nothing


@pytest.mark.parametrize("first", ["import medopt.training.train", "from medopt.training import train as _"])
def test_train_is_the_function_whatever_was_loaded_first(first):
    """Its module has the same name, and importing it would put the module in its place."""
    code = f"{first}; import medopt.training.train, medopt.training; from medopt.training import train"
    assert printed(f"{code}; print(train.__name__, callable(medopt.training.train))") == "train True"
