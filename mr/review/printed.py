"""A page as a tagged PDF, where WeasyPrint is installed.

Takes HTML, gives the bytes of a PDF/UA-1 file: headings, tables and figures are marked as such, so
that it can be read aloud and searched. The fonts are Matplotlib's, so that it looks the same on
every system. Leaves the page itself to `calibration.report` and `mr.review.exports`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mr.errors import ConfigError

OPTIONS = {"pdf_variant": "pdf/ua-1", "pdf_tags": True}
"""WeasyPrint marks inline SVG as figures, with their words, from version 70 on."""
FACES = (
    ("DejaVu Sans", "normal", "normal", "DejaVuSans.ttf"),
    ("DejaVu Sans", "bold", "normal", "DejaVuSans-Bold.ttf"),
    ("DejaVu Sans", "normal", "italic", "DejaVuSans-Oblique.ttf"),
    ("DejaVu Sans", "bold", "italic", "DejaVuSans-BoldOblique.ttf"),
    ("DejaVu Sans Mono", "normal", "normal", "DejaVuSansMono.ttf"),
)
NO_PACKAGE = (
    "no PDF was written, for WeasyPrint is not installed: pip install 'mrcpr[report]', or print "
    "the HTML page from a browser"
)
NO_LIBRARY = (
    "no PDF was written, for Pango is not installed: ./system-packages.sh report (Debian: apt-get "
    "install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0), or print the HTML page from a "
    "browser"
)


class NoPdf(ConfigError):  # noqa: N818 -- it names what is not there
    """The system cannot make a PDF; the text says what to install."""


def pdf_of(html: str) -> bytes:
    """Print a page.

    Raises
    ------
    NoPdf
        When WeasyPrint or a system library that it needs is not installed.
    """
    return _Typeset(html).pdf()


def pdf_on_one_page(pages: Iterable[str]) -> bytes:
    """Print the first of several pages that one sheet holds.

    Parameters
    ----------
    pages
        The same page, ever tighter; none is made before it is needed.

    Raises
    ------
    NoPdf
        As `pdf_of`.
    ValueError
        When none fits: an internal fault of whoever laid them out.
    """
    for html in pages:
        typeset = _Typeset(html)
        if typeset.n_sheets == 1:
            return typeset.pdf()
    raise ValueError("no page was laid out so tightly that one sheet holds it")


class _Typeset:
    """A page whose lines are broken and whose sheets are counted."""

    def __init__(self, html: str) -> None:
        weasyprint = _weasyprint()
        from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415 -- optional, too

        fonts = FontConfiguration()
        style = weasyprint.CSS(string=_faces(), font_config=fonts)
        self._document = weasyprint.HTML(string=html, base_url=None).render(
            font_config=fonts, stylesheets=[style], **OPTIONS
        )

    @property
    def n_sheets(self) -> int:
        return len(self._document.pages)

    def pdf(self) -> bytes:
        return bytes(self._document.write_pdf(**OPTIONS))


def _weasyprint() -> Any:
    try:
        import weasyprint  # noqa: PLC0415 -- optional, and half a second
    except ImportError as error:
        raise NoPdf(NO_PACKAGE) from error
    except OSError as error:
        raise NoPdf(NO_LIBRARY) from error
    return weasyprint


def _faces() -> str:
    import matplotlib as mpl  # noqa: PLC0415 -- half a second, for a PDF only

    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    return "\n".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-style: {style}; '
        f'src: url("{(folder / name).as_uri()}") }}'
        for family, weight, style, name in FACES
    )
