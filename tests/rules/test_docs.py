"""What the documents say exists: links, commands with their options, quoted messages."""

from __future__ import annotations

import ast
import re
import shlex
from functools import cache
from pathlib import Path

import pytest
import typer

from mr.cli.main import COMMANDS, load_command
from tests.conftest import ROOT

DOCS = sorted([ROOT / "README.md", ROOT / "firmware" / "README.md", *(ROOT / "docs").rglob("*.md")])
GUIDES = [
    ROOT / "README.md",
    ROOT / "firmware" / "README.md",
    *sorted((ROOT / "docs" / "guides").rglob("*.md")),
]
TECHNICIAN = ROOT / "docs" / "guides" / "technician" / "rig.md"
ANY = ".{1,80}"
"""What is filled into a message; it may be a list of names."""
USAGE_ERROR = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "UsageError")
"""What typer raises, wherever its version keeps it."""
LEAST_TELLING = 12
"""A template with fewer fixed characters than this would match almost any line."""


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


# --- links ---------------------------------------------------------------------------------


def broken_links(page: Path, text: str) -> list[str]:
    """Relative links (and anchors inside them) that lead nowhere."""
    bad = []
    for target in re.findall(r"\]\(([^)\s]+)\)", without_fences(text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            bad.append(target)
    return bad


def without_fences(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)


def anchors(page: Path) -> set[str]:
    """Anchors as forges make them of headings."""
    heads = re.findall(r"^#+ (.+)$", without_fences(page.read_text(encoding="utf-8")), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", DOCS, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    assert broken_links(page, page.read_text(encoding="utf-8")) == []


def test_a_broken_link_is_found() -> None:
    """Negative control."""
    text = "[a](docs/NOWHERE.md) [b](LICENSE) [c](docs/CONVENTIONS.md#nothing)"
    text += " [d](docs/CONVENTIONS.md#frames)"
    assert broken_links(ROOT / "README.md", text) == [
        "docs/NOWHERE.md",
        "docs/CONVENTIONS.md#nothing",
    ]


# --- commands ------------------------------------------------------------------------------


def commands_of(text: str) -> list[str]:
    """Every command line of `mrcpr`: in console blocks and in spans of code."""
    lines = re.findall(r"^\$ (mrcpr .+)$", text, flags=re.M)
    spans = re.findall(r"(?<!`)`(mrcpr [^`\n]+)`", without_fences(text))
    return [*lines, *spans]


def words_of(line: str) -> list[str]:
    """Words of a command line, without comments, pipes and the brackets of what is optional."""
    words = shlex.split(line.replace("[", "").replace("]", ""), comments=True)
    for k, word in enumerate(words):
        if word in {"|", "&&", ">"}:
            return words[:k]
    return words


def refusal_of(line: str) -> str:
    """Say why the command line would be refused; empty when it would not."""
    _, *words = words_of(line)
    if words[0] in {"--help", "-h", "--version"}:
        return ""
    name, *rest = words
    if name not in COMMANDS:
        return f"no command {name}"
    if not rest or set(rest) <= {"…", "-h", "--help"}:
        return ""  # the command is only named
    try:
        load_command(name).make_context(f"mrcpr {name}", rest)
    except USAGE_ERROR as error:
        return str(error)
    return ""


@pytest.mark.parametrize("page", GUIDES, ids=named)
def test_commands_are_as_they_are_written(page: Path) -> None:
    lines = commands_of(page.read_text(encoding="utf-8"))
    assert {line: why for line in lines if (why := refusal_of(line))} == {}


def test_the_guides_have_commands() -> None:
    assert sum(len(commands_of(p.read_text(encoding="utf-8"))) for p in GUIDES) > 30


@pytest.mark.parametrize(
    "line",
    [
        "mrcpr run --rgi RIG.toml",
        "mrcpr run --no-camera",
        "mrcpr demo --mode 31:2",
        "mrcpr analyse FILE",
        "mrcpr simulate DIR --fps 1000",
    ],
)
def test_a_wrong_command_is_found(line: str) -> None:
    """Negative control."""
    assert commands_of(f"`{line}`") == [line]
    assert refusal_of(line)


# --- messages ------------------------------------------------------------------------------


@cache
def templates() -> tuple[re.Pattern[str], ...]:
    """Every text of the source as a pattern; what is filled in matches anything."""
    found = set()
    for package in ("mr", "overlays"):
        for path in (ROOT / package).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            docstrings = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
            for node in ast.walk(tree):
                if id(node) in docstrings:
                    continue
                if isinstance(node, ast.JoinedStr):
                    parts = [v.value if isinstance(v, ast.Constant) else None for v in node.values]
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    parts = [node.value]
                else:
                    continue
                if sum(len(str(p)) for p in parts if p is not None) >= LEAST_TELLING:
                    found.add("".join(ANY if p is None else re.escape(str(p)) for p in parts))
    return tuple(re.compile(pattern, re.S) for pattern in found)


def is_said(message: str) -> bool:
    """Tell whether the source says this, `…` standing for what is filled in.

    Either a text of the source is in the message, or the message is a part of such a text.
    """
    part = re.compile(ANY.join(re.escape(p) for p in re.split(r"\s*…\s*", message)), re.S)
    for template in templates():
        plain = re.sub(r"\\(.)", r"\1", template.pattern.replace(ANY, "…"))
        whole = template.search(message)
        if whole and len(whole[0]) >= 0.6 * len(message.strip("… ")):
            return True
        if part.search(plain):
            return True
    return False


def quoted_messages() -> list[str]:
    """First column of the troubleshooting table."""
    text = TECHNICIAN.read_text(encoding="utf-8").split("## When it says")[1]
    return re.findall(r"^\| `([^`]+)`", text, flags=re.M)


@pytest.mark.parametrize("message", quoted_messages())
def test_quoted_messages_are_said(message: str) -> None:
    assert is_said(message)


def test_there_are_messages() -> None:
    assert len(quoted_messages()) >= 20


@pytest.mark.parametrize(
    "message",
    [
        "the camera has been quiet for … s: check its cable and plug it in again",
        "several mannequins found (…): choose one with --device",
        "rig …: nothing to weigh with: leave out --no-mannequin",
    ],
)
def test_a_message_that_nobody_says_is_found(message: str) -> None:
    """Negative control."""
    assert not is_said(message)
