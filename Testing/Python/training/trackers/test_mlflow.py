"""MLflow gets settings and curves, by default in a store of this computer."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from medopt.errors import MedOptError
from medopt.events import Collector
from medopt.training.trackers import TrackerFacts, followed

SETTINGS = {"digest": "abc", "training": {"patch": [8, 8, 8], "minutes": 5.0}, "long": "x" * 9000}


def facts(folder: Path) -> TrackerFacts:
    return TrackerFacts("run-001", folder / "runs" / "run-001", "it's a demo", SETTINGS)


def test_a_resumed_run_goes_on_in_the_same_mlflow_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mlflow", reason="mlflow is not installed")
    from mlflow.tracking import MlflowClient

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://192.0.2.1:1")  # of other work; not to be followed
    (tmp_path / "runs" / "run-001").mkdir(parents=True)
    told = Collector()
    for step in (1, 2):
        with followed(["mlflow"], facts(tmp_path), told) as reporter:
            reporter.emit("metric", step=step, train_loss=1 / step, dice={"Linke Hälfte (a)": 0.5})
            reporter.emit("message", level="warning", text="case-17 is left out")
    assert not [event for event in told.events if event["kind"] == "message" and "follows" in event["text"]]
    store = tmp_path / "runs" / "mlflow.db"
    client = MlflowClient(tracking_uri=f"sqlite:///{store.as_posix()}")
    (run,) = client.search_runs([client.get_experiment_by_name("it's a demo").experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.params["training.patch"] == "[8, 8, 8]"
    assert len(run.data.params["long"]) == 500
    history = client.get_metric_history(run.info.run_id, "train_loss")
    assert [(m.step, m.value) for m in history] == [(1, 1.0), (2, 0.5)]
    assert b"case-17" not in store.read_bytes()


def test_a_training_that_fails_is_told_as_such(tmp_path: Path) -> None:
    pytest.importorskip("mlflow", reason="mlflow is not installed")
    from mlflow.tracking import MlflowClient

    (tmp_path / "runs" / "run-001").mkdir(parents=True)

    def failing() -> None:
        with followed(["mlflow"], facts(tmp_path), Collector()):
            raise MedOptError("no memory")

    with pytest.raises(MedOptError, match="no memory"):
        failing()
    client = MlflowClient(tracking_uri=f"sqlite:///{(tmp_path / 'runs' / 'mlflow.db').as_posix()}")
    (run,) = client.search_runs([client.get_experiment_by_name("it's a demo").experiment_id])
    assert run.info.status == "FAILED"


def test_a_store_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    pytest.importorskip("mlflow", reason="mlflow is not installed")
    with (
        pytest.raises(MedOptError, match="MLflow's store cannot be used"),
        followed(["mlflow=nonsense://here"], facts(tmp_path), Collector()),
    ):
        pass


def test_without_the_package_the_user_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("mlflow", "mlflow.exceptions", "mlflow.tracking"):
        monkeypatch.setitem(sys.modules, name, None)
    with (
        pytest.raises(MedOptError, match=r"package mlflow is not installed\. Install it: pip install mlflow"),
        followed(["mlflow"], facts(tmp_path), Collector()),
    ):
        pass
