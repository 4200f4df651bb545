"""What people agree to: kept, the newest counts, and pictures need two yeses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mr.errors import RecordingError
from mr.recording.header import RecordingHeader
from mr.recording.reader import open_recording
from mr.recording.writer import RecordingWriter
from mr.review.intake.accept import accept
from mr.review.intake.admission import require_admissible
from tests.web.crowd import Crowd, archive_of
from tests.web.test_uploads import offered


def pictured(header: RecordingHeader, learner_id: str) -> RecordingHeader:
    """The head of the same recording, of this learner, as one that holds pictures."""
    update = {"learner_id": learner_id, "storage_level": 3}
    return header.model_copy(
        update={"session": header.session.model_copy(update=update), "storage_level": 3}
    )


def test_the_newest_word_counts_and_all_are_kept(all_of_them: Crowd) -> None:
    lena = all_of_them.lena
    assert lena.ok("GET", "/me/data")["consents"]["motion"] is False  # silence is no yes
    for given in (True, False, True):
        now = lena.ok("POST", "/me/consents", json={"kind": "motion", "given": given})
        assert now["motion"] is given
    assert [each["given"] for each in now["said"]] == [True, False, True]
    assert now["research"] is False
    assert {(each["by_name"], each["by_themselves"]) for each in now["said"]} == {
        ("Lena Learner", True)
    }
    me = lena.me["person_id"]
    assert [e["action"] for e in all_of_them.audit(subject=me)[:3]] == [
        "consent.given", "consent.withdrawn", "consent.given",
    ]  # fmt: skip


def test_an_instructor_notes_the_signed_form_of_their_own_learner_only(all_of_them: Crowd) -> None:
    who = all_of_them
    address = f"/people/{who.lena.me['person_id']}/consents"
    signed = {"kind": "video", "given": True, "form_signed": True}
    noted = who.ina.ok("POST", address, json=signed)
    assert noted["video"] is True
    assert noted["said"][0] | {"at_utc": ""} == {
        "kind": "video", "given": True, "at_utc": "", "by_name": "Ina Instructor",
        "by_themselves": False,
    }  # fmt: skip
    who.ina.no(422, "POST", address, json={**signed, "form_signed": False})
    who.otto.no(404, "POST", address, json=signed)
    who.otto.no(404, "GET", address)
    who.luis.no(403, "POST", address, json=signed)
    who.tess.no(403, "POST", address, json=signed)
    who.ina.no(404, "POST", "/people/0123456789abcdef/consents", json=signed)  # forged
    assert who.lena.ok("GET", "/me/data")["consents"]["said"] == noted["said"]
    lena = f"person:{who.lena.me['person_id']}"
    assert who.refused(who.otto) == [lena, lena]
    assert who.refused(who.ina) == ["person:0123456789abcdef"]
    assert len(who.refused(who.luis)) == 1


def test_pictures_need_the_house_and_the_learner(all_of_them: Crowd, recorded_demo: Path) -> None:
    who = all_of_them
    file = accept(recorded_demo)
    of_lena = replace(file, learner_id=who.lena.me["learner_id"], storage_level=3)
    plain = replace(of_lena, storage_level=2)

    def refused() -> str | None:
        with archive_of(who.review) as archive, archive.database.reading() as session:
            require_admissible(session, plain, "a.mcap")  # without pictures: always
            try:
                require_admissible(session, of_lena, "a.mcap")
            except RecordingError as error:
                return str(error)
            return None

    assert "this house keeps no video" in (refused() or "")
    who.lena.ok("POST", "/me/consents", json={"kind": "video", "given": True})
    assert "this house keeps no video" in (refused() or "")
    who.admin.ok("PUT", "/house", json={"retention_days": None, "video_allowed": True})
    assert refused() is None
    who.lena.ok("POST", "/me/consents", json={"kind": "video", "given": False})
    assert "has not agreed to video" in (refused() or "")


def test_a_recording_with_pictures_of_who_did_not_agree_leaves_nothing(
    all_of_them: Crowd, recorded_demo: Path, tmp_path: Path
) -> None:
    admin, made = all_of_them.admin, tmp_path / "pictured.mcap"
    source = open_recording(recorded_demo)
    header = pictured(source.header, all_of_them.lena.me["learner_id"])
    with RecordingWriter(made, header, source.rig) as writer:
        for sample in source.samples():
            writer.write(sample)
    data = made.read_bytes()
    upload = admin.ok("POST", "/uploads", json=offered(made))
    at = 0
    while at < len(data):
        piece = data[at : at + (1 << 20)]
        answer = admin.patch(
            f"/api/uploads/{upload['upload_id']}", headers={"Upload-Offset": str(at)}, content=piece
        )
        at += len(piece)
    assert answer.status_code == 422
    assert "holds pictures" in answer.json()["error"]
    assert admin.ok("GET", "/sessions")["total"] == 0
    assert not list((all_of_them.review.folder / "recordings").glob("*/*"))
    assert not list((all_of_them.review.folder / "uploads").iterdir())
