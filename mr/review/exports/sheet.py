"""One printed sheet: a template laid out ever tighter until one page holds it.

Takes a template's name and its values, gives a PDF's bytes. Leaves what stands on the sheet to
`learner_print` and `class_print`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, TypeVar

import jinja2

import mr
from mr.review.exports.export import MANNEQUINS_ONLY
from mr.review.plots import number, spread
from mr.review.printed import pdf_on_one_page

Json = dict[str, Any]
Density = TypeVar("Density")


def sheet_pdf(
    template: str, densities: Sequence[Density], values: Callable[[Density], Json]
) -> bytes:
    """Print a template on one page, by the first density with which it fits.

    Raises
    ------
    mr.review.printed.NoPdf
        When WeasyPrint is not installed.
    """
    return pdf_on_one_page(_pages(template, densities, values))


def _pages(
    template: str, densities: Sequence[Density], values: Callable[[Density], Json]
) -> Iterator[str]:
    page = _environment().get_template(template)
    for density in densities:
        yield page.render(
            density=density,
            software=f"mrcpr {mr.__version__}",
            mannequins_only=MANNEQUINS_ONLY,
            **values(density),
        )


def short(text: str, most: int) -> str:
    """Cut words that are too long for a sheet, visibly, and make them writable."""
    text = " ".join(text.encode("utf-8", "replace").decode().split())
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("mr.review.exports", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    environment.filters["spread"] = spread
    environment.filters["short"] = short
    return environment
