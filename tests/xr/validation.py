"""The core validation layer of OpenXR, between a program of ours and the runtime."""

from __future__ import annotations

import re
from pathlib import Path


def validation(folder: Path) -> dict[str, str]:
    """Give the variables that put the core validation layer between us and the runtime."""
    import xr

    layers = Path(xr.__file__).parent / "api_layer/linux_x86_64"
    return {
        "XR_API_LAYER_PATH": str(layers),
        "XR_ENABLE_API_LAYERS": "XR_APILAYER_LUNARG_core_validation",
        "XR_CORE_VALIDATION_EXPORT_TYPE": "text",
        "XR_CORE_VALIDATION_FILE_NAME": str(folder / "validation.txt"),
    }


def findings(folder: Path) -> list[str]:
    """Give the errors and warnings of the validation layer; it must have been there."""
    text = (folder / "validation.txt").read_text()
    assert "Core Validation Layer is initialized" in text
    return re.findall(r"\[VALID_(?:ERROR|WARNING).*", text)
