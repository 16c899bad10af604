"""``python -m medopt`` is the command ``medopt``."""

from medopt.cli import main

if __name__ == "__main__":
    main()
