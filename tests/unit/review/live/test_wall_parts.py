"""The wall's own arithmetic, run as the browser runs it: the ring of samples, the tiles' places."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Require

PAGE = ROOT / "mr" / "review" / "page"
GAP_PX = 8


def run(require: Require, folder: Path, module: str, body: str) -> Any:
    """Run JavaScript that uses one of the wall's modules as `m`; gives what it returns."""
    node = require.program("node", "install Node.js 20 or newer")
    esbuild = PAGE / "node_modules" / ".bin" / "esbuild"
    if not esbuild.exists():
        require.missing("esbuild", "run npm ci in mr/review/page")
    source, built = PAGE / "src" / "wall" / f"{module}.ts", folder / f"{module}.mjs"
    build = [esbuild, source, f"--outfile={built}", "--format=esm", "--bundle"]
    subprocess.run(build, check=True, capture_output=True)
    script = folder / "run.mjs"
    script.write_text(
        f"import * as m from './{module}.mjs';\n"
        f"console.log(JSON.stringify((() => {{ {body} }})()));\n"
    )
    done = subprocess.run([node, script], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def test_the_ring_keeps_the_newest_and_grows_no_more(require: Require, tmp_path: Path) -> None:
    found = run(
        require,
        tmp_path,
        "ring",
        """
        const ring = new m.Ring();
        const held = ring.t_s.length;
        for (let k = 0; k < 1000; k += 1) {
            const t_s = Float64Array.from({ length: 10 }, (_, i) => (k * 10 + i) / 200);
            ring.add(t_s, Float32Array.from(t_s));
        }
        const last = ring.t_s[ring.at(ring.end - 1)], first = ring.t_s[ring.at(ring.first)];
        return { held, now: ring.t_s.length, end: ring.end, kept_s: last - first };
        """,
    )
    assert found["end"] == 10_000 and found["now"] == found["held"]
    assert found["kept_s"] == pytest.approx(2047 / 200)


@pytest.mark.parametrize(("next_s", "anew"), [(1.05, False), (0.5, True), (30.0, True)])
def test_another_session_begins_the_ring_anew(
    require: Require, tmp_path: Path, next_s: float, anew: bool
) -> None:
    found = run(
        require,
        tmp_path,
        "ring",
        f"""
        const ring = new m.Ring();
        ring.add(Float64Array.of(0.9, 1.0), Float32Array.of(1, 2));
        const anew = ring.add(Float64Array.of({next_s}), Float32Array.of(3));
        return [anew, ring.end, ring.add(new Float64Array(0), new Float32Array(0))];
        """,
    )
    assert found == [anew, 1 if anew else 3, False]


@pytest.mark.parametrize(
    ("n", "width_px", "height_px", "columns", "scrolls"),
    [
        (30, 1900, 930, 6, False),  # thirty on a full screen
        (12, 1256, 660, 4, False),  # a class of twelve on a laptop
        (12, 744, 800, 3, False),
        (30, 744, 780, 3, True),  # a tablet scrolls, and shows as many beside each other as it can
        (1, 1256, 660, 1, False),
        (0, 1256, 660, 1, False),
        (4, 200, 500, 1, True),
    ],
)
def test_tiles_are_as_large_as_they_can_be(
    require: Require, tmp_path: Path, n: int, width_px: int, height_px: int, columns: int,
    scrolls: bool,
) -> None:  # fmt: skip
    body = f"return m.fit({n}, {width_px}, {height_px}, {GAP_PX});"
    found = run(require, tmp_path, "fit", body)
    assert (found["columns"], found["scrolls"]) == (columns, scrolls)
