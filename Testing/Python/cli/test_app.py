"""The application as a whole: help, exit codes, JSON on standard output; in real processes where that matters."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import typer.main

from medopt import __version__
from medopt.cli import make_app
from medopt.cli.registry import COMMANDS

PAGE = Path(__file__).resolve().parents[3] / "Docs" / "commands.md"


def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "medopt", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **options)  # type: ignore[call-overload]


def every_command() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, command in typer.main.get_command(make_app()).commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        found += [(name, sub) for sub in inner] if inner else [(name,)]
    return found


def test_help_lists_every_command(medopt):
    answer = medopt("--help")
    assert answer.exit_code == 0
    for command in COMMANDS:
        assert re.search(rf"│ {command.name} ", answer.output)


@pytest.mark.parametrize("names", every_command(), ids=" ".join)
def test_help_of_each_command_says_what_it_does_with_an_example(medopt, names):
    answer = medopt(*names, "--help")
    assert answer.exit_code == 0
    assert re.search(rf"Examples?:\s+medopt {' '.join(names)}", answer.output)
    text = " ".join(answer.output.split())
    assert re.search(r"Read|Write|Changes nothing|Show|[Ss]top|kept", text)
    assert "None" not in text


@pytest.mark.parametrize("names", every_command(), ids=" ".join)
def test_the_page_of_commands_names_every_option(names):
    command = typer.main.get_command(make_app())
    for name in names:
        command = command.commands[name]  # type: ignore[attr-defined]
    section = PAGE.read_text(encoding="utf-8").split(f"## medopt {' '.join(names)}\n")[1].split("\n## ")[0]
    options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
    missing = [option for option in options - {"--help", "--job", "--events"} if f"`{option}" not in section]
    assert missing == []


def test_version(medopt):
    assert medopt("--version").output == f"medopt {__version__}\n"


def test_exit_code_0_for_help_and_2_for_wrong_usage():
    assert run("--help").returncode == 0
    wrong = run("trian")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "No such command" in wrong.stderr
    assert run("split", "x", "--test", "2").returncode == 2


def test_exit_code_1_and_one_paragraph_for_what_the_user_can_mend(tmp_path):
    answer = run("status", tmp_path)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.startswith(
        f"Error: {tmp_path}: not a MedOpt project: expected a folder that holds project.yaml"
    )
    assert "Traceback" not in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


def test_json_is_all_that_stands_on_standard_output(tmp_path):
    answer = run("init", tmp_path / "p", "--class", "1=Tumour", "--events", "json")
    events = [json.loads(line) for line in answer.stdout.splitlines()]
    assert answer.returncode == 0
    assert [event["kind"] for event in events] == ["message", "result", "finished"]
    assert events[1]["path"] == str(tmp_path / "p")
    assert events[-1]["state"] == "done"
    failed = run("check", tmp_path, "--events", "json")
    last = json.loads(failed.stdout.splitlines()[-1])
    assert (failed.returncode, last["kind"], last["state"]) == (1, "finished", "failed")
    assert "not a MedOpt project" in last["error"]


def test_exit_code_130_when_stopped(project):
    job = project.folder / "jobs" / "j"
    job.mkdir(parents=True)
    (job / "start.json").write_text('{"command": "train", "created": ""}')
    (job / "events.jsonl").write_text('{"kind": "message", "level": "info", "text": "at work"}\n')
    command = [sys.executable, "-m", "medopt", "jobs", "follow", str(project.folder), "j", "--events", "json"]
    hear = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # what runs in the background inherits deaf ears
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, preexec_fn=hear, **pipes) as process:
        assert "at work" in process.stdout.readline()  # it follows now, however long it took to get there
        process.send_signal(signal.SIGINT)
        assert "Stopped." in process.communicate(timeout=60)[1]
    assert process.returncode == 130


def test_a_console_that_lacks_characters_does_not_end_the_work(tmp_path):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii:strict"}
    answer = run("init", tmp_path / "p", "--class", "1=Läsion", env=environment)
    assert answer.returncode == 0
    assert "L?sion" in answer.stdout
