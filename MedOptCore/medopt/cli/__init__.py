"""The command line: ``medopt``, one sub-command an action; output for people, or JSON lines for programs."""

from medopt.cli.app import main, make_app

__all__ = ["main", "make_app"]
