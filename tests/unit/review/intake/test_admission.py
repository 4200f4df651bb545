"""Into which class a rig's recording comes: none that neither the rig nor its learner is of."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from mr.clock.host import wall_now_utc
from mr.review.archive import Archive
from mr.review.intake.admission import class_for
from mr.review.store import schema
from mr.review.store.courses import Course, Membership
from mr.review.store.people import Person
from mr.review.store.rigs import EnrolledRig

LEARNER = "learner-0a1b2c3d"


def course(session: Session, title: str) -> str:
    row = Course(title=title, created_utc=wall_now_utc())
    session.add(row)
    session.flush()
    return row.id


def test_a_rig_names_its_own_class_or_one_of_the_learner_s(tmp_path: Path) -> None:
    archive = Archive.open(tmp_path / "review")
    schema.upgrade(archive.database)
    now = wall_now_utc()
    with archive.database.writing() as session:
        served, learners, foreign = (course(session, title) for title in ("A", "B", "C"))
        lena = Person(role="learner", name="Lena", learner_id=LEARNER, created_utc=now)
        session.add(lena)
        session.flush()
        rig = EnrolledRig(
            name="Rig 1", public_key="key", enrolled_utc=now, enrolled_by=lena.id,
            course_id=served, facts={},
        )  # fmt: skip
        session.add_all([rig, Membership(course_id=learners, person_id=lena.id, role="learner")])
        session.flush()
        said = (served, learners, foreign, None)
        assert [class_for(session, LEARNER, rig.id, each) for each in said] == [
            served, learners, None, None,
        ]  # fmt: skip
        assert class_for(session, "learner-somebody", rig.id, learners) is None
    archive.close()
