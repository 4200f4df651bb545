"""The review's page as shipped is the build of its source, to the byte."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mr.review.web.describe import described
from tests.conftest import ROOT, Require

PAGE = ROOT / "mr" / "review" / "page"
STATIC = ROOT / "mr" / "review" / "static"
RECORD = "build.json"
CURE = "apt-get install nodejs npm (node 18 or newer)"


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file below `folder` by its path, but for what npm installs."""
    found = {}
    for at, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "node_modules"]
        for name in names:
            path = Path(at, name)
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def hash_of_source(folder: Path) -> str:
    """As `tools/build-record.ts` hashes: path, NUL, contents with LF, NUL, in order of path."""
    sha = hashlib.sha256()
    for name, content in sorted(files_in(folder).items()):
        sha.update(name.encode() + b"\0" + content.replace(b"\r\n", b"\n") + b"\0")
    return sha.hexdigest()


def faults(page: Path, static: Path) -> list[str]:
    """What is wrong with a build, in words; nothing when it is whole and fresh."""
    built = files_in(static)
    record = json.loads(built.pop(RECORD))
    wrong = [
        f"{name} is not as it was built"
        for name, content in sorted(built.items())
        if record["files"].get(name) != hashlib.sha256(content).hexdigest()
    ]
    wrong += [f"{name} is missing" for name in sorted(record["files"].keys() - built.keys())]
    if record["source"] != hash_of_source(page):
        wrong.append("the source was changed since it was built: make page")
    return wrong


def copy_of_source(to: Path) -> Path:
    return Path(shutil.copytree(PAGE, to, ignore=shutil.ignore_patterns("node_modules")))


def test_what_is_shipped_was_built_of_this_source() -> None:
    assert faults(PAGE, STATIC) == []


def nouns(described: dict[str, Any]) -> dict[str, Any]:
    """What a description says of our own API, whichever FastAPI wrote it."""
    schemas = described["components"]["schemas"]
    return {
        "paths": {path: sorted(methods) for path, methods in described["paths"].items()},
        "schemas": {
            name: sorted(schema.get("properties", {}))
            for name, schema in schemas.items()
            if "Validation" not in name
        },
    }


def test_the_page_knows_the_servers_api() -> None:
    known = json.loads((PAGE / "openapi.json").read_text(encoding="utf-8"))
    assert nouns(known) == nouns(json.loads(described())), "make page"


def test_a_changed_source_and_a_changed_build_are_told(tmp_path: Path) -> None:
    page, static = copy_of_source(tmp_path / "page"), tmp_path / "static"
    shutil.copytree(STATIC, static)
    css = page / "src" / "app.css"
    css.write_bytes(css.read_bytes() + b"\n")
    index = static / "index.html"
    index.write_bytes(index.read_bytes() + b" ")
    (static / "stray.js").write_bytes(b"")
    assert faults(page, static) == [
        "index.html is not as it was built",
        "stray.js is not as it was built",
        "the source was changed since it was built: make page",
    ]


def test_windows_line_ends_are_the_same_source(tmp_path: Path) -> None:
    page = copy_of_source(tmp_path / "page")
    css = page / "src" / "app.css"
    css.write_bytes(css.read_bytes().replace(b"\n", b"\r\n"))
    assert faults(page, STATIC) == []


def test_the_lock_names_no_host() -> None:
    lock = json.loads((PAGE / "package-lock.json").read_text(encoding="utf-8"))
    parts = {name: part for name, part in lock["packages"].items() if name}
    assert parts
    assert [name for name, part in parts.items() if "resolved" in part] == []
    assert [name for name, part in parts.items() if "integrity" not in part] == []


def test_the_gallery_of_made_up_data_is_not_shipped() -> None:
    made_up = b"made-up data"
    assert made_up in (PAGE / "src" / "pages" / "Gallery.svelte").read_bytes()
    assert [name for name, content in files_in(STATIC).items() if made_up in content] == []


NAMESPACES = {"www.w3.org"}
"""Names of XML, which nobody asks for."""
ONLY_WORDS = re.compile(rb"/\*!.*?\*/|https://svelte\.dev/e/\w+", re.DOTALL)
"""Licences in comments, and where the words of a Svelte error are explained."""
HOST = re.compile(rb"(?:https?|wss?):(?:\\?/){2}([\w.-]*\w)")


def hosts_named(static: Path) -> dict[str, set[str]]:
    """Every host that a file of the build could ask."""
    found = {
        name: {host.decode() for host in HOST.findall(ONLY_WORDS.sub(b"", content))} - NAMESPACES
        for name, content in files_in(static).items()
    }
    return {name: hosts for name, hosts in found.items() if hosts}


def test_the_build_names_no_host(tmp_path: Path) -> None:
    assert len(files_in(STATIC)) > 10
    assert hosts_named(STATIC) == {}
    static = Path(shutil.copytree(STATIC, tmp_path / "static"))
    (static / "stray.css").write_text("@import url(https://fonts.example/a.css)")
    (static / "stray.js").write_text(r'new WebSocket("wss:\/\/cdn.example:1/x")')
    assert hosts_named(static) == {"stray.css": {"fonts.example"}, "stray.js": {"cdn.example"}}


def test_the_page_asks_for_nothing_outside_and_runs_nothing_inline() -> None:
    index = (STATIC / "index.html").read_text(encoding="utf-8")
    assert "http" not in index
    assert "<style" not in index
    assert "style=" not in index
    assert all(" src=" in tag for tag in index.split("<script")[1:])


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the source, with its parts installed as the lock says."""
    Require().program("npm", CURE)
    page = copy_of_source(tmp_path_factory.mktemp("review") / "page")
    npm(page, "ci")
    return page


def npm(page: Path, *words: str) -> str:
    done = subprocess.run(
        ["npm", *words], cwd=page, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_fresh_build_has_the_same_bytes(installed: Path) -> None:
    npm(installed, "run", "build")
    assert files_in(installed.parent / "static") == files_in(STATIC)


def test_types_and_components_are_without_findings(installed: Path) -> None:
    assert "0 errors and 0 warnings" in npm(installed, "run", "check")
