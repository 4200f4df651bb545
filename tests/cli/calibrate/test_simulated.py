"""`mrcpr calibrate all --simulate` from nothing to a rig with its report, and what follows."""

from __future__ import annotations

import json
import re
import shutil
import zlib
from contextlib import suppress
from pathlib import Path

import pytest

from calibration.boards.charuco import CharucoBoard
from mr.rig import load_rig, save_rig
from tests.cli.calibrate.conftest import Calibrated
from tests.cli.mannequin.boards import Run

SERIAL = "SIM-MANNEQUIN-1"
GAUGE = ("--gauge", "dial 4711", "--certificate", "DKD-1", "--gauge-sigma-mm", "0.02")


@pytest.fixture
def rig(calibrated: Calibrated, tmp_path: Path) -> Path:
    """Give a copy of the rig that `all --simulate` made, with all that lies beside it."""
    shutil.copytree(calibrated.folder, tmp_path, dirs_exist_ok=True)
    return tmp_path / "rig.toml"


def test_all_makes_a_rig_with_its_report(calibrated: Calibrated) -> None:
    done = calibrated.done.require(0)
    assert not done.err, done.err
    assert re.search(r"^ *100 %  \d+ taken", done.out, re.M), done.out
    titles = re.findall(r"^(\d+) of 10: ", done.out, re.M)
    assert titles == [str(k) for k in range(1, 11)]
    assert "✗" not in done.out and len(re.findall("✓ passed$", done.out, re.M)) == 12
    rig = load_rig(calibrated.folder / "rig.toml")
    assert rig.provenance.operator == "T. Est" and rig.provenance.kind == "sim"
    assert rig.mannequin is not None and rig.mannequin.stiffness is not None
    assert rig.headset is not None and rig.surface is not None and rig.markers is not None
    (html,) = calibrated.folder.glob("rig.calibration_*.html")
    page = html.read_text(encoding="utf-8")
    assert "SIMULATED" in page.upper() and SERIAL in page and "T. Est" in page
    pdf = html.with_suffix(".pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert 5 <= len(re.findall(rb"/Type ?/Page\b", inflated(pdf))) <= 60
    assert list((calibrated.folder / "rig.history").glob("*_evidence/chest_*/0001.npz"))


def inflated(pdf: bytes) -> bytes:
    parts = []
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S):
        with suppress(zlib.error):
            parts.append(zlib.decompress(stream))
    return b"\n".join(parts)


def test_status_says_what_is_done_and_what_is_next(mrcpr: Run, rig: Path) -> None:
    text = mrcpr("calibrate", "status", "--rig", rig).require(0).out
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("✓ done") == 10 and "→" not in text
    data = json.loads(mrcpr("calibrate", "status", "--rig", rig, "--json").require(0).out)
    assert data["schema"] == "mrcpr.calibrate-status/1"
    assert data["whole"] and data["missing"] == []
    assert all(t["passed"] and t["done_utc"] for t in data["tasks"]) and len(data["tasks"]) == 10


def test_a_second_time_keeps_the_first(mrcpr: Run, rig: Path) -> None:
    first = rig.read_bytes()
    said = mrcpr("calibrate", "history", "--rig", rig).require(0).out
    assert "no history yet" in said
    mrcpr("calibrate", "diff", "--rig", rig).require_one_line("no history yet")
    done = mrcpr("calibrate", "chest", "--rig", rig, "--simulate", "--seed", "2").require(0)
    assert "the one before is kept: " in done.out and "saved: " in done.out
    (kept,) = (rig.parent / "rig.history").glob("*.toml")
    assert kept.read_bytes() == first and rig.read_bytes() != first
    rows = json.loads(mrcpr("calibrate", "history", "--rig", rig, "--json").require(0).out)
    assert [row["name"] for row in rows["kept"]] == [kept.name]
    text = mrcpr("calibrate", "history", "--rig", rig).require(0).out
    assert kept.stem in text and "T. Est" in text and max(map(len, text.splitlines())) <= 80
    text = mrcpr("calibrate", "diff", "--rig", rig).require(0).out
    assert "chest" in text and "all within what is tolerated" in text
    rows = json.loads(mrcpr("calibrate", "diff", "--rig", rig, "--json").require(0).out)
    changed = [d for d in rows["differences"] if d["changed"]]
    assert {d["thing"] for d in changed} == {f"mannequin {SERIAL}", f"chest {SERIAL}"}
    second = rig.read_bytes()
    for _ in range(2):  # there and back again: nothing is lost
        mrcpr("calibrate", "restore", kept.stem, "--rig", rig).require(0)
        assert rig.read_bytes() == first
    mrcpr("calibrate", "restore", "nonsense", "--rig", rig).require_one_line("'nonsense'", "choose")
    assert second in [p.read_bytes() for p in (rig.parent / "rig.history").glob("*.toml")]


def test_diff_ends_with_2_when_something_is_beyond_its_limit(
    mrcpr: Run, rig: Path, tmp_path: Path
) -> None:
    old, now = tmp_path / "old.toml", load_rig(rig)
    camera = now.cameras["side"]
    x_m, y_m, z_m = camera.world_from_cam.t_m
    moved = camera.world_from_cam.model_copy(update={"t_m": (x_m + 0.05, y_m, z_m)})
    cameras = {"side": camera.model_copy(update={"world_from_cam": moved})}
    save_rig(now.model_copy(update={"cameras": cameras}), old)
    done = mrcpr("calibrate", "diff", old, "--rig", rig).require(2)
    assert "✗ beyond" in done.out and "50" in done.out and "camera side" in done.out
    assert max(map(len, done.out.splitlines()[2:])) <= 80
    assert mrcpr("calibrate", "diff", rig, "--rig", rig).require(0).out.count("✓") == 1


def test_a_draft_of_another_rig_file_is_refused(mrcpr: Run, rig: Path) -> None:
    """What was begun before the file was put back must not undo that in silence."""
    mrcpr("calibrate", "chest", "--rig", rig, "--simulate", "--seed", "2").require(0)
    (kept,) = (rig.parent / "rig.history").glob("*.toml")
    again = ("calibrate", "chest", "--rig", rig, "--simulate")
    draft = rig.with_name("rig.work") / "draft.toml"
    begin_a_draft(rig)
    mrcpr("calibrate", "restore", kept.stem, "--rig", rig).require(0)
    back = rig.read_bytes()
    mrcpr(*again).require_one_line(str(draft), "another", "move the draft away")
    assert rig.read_bytes() == back
    draft.write_text("name = [", encoding="utf-8")
    mrcpr(*again).require_one_line(str(draft), "mend it, or move it away")
    draft.unlink()
    mrcpr(*again).require(0)


def begin_a_draft(rig: Path) -> None:
    """Leave behind what an interruption between two procedures does."""
    from calibration.draft import save_draft
    from mr.cli.calibrate_book import Book

    book = Book(rig)
    save_draft(book.draft, book.draft_path)


def test_the_service_log_knows_what_was_done(mrcpr: Run, rig: Path) -> None:
    command = ("calibrate", "service", "--rig", rig)
    text = mrcpr(*command).require(0).out
    assert re.search(r"calibration .*✓ passed", text), text
    assert re.search(r"✓ due .* calibration ", text) and re.search(r"! due now +hygiene", text)
    mrcpr(*command, "--note", "hygiene", "wiped, new face piece", "--operator", "N.N.").require(0)
    data = json.loads(mrcpr(*command, "--json").require(0).out)
    assert [e["work"] for e in data["entries"]] == ["calibration", "hygiene"]
    assert data["entries"][-1]["operator"] == "N.N." and not data["damaged"]
    assert not [d for d in data["due"] if d["work"] == "hygiene" and d["overdue"]]
    mrcpr(*command, "--note", "repair", "new chest sensor").require(0)
    assert re.search(r"! due now +calibration", mrcpr(*command).require(0).out)
    mrcpr(*command, "--note", "cleaning", "x").require(2)
    with (rig.parent / "rig.service.jsonl").open("a") as file:
        file.write('{"torn')
    assert "line 4" in mrcpr(*command).require(0).out


def test_two_checks_compare_with_each_other(mrcpr: Run, rig: Path) -> None:
    command = ("calibrate", "check", "--rig", rig, "--simulate")
    text = mrcpr(*command).require(0).out
    assert f"check of {SERIAL}: ✓ passed" in text and "no earlier check" in text
    kept = rig.with_name("rig.check.json")
    last = json.loads(kept.read_text())
    spring = next(check for check in last["checks"] if check["item"] == "spring")
    spring["value"] -= 7.0
    kept.write_text(json.dumps(last))
    data = json.loads(mrcpr(*command, "--json").require(0).out)
    assert data["passed"] and len(data["since_last"]) == 1 and "spring" in data["since_last"][0]
    log = json.loads(mrcpr("calibrate", "service", "--rig", rig, "--json").require(0).out)
    assert [e["work"] for e in log["entries"]][-2:] == ["check", "check"]


def test_accept_proves_it_with_a_gauge(mrcpr: Run, rig: Path, tmp_path: Path) -> None:
    done = mrcpr("calibrate", "accept", *GAUGE, "--rig", rig, "--simulate").require(0)
    assert "accept of SIM-MANNEQUIN-1: ✓ passed" in done.out and "SIMULATED" in done.out
    assert len(list(tmp_path.glob("rig.acceptance_*.pdf"))) == 1
    assert list((rig.parent / "rig.history").glob("*_evidence/accept_*/0048.npz"))


def presses(path: Path, off_mm: float = 0.1, n: int = 4, head: str = "level_mm,gauge_mm,rig_mm"):
    rows = [
        f"{level},{level + 0.1 * k:.2f},{level + 0.1 * k + off_mm * (1 + k % 3):.2f}"
        for level in range(5, 61, 5)
        for k in range(n)
    ]
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def test_accept_takes_presses_from_a_file(mrcpr: Run, rig: Path, tmp_path: Path) -> None:
    command = ("calibrate", "accept", *GAUGE, "--rig", rig, "--pairs")
    good = presses(tmp_path / "good.csv")
    assert "✓ passed" in mrcpr(*command, good).require(0).out
    same = presses(tmp_path / "same.csv", off_mm=0.0)
    mrcpr(*command, same).require_one_line("to the last digit", "copied")
    bad = presses(tmp_path / "bad.csv", off_mm=1.2)
    done = mrcpr(*command, bad).require(2)
    assert "✗ failed" in done.out
    log = json.loads(mrcpr("calibrate", "service", "--rig", rig, "--json").require(0).out)
    assert [e["passed"] for e in log["entries"][-2:]] == [True, False]
    data = json.loads(mrcpr(*command, good, "--json").require(0).out)
    assert data["passed"] and data["procedure"] == "accept"
    few = presses(tmp_path / "few.csv", n=2)
    mrcpr(*command, few).require_one_line("24 pairs", "40 pairs")
    columns = presses(tmp_path / "columns.csv", head="level,gauge_mm,rig_mm")
    mrcpr(*command, columns).require_one_line("columns.csv", "no column level_mm")
    for wrong in ("x", "", "nan"):
        text = good.read_text().replace("30.10,", f"{wrong},")
        (tmp_path / "wrong.csv").write_text(text)
        mrcpr(*command, tmp_path / "wrong.csv").require_one_line("wrong.csv, line 23", "number")
    mrcpr(*command, tmp_path / "none.csv").require_one_line("none.csv", "cannot read")
    (tmp_path / "empty.csv").write_text("")
    mrcpr(*command, tmp_path / "empty.csv").require_one_line("empty.csv", "no column")


def test_a_real_rig_is_no_simulated_one(mrcpr: Run, rig: Path, tmp_path: Path) -> None:
    simulated = load_rig(rig)
    live = tmp_path / "live.toml"
    provenance = simulated.provenance.model_copy(update={"kind": "live"})
    save_rig(simulated.model_copy(update={"provenance": provenance}), live)
    before = live.read_bytes()
    for command in ("all", "chest", "check"):
        mrcpr("calibrate", command, "--rig", live, "--simulate").require_one_line(
            "real", "--simulate"
        )
        mrcpr("calibrate", command, "--rig", rig).require_one_line(
            "simulated rig", "add --simulate"
        )
    accept = ("calibrate", "accept", *GAUGE, "--rig", live, "--simulate")
    mrcpr(*accept).require_one_line("real", "--simulate")
    assert live.read_bytes() == before
    mrcpr("calibrate", "new", "--rig", live).require_one_line("live.toml", "exists already")


def test_nonsense_is_refused_in_one_line(mrcpr: Run, rig: Path, tmp_path: Path) -> None:
    none = tmp_path / "none.toml"
    for command in ("status", "chest", "all"):
        done = mrcpr("calibrate", command, "--rig", none)
        done.require_one_line("none.toml", "mrcpr calibrate new --rig")
    sim = ("--rig", rig, "--simulate")
    mrcpr("calibrate", "depth", *sim, "--camera", "top").require_one_line("no camera 'top'", "side")
    mrcpr("calibrate", "chest", *sim, "--camera", "side").require_one_line("leave --camera out")
    mrcpr("calibrate", "new", "--rig", none, "--no-camera", "--no-mannequin").require_one_line(
        "a camera or a mannequin"
    )
    (tmp_path / "broken.toml").write_text("name = [")
    mrcpr("calibrate", "status", "--rig", tmp_path / "broken.toml").require_one_line("broken.toml")
    assert not none.exists() and not list(tmp_path.glob("none.*"))


def test_the_kit_takes_what_was_measured(mrcpr: Run, tmp_path: Path) -> None:
    command = ("calibrate", "kit", "--rig", tmp_path / "rig.toml")
    done = mrcpr(
        *command, "--operator", "A. Lab", "--paper", "A3", "--ruler", "99.6", "100.1",
        "--registration-ruler", "99.9", "99.8", "--step", "40", "--blocks", "10,20,30,40,50,60",
        "--masses", "20;5,0;10;2", "--syringe", "1000", "--second-syringe", "500",
        "--plates-ruler", "99.1", "--check-block", "40",
    ).require(0)  # fmt: skip
    assert "kept in" in done.out and max(map(len, done.out.splitlines()[:-1])) <= 80
    data = json.loads(mrcpr(*command, "--json").require(0).out)
    assert CharucoBoard.model_validate(data["board"]).print_scale == (0.996, 1.001)
    assert data["masses_kg"] == [2, 5, 10, 20] and data["blocks_mm"][0] == 10
    assert (data["plates_print_scale"], data["check_block_mm"]) == (0.991, 40)
    assert data["operator"] == "A. Lab" and data["second_syringe_ml"] == 500
    kept = (tmp_path / "rig.kit.toml").read_bytes()
    for option, value, word in (
        ("--masses", "5,x,1,2", "numbers with commas"),
        ("--masses", "5,10", "4 different ones"),
        ("--masses", "0,5,10,20", "above 0"),
        ("--blocks", "10,20,30,40,50", "6 at least"),
        ("--blocks", "5,10,15,20,25,30", "60 mm"),
        ("--blocks", "nan,20,30,40,50,60", "above 0"),
        ("--step", "1", "step_mm"),
        ("--syringe", "nan", "syringe_ml"),
    ):
        mrcpr(*command, option, value).require_one_line(word)
    mrcpr(*command, "--ruler", "9.96", "10").require_one_line("cm")
    mrcpr(*command, "--ruler", "94", "94").require_one_line("fit to page")
    assert (tmp_path / "rig.kit.toml").read_bytes() == kept
    (tmp_path / "rig.kit.toml").write_text("registration_print_scale = [99.6, 99.8]")
    mrcpr(*command).require_one_line("rig.kit.toml", "over 100")
    (tmp_path / "rig.kit.toml").write_text("mass = 3")
    mrcpr(*command).require_one_line("rig.kit.toml", "mass", "unknown key")


@pytest.mark.parametrize("paper", ["A4", "A3", "letter"])
def test_boards_are_written_once(mrcpr: Run, tmp_path: Path, paper: str) -> None:
    done = mrcpr("calibrate", "boards", tmp_path / "boards", "--paper", paper).require(0)
    pages = sorted((tmp_path / "boards").glob("*.pdf"))
    assert len(pages) >= 4 and all(p.read_bytes().startswith(b"%PDF-") for p in pages)
    assert f"charuco-{paper}.pdf" in [p.name for p in pages] and "--ruler" in done.out
    again = mrcpr("calibrate", "boards", tmp_path / "boards", "--paper", paper)
    again.require_one_line("exists already")
