"""What tests read out of a PDF, by another library than the one that wrote it."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pypdf

CURE = "pip install 'mrcpr[report]' and ./system-packages.sh report"


def opened(data: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(data))


def words_of(data: bytes) -> str:
    """Give the text of all pages, its spaces made one."""
    return " ".join(" ".join(page.extract_text() for page in opened(data).pages).split())


def elements(data: bytes) -> Iterator[Any]:
    """Walk through the structure: what is a heading, a table, a figure."""
    root = opened(data).trailer["/Root"]["/StructTreeRoot"]
    waiting = [root["/K"]]
    while waiting:
        node = waiting.pop()
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            if "/S" in node:
                yield node
            if "/K" in node:
                waiting.append(node["/K"])


def tags(data: bytes) -> Counter[str]:
    return Counter(str(node["/S"]) for node in elements(data))


def alternatives(data: bytes) -> list[str]:
    """Give the words of every figure; an empty one where it has none."""
    return [str(n.get("/Alt", "")) for n in elements(data) if n["/S"] == "/Figure"]


def fonts_not_embedded(data: bytes) -> list[str]:
    """Name the fonts that a printer would have to have."""
    bad = []
    for page in opened(data).pages:
        for font in page["/Resources"]["/Font"].values():
            whole = font.get_object()
            inner = (
                whole["/DescendantFonts"][0].get_object() if "/DescendantFonts" in whole else whole
            )
            about = inner.get("/FontDescriptor", {})
            about = about.get_object() if hasattr(about, "get_object") else about
            if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(about):
                bad.append(str(whole["/BaseFont"]))
    return bad


def starts_of_words(page: Any) -> list[float]:
    """Tell where on the paper each piece of text begins, in points from its left edge."""
    starts: list[float] = []

    def visit(text: str, cm: list[float], tm: list[float], *_: Any) -> None:
        if text.strip():
            starts.append(tm[4] * cm[0] + tm[5] * cm[2] + cm[4])

    page.extract_text(visitor_text=visit)
    return starts
