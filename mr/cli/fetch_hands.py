"""`mrcpr fetch-hands`: the hand model, which no package may carry."""

from __future__ import annotations

from rich.markup import escape

from mr.cli.console import Output
from mr.tracking.landmarks import fetch_model, model_path


def fetch_hands() -> None:
    """Download the hand model for --hands (35 MB, once) and check it.

    The model is taken out of a published mediapipe wheel with pip, checked by
    SHA-256 and kept in your data folder. Everything else works without the model.
    """
    console = Output()
    if model_path().exists():
        console.print(escape(f"the hand model is here: {model_path()}"))
        return
    with console.status("downloading and checking the hand model"):
        path = fetch_model()
    console.print(escape(f"hand model: {path}"))
