"""Runs in MLflow."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from medopt.errors import MedOptError
from medopt.events import Reporter
from medopt.training.trackers.facts import TrackerFacts, parameters, scalars

LONGEST = 500
"""Characters of a parameter that every store of MLflow takes."""
TAG = "medopt.run"
"""By which a resumed run finds its MLflow run again."""


@contextmanager
def mlflow(facts: TrackerFacts, address: str | None) -> Iterator[Reporter]:
    """A listener that keeps the run's settings and curves in MLflow; a resumed run goes on in the same MLflow run.

    ``address`` is the URI of a server or store. Without one it is a database beside the runs, ``runs/mlflow.db``, so
    that nothing leaves the computer; MLFLOW_TRACKING_URI is not followed, since it may have been set for other work.
    Raises MedOptError when mlflow is not installed, and when the store cannot be reached.
    """
    try:
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient
    except ImportError as error:
        raise MedOptError(
            "MLflow cannot follow this training: the package mlflow is not installed",
            where="--track mlflow",
            remedy="Install it: pip install mlflow",
        ) from error
    uri = address or f"sqlite:///{(facts.folder.parent / 'mlflow.db').resolve().as_posix()}"
    try:
        client = MlflowClient(tracking_uri=uri)
        run = _run(client, facts)
    except (MlflowException, OSError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise MedOptError(
            "MLflow's store cannot be used",
            where=uri,
            found=first,
            remedy="Check the address, or leave it out to keep the runs on this computer",
        ) from error
    state = "FAILED"
    try:
        yield _Run(client, run)
        state = "FINISHED"
    except KeyboardInterrupt:
        state = "KILLED"
        raise
    finally:
        _end(client, run, state)


class _Run:
    def __init__(self, client: Any, run: str) -> None:
        self._client, self._run = client, run

    def emit(self, kind: str, **fields: Any) -> None:
        """Add the numbers of a metric event at its step, all in one message."""
        if kind != "metric":
            return
        from mlflow.entities import Metric

        step, now = int(fields.get("step", 0)), int(time.time() * 1000)
        metrics = [Metric(_name(name), value, now, step) for name, value in scalars(fields).items()]
        self._client.log_batch(self._run, metrics=metrics)


def _run(client: Any, facts: TrackerFacts) -> str:
    """The id of the MLflow run, made where there is none yet."""
    known = client.get_experiment_by_name(facts.project)
    experiment = known.experiment_id if known else client.create_experiment(facts.project)
    mark = str(facts.settings.get("digest", "")) or facts.run
    for run in client.search_runs([experiment], filter_string=f"tags.`{TAG}` = '{_quoted(facts.run)}'"):
        if run.data.tags.get("medopt.recipe") == mark:
            client.update_run(run.info.run_id, status="RUNNING")
            return str(run.info.run_id)
    tags = {TAG: facts.run, "medopt.recipe": mark}
    made = client.create_run(experiment, run_name=facts.run, tags=tags)
    for name, value in parameters(facts.settings).items():
        client.log_param(made.info.run_id, _name(name), value[:LONGEST])
    return str(made.info.run_id)


def _end(client: Any, run: str, state: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.set_terminated(run, status=state)
    except (MlflowException, OSError):  # the server is gone; the run's own record says how it ended
        return


def _name(name: str) -> str:
    """With no other characters than MLflow takes."""
    return "".join(c if c.isalnum() or c in "_-. /" else "_" for c in name)


def _quoted(text: str) -> str:
    return text.replace("'", "\\'")
