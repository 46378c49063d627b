"""`python -m desk.serving [--bootstrap]`: what `flask serve` becomes."""

from __future__ import annotations

import sys

import config
from desk.serving.master import Server


def main() -> None:
    """Serves until SIGTERM or SIGINT."""
    try:
        found = config.read()
    except config.ConfigError as error:
        sys.exit(str(error))
    Server(found, first="--bootstrap" in sys.argv[1:]).run()


if __name__ == "__main__":
    main()
