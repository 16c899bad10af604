"""The application: all commands put together."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from medopt import __version__
from medopt.cli.registry import COMMANDS
from medopt.cli.work import guarded, unwrapped

SPIN_COUNT = "2000"
"""How long a thread of a training waits busily for the others. OpenMP's own much longer wait makes a step five times
slower as soon as one other program keeps a core busy, and gains nothing on a machine that is free."""

HELP = """From a folder of scans to a validated, lightweight deep-learning model.

A project is a folder. The usual way through it, one command a step:

\b
  medopt init my-project --class "1=Tumour:#d62728"
  medopt import my-project scans/ --labels masks/
  medopt check my-project
  medopt split my-project
  medopt train my-project --minutes 10
  medopt validate my-project
  medopt report my-project
  medopt export my-project
  medopt predict my-project/models/run-001 new-scans/ --output predictions/

Every command may be repeated and stopped (Ctrl-C): nothing is lost and nothing is done twice.
`medopt COMMAND --help` explains one command; `medopt demo` shows all of it on made-up scans in five minutes.
"""


def make_app() -> typer.Typer:
    """The application with every command of the registry."""
    app = typer.Typer(
        name="medopt",
        help=unwrapped(HELP),
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_common)
    for command in COMMANDS:
        if isinstance(command.action, typer.Typer):
            app.add_typer(command.action, name=command.name, rich_help_panel=command.heading)
        else:
            help_text = unwrapped(command.action.__doc__ or "")
            app.command(command.name, help=help_text, rich_help_panel=command.heading)(guarded(command.action))
    return app


def main() -> None:
    """Run the command line and end the process with its exit code: 0 done, 1 told error, 2 wrong usage, 130 stopped."""
    os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)  # read when torch loads OpenMP, so it must be set before
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # a console that lacks a character must not end the work
            reconfigure(errors="replace")
    make_app()(prog_name="medopt")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"medopt {__version__}")
        raise typer.Exit


def _common(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and end.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """What every call may have before the command; the text of the help stands in the application."""
