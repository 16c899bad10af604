"""What of a project can be made smaller, and which requests for that it has."""

from __future__ import annotations

from pathlib import Path


def finishedRuns(projectFolder: Path) -> list[str]:
    """Names of the finished runs, the newest first, those that a compression made last."""
    from medopt.cli.runs import list_runs

    done = [line for line in reversed(list_runs(projectFolder)) if line.state == "done"]
    return [line.name for line in sorted(done, key=lambda line: (line.folder / "compression.json").is_file())]


def requestFolder(projectFolder: Path) -> Path:
    """Where the requests of a project lie, each in a folder of its own."""
    from medopt.compression.chain.front_file import FOLDER

    return projectFolder / FOLDER


def requestNames(projectFolder: Path) -> list[str]:
    """The requests of a project, whoever made them, the newest first."""
    from medopt.compression.chain.front_file import PLAN

    plans = requestFolder(projectFolder).glob(f"*/{PLAN}")
    newest = sorted(plans, key=lambda path: (path.stat().st_mtime, str(path)), reverse=True)
    return [path.parent.name for path in newest]
