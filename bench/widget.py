"""What a site loads for the widget, packed: the launcher on every page, and everything that opening it brings."""

from __future__ import annotations

import gzip
from pathlib import Path

DIST = Path(__file__).resolve().parents[1] / "static" / "widget" / "dist"
KIB = 1024
LAUNCHER, OPENED = 6 * KIB, 30 * KIB  # bytes, packed


def measure() -> dict[str, int]:
    """Bytes after gzip, of what is built now. `opened` has the app and the largest of the languages, which
    nobody loads who reads English."""

    def packed(pattern: str) -> int:
        return max(len(gzip.compress(path.read_bytes(), 9)) for path in DIST.glob(pattern))

    if not (DIST / "widget.js").exists():
        return {}
    return {"launcher": packed("widget.js"), "opened": packed("app-*.js") + packed("*.json")}


def rows(found: dict[str, int]) -> list[str]:
    """The lines of the table; what is over its budget says so."""
    if not found:
        return ["widget: not built (make install)"]
    budgets = {"launcher": LAUNCHER, "opened": OPENED}
    return [
        "widget, bytes packed:",
        *(
            f"  {name:28} {found[name]:9,} of {most:,}{'  over' if found[name] > most else ''}"
            for name, most in budgets.items()
        ),
    ]


if __name__ == "__main__":
    print("\n".join(rows(measure())))
