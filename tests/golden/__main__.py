"""Make the golden pictures anew: ``python -m tests.golden``; then look at every one of them."""

from __future__ import annotations

from tests.golden.sheets import FOLDER, sheets, write

if __name__ == "__main__":
    for name, picture in sheets().items():
        path = FOLDER / f"{name}.png"
        write(path, picture)
        print(f"{path.name}: {picture.shape[1]} x {picture.shape[0]} px, {path.stat().st_size} B")
