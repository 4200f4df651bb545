"""SimPad sessions: what is read, what is refused, and that no file does harm."""

from __future__ import annotations

import re
import struct
import time
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mr.errors import RecordingError
from mr.recording.simpad import UNSEEN, SimPadSession, read_simpad
from mr.recording.simpad_archive import MAX_DIRECTORY_BYTES, MAX_MEMBER_BYTES
from tests.unit.recording.simpad_files import (
    NAMES,
    a_session,
    an_ssx,
    compression,
    events,
)


def read(folder: Path, *inside: str) -> SimPadSession:
    return read_simpad(an_ssx(folder / "session.ssx", events(inside)))


def test_a_session_is_read(tmp_path: Path) -> None:
    session = read_simpad(a_session(tmp_path / "a.ssx"))
    assert len(session.compressions) == 60
    first = session.compressions[0]
    assert (first.start_s, first.end_s, first.peak_s) == (0.0, 0.4, 0.2)
    assert (first.depth_mm, first.release_depth_mm, first.leaning_depth_mm) == (52, 1.5, 2)
    assert (first.hands_misplaced, first.incomplete_release) == (False, False)
    assert session.peaks_s[1] == pytest.approx(0.745)
    assert session.made_utc == "2019-10-21T18:04:28+00:00"
    assert session.assumptions[0] == UNSEEN
    assert any("compAbsolutePeakDepth is +2.0 mm" in words for words in session.assumptions)


@pytest.mark.parametrize(
    ("when", "made_utc"),
    [
        ("2024-02-29T23:59:59.5Z", "2024-02-29T23:59:59+00:00"),
        ("2024-99-99T99:99:99", None),
        ("2023-02-29T12:00:00", None),
        ("２０２４-02-28T12:00:00", None),
        ("yesterday", None),
    ],
)
def test_a_date_of_no_calendar_is_none(tmp_path: Path, when: str, made_utc: str | None) -> None:
    log = f'<Log SessionDateTime_UTC="{when}"/>'
    path = an_ssx(tmp_path / "a.ssx", events([compression(0)]), log=log)
    assert read_simpad(path).made_utc == made_utc


def test_other_events_stay_as_they_are_but_for_names(tmp_path: Path) -> None:
    session = read_simpad(a_session(tmp_path / "a.ssx"))
    info, breath = session.other_events
    assert [p.name for p in info.params] == ["manikinName"]
    assert "Jane Doe" not in repr(session)
    assert (breath.type, breath.msecs) == ("CprVentEvent", "17000")
    (volume,) = breath.params
    assert (volume.name, volume.value, volume.units) == ("ventVolume", "510", "ml")


def test_params_without_names_go_by_their_order(tmp_path: Path) -> None:
    named = compression(0) + compression(1)
    bare = re.sub(r'<param type="\w+" ', "<param ", named)
    assert "compDepth" in named and "compDepth" not in bare
    by_name, by_order = read(tmp_path, named), read(tmp_path, bare)
    assert by_order.compressions == by_name.compressions
    assert set(by_order.assumptions) - set(by_name.assumptions) == {
        "params without a name were taken by their order"
    }


def test_names_win_over_order(tmp_path: Path) -> None:
    one = compression(0)
    head, params, tail = re.match(r"(<evt[^>]*>)(.*)(</evt>)", one).groups()  # type: ignore[union-attr]
    turned = head + "".join(reversed(re.findall(r"<param[^>]*>", params))) + tail
    assert turned != one
    assert read(tmp_path, turned).compressions == read(tmp_path, one).compressions


def test_what_is_not_there_is_unknown(tmp_path: Path) -> None:
    session = read(tmp_path, compression(0, compReleaseDepth=None, compHandposError=""))
    (one,) = session.compressions
    assert one.release_depth_mm is None and one.hands_misplaced is None
    assert one.depth_mm == 52


def test_times_may_be_negative_and_out_of_order(tmp_path: Path) -> None:
    session = read(tmp_path, compression(3), compression(0, msecs=-120))
    assert [c.start_s for c in session.compressions] == [-0.12, 1.635]


def test_peaks_since_the_compressions_start(tmp_path: Path) -> None:
    session = read(tmp_path, *(compression(k, compPeakTime=200) for k in range(3)))
    assert session.peaks_s == pytest.approx((0.2, 0.745, 1.29))
    assert "compPeakTime counts from each compression's start" in session.assumptions
    nowhere = read(tmp_path, *(compression(k, compPeakTime=99999) for k in range(3)))
    assert nowhere.peaks_s == pytest.approx((0.2, 0.745, 1.29))
    assert any("lies outside" in words for words in nowhere.assumptions)


def test_no_compressions_is_no_error(tmp_path: Path) -> None:
    assert read(tmp_path).compressions == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    xml = events([compression(0)]).replace("utf-8", encoding.removesuffix("-sig"))
    assert len(read_simpad(an_ssx(tmp_path / "a.ssx", xml.encode(encoding))).compressions) == 1


@pytest.mark.parametrize("name", ["cpr/cprevents.xml", "Session 1/CPR/CPREvents.xml"])
def test_the_member_is_found_in_any_folder_and_case(tmp_path: Path, name: str) -> None:
    path = an_ssx(tmp_path / "a.ssx", events([compression(0)]), name)
    assert len(read_simpad(path).compressions) == 1
    with pytest.raises(RecordingError, match=r"no CPR/CPREvents\.xml in this archive"):
        read_simpad(an_ssx(tmp_path / "b.ssx", "<a/>", "Other.xml"))


@pytest.mark.parametrize(
    ("inside", "says"),
    [
        (compression(0, compDepth="deep"), "compression 1: compDepth is 'deep'"),
        (compression(0, compDepth="nan"), "compDepth is 'nan'"),
        (compression(0, compDepth="5_2"), "compDepth is '5_2'"),
        (compression(0, compDepth="1e9"), "compDepth is '1e9'"),
        (compression(0, endTime="inf"), "endTime is 'inf'"),
        (compression(0, endTime=-5), "ends .* before it starts"),
        (compression(0, endTime=None), "has no endTime"),
        ('<evt type="CprCompEvent"><param type="endTime" value="5"/></evt>', "has no msecs"),
        (compression(0, compHandposError="maybe"), "compHandposError is 'maybe', neither true"),
        (compression(0) * 2, "two compressions are deepest at 0.2 s"),
        (compression(0).replace('type="compDepth" ', ""), "1 params without a name"),
        (compression(0).replace("compLeaningDepth", "compDepth"), "has 'compDepth' twice"),
        (compression(0).replace('value="52"', 'value="5.2" units="cm"'), "compDepth is in cm"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(tmp_path: Path, inside: str, says: str) -> None:
    with pytest.raises(RecordingError, match=says) as caught:
        read(tmp_path, inside)
    assert "\n" not in str(caught.value) and "session.ssx" in str(caught.value)


# --- hostile files -------------------------------------------------------------------------

LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    '<eventList><evt type="&c;"/></eventList>'
)
OUTSIDE = '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><eventList>&x;</eventList>'


@pytest.mark.parametrize(
    ("xml", "says"),
    [
        (LAUGHS, "document type"),
        (OUTSIDE, "document type"),
        ("<eventList>", "is no XML"),
        ("", "is no XML"),
        (b"\xff\xfe\x00", "is no XML"),
        (b"<a>\xff</a>", "is no XML"),
        ("<a>" * 5000, "more than any session"),
        (f'<a><evt type="{"x" * 5000}"/></a>', "more than any session"),
        ("<a><evt>" + "<param/>" * 501 + "</evt></a>", "more than any session"),
        ("<a>" + "<evt/>" * 200_001 + "</a>", "(more than any session|unpacks to more)"),
    ],
)
def test_hostile_xml(tmp_path: Path, xml: str | bytes, says: str) -> None:
    with pytest.raises(RecordingError, match=says):
        read_simpad(an_ssx(tmp_path / "a.ssx", xml))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = an_ssx(tmp_path / "bomb.ssx", b" " * (4 * MAX_MEMBER_BYTES))
    assert path.stat().st_size < 1 << 20
    tracemalloc.start()
    started = time.process_time()
    with pytest.raises(RecordingError, match="unpacks to more than any session"):
        read_simpad(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * MAX_MEMBER_BYTES and time.process_time() - started < 5.0


def test_a_directory_of_too_many_files(tmp_path: Path) -> None:
    path = a_session(tmp_path / "a.ssx", 4)
    read_simpad(path)  # negative control
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x05\x06")
    struct.pack_into("<I", data, at + 12, MAX_DIRECTORY_BYTES + 1)
    path.write_bytes(data)
    with pytest.raises(RecordingError, match="too many files"):
        read_simpad(path)


def test_packed_otherwise_encrypted_or_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.ssx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("CPR/CPREvents.xml", events([]))
    with pytest.raises(RecordingError, match="packed in an unknown way"):
        read_simpad(path)
    with pytest.warns(UserWarning), zipfile.ZipFile(path, "w") as archive:
        archive.writestr("CPR/CPREvents.xml", events([]))
        archive.writestr("CPR/CPREvents.xml", events([]))
    with pytest.raises(RecordingError, match="is in it 2 times"):
        read_simpad(path)
    data = bytearray(an_ssx(path, events([])).read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(signature) + flags] |= 1
    path.write_bytes(data)
    with pytest.raises(RecordingError, match="encrypted"):
        read_simpad(path)


def test_a_members_name_steers_no_terminal(tmp_path: Path) -> None:
    name = "\x1b[2J\x1b]0;owned\x07\u202e\r\n/CPR/CPREvents.xml"
    path = tmp_path / "a.ssx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr(name, events([]))
    assert b"\x1b[2J" in path.read_bytes(), "the control: it is there"
    with pytest.raises(RecordingError, match="packed in an unknown way") as caught:
        read_simpad(path)
    assert str(caught.value).isprintable() and "CPREvents.xml is packed" in str(caught.value)
    with pytest.raises(RecordingError, match="unpacks to more") as caught:
        read_simpad(an_ssx(path, b" " * (4 << 20), name))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("data", [b"", b"PK", b"junk" * 99, b"PK\x05\x06" + b"\0" * 18])
def test_no_archive(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.ssx").write_bytes(data)
    with pytest.raises(RecordingError, match=r"not a SimPad session|no CPR/CPREvents\.xml"):
        read_simpad(tmp_path / "a.ssx")


def test_missing_and_folder(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no such file"):
        read_simpad(tmp_path / "none.ssx")
    with pytest.raises(RecordingError, match="Is a directory"):
        read_simpad(tmp_path)


def holds_or_refuses(path: Path) -> None:
    try:
        session = read_simpad(path)
    except RecordingError as error:
        assert "\n" not in str(error)
    else:
        assert len(session.peaks_s) == len(session.compressions)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_session_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.ssx"
    path.write_bytes(data)
    holds_or_refuses(path)
    holds_or_refuses(an_ssx(path, data))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_damage_is_a_session_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.ssx"
    whole = bytearray(a_session(path, 3).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut] if data.draw(st.booleans()) else whole)
    holds_or_refuses(path)


WORDS = st.sampled_from(["", "0", "-1", "1", "500", "1e308", "-inf", "nan", "0x10", "1,5", "true"])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(NAMES), WORDS, max_size=11), max_size=4), WORDS)
def test_any_values_are_a_session_or_refused(
    tmp_path_factory: pytest.TempPathFactory, params: list[dict[str, str]], msecs: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "values.ssx"
    inside = [
        f'<evt type="CprCompEvent" msecs="{msecs}">'
        + "".join(f'<param type="{k}" value="{v}"/>' for k, v in one.items())
        + "</evt>"
        for one in params
    ]
    holds_or_refuses(an_ssx(path, events(inside)))
