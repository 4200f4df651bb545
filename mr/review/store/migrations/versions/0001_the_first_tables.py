"""the first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mr.review.store.base import Utc

APPEND_ONLY = {
    "sqlite": [
        "CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END",
        "CREATE TRIGGER audit_stays BEFORE DELETE ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END",
    ],
    "postgresql": [
        "CREATE FUNCTION audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit is only added to'; END $$",
        "CREATE TRIGGER audit_keeps BEFORE UPDATE OR DELETE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_is_only_added_to()",
        "CREATE TRIGGER audit_stays BEFORE TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to()",
    ],
}
"""What makes the audit append-only, whoever writes to the database."""

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at_utc", Utc(), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("about", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("before_sha256", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_about_seq"), ["about", "seq"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_action_seq"), ["action", "seq"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_actor_seq"), ["actor", "seq"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_at_utc"), ["at_utc"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_subject_seq"), ["subject", "seq"], unique=False)

    op.create_table(
        "bookmark",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("recording_id", sa.String(length=40), nullable=False),
        sa.Column("rig_id", sa.String(length=16), nullable=False),
        sa.Column("course_id", sa.String(length=16), nullable=True),
        sa.Column("by_person_id", sa.String(length=16), nullable=False),
        sa.Column("at_utc", Utc(), nullable=False),
        sa.Column("elapsed_s", sa.Double(), nullable=True),
        sa.Column("what", sa.String(length=24), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookmark")),
    )
    with op.batch_alter_table("bookmark", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_bookmark_recording_id"), ["recording_id"], unique=False
        )

    op.create_table(
        "class",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("created_utc", Utc(), nullable=False),
        sa.Column("ended_utc", Utc(), nullable=True),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("guideline", sa.String(length=64), nullable=False),
        sa.Column("attempt", sa.String(length=16), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.Column("goal_compressions", sa.Integer(), nullable=True),
        sa.Column("race", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class")),
    )
    op.create_table(
        "enrol_code",
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        sa.Column("made_by", sa.String(length=16), nullable=False),
        sa.Column("expires_utc", Utc(), nullable=False),
        sa.Column("used_utc", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("code_sha256", name=op.f("pk_enrol_code")),
    )
    op.create_table(
        "erased",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at_utc", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_erased")),
    )
    op.create_table(
        "erasing",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("about", sa.String(length=60), nullable=False),
        sa.Column("begun_utc", Utc(), nullable=False),
        sa.Column("recordings", sa.JSON(), nullable=False),
        sa.Column("uploads", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasing")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("sign_in_name", sa.String(length=120), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("learner_id", sa.String(length=16), nullable=True),
        sa.Column("created_utc", Utc(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("races", sa.Boolean(), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("learner_id", name=op.f("uq_person_learner_id")),
        sa.UniqueConstraint("sign_in_name", name=op.f("uq_person_sign_in_name")),
    )
    op.create_table(
        "setting",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_setting")),
    )
    op.create_table(
        "used_nonce",
        sa.Column("rig_id", sa.String(length=16), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("expires_utc", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("rig_id", "nonce", name=op.f("pk_used_nonce")),
    )
    with op.batch_alter_table("used_nonce", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_used_nonce_expires_utc"), ["expires_utc"], unique=False
        )

    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("at_utc", Utc(), nullable=False),
        sa.Column("by_person_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_consent_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_person_id"), ["person_id"], unique=False)

    op.create_table(
        "erasure_asked",
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("asked_utc", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_erasure_asked_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_erasure_asked")),
    )
    op.create_table(
        "login",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=16), nullable=False),
        sa.Column("created_utc", Utc(), nullable=False),
        sa.Column("seen_utc", Utc(), nullable=False),
        sa.Column("expires_utc", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_login_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_login")),
    )
    with op.batch_alter_table("login", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_expires_utc"), ["expires_utc"], unique=False)
        batch_op.create_index(batch_op.f("ix_login_person_id"), ["person_id"], unique=False)

    op.create_table(
        "membership",
        sa.Column("course_id", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("pin_hmac", sa.String(length=64), nullable=True),
        sa.Column("badge_sha256", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["course_id"], ["class.id"], name=op.f("fk_membership_course_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_membership_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("course_id", "person_id", name=op.f("pk_membership")),
        sa.UniqueConstraint("badge_sha256", name=op.f("uq_membership_badge_sha256")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_membership_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_membership_pin_hmac"), ["pin_hmac"], unique=False)

    op.create_table(
        "rig",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("enrolled_utc", Utc(), nullable=False),
        sa.Column("enrolled_by", sa.String(length=16), nullable=False),
        sa.Column("revoked_utc", Utc(), nullable=True),
        sa.Column("seen_utc", Utc(), nullable=True),
        sa.Column("course_id", sa.String(length=16), nullable=True),
        sa.Column("learner_person_id", sa.String(length=16), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["class.id"], name=op.f("fk_rig_course_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["learner_person_id"],
            ["person.id"],
            name=op.f("fk_rig_learner_person_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rig")),
    )
    op.create_table(
        "desk",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("rig_id", sa.String(length=16), nullable=False),
        sa.Column("course_id", sa.String(length=16), nullable=False),
        sa.Column("made_by", sa.String(length=16), nullable=False),
        sa.Column("made_utc", Utc(), nullable=False),
        sa.Column("expires_utc", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["class.id"], name=op.f("fk_desk_course_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["rig_id"], ["rig.id"], name=op.f("fk_desk_rig_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_desk")),
    )
    with op.batch_alter_table("desk", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_desk_expires_utc"), ["expires_utc"], unique=False)
        batch_op.create_index(batch_op.f("ix_desk_rig_id"), ["rig_id"], unique=False)

    op.create_table(
        "rig_report",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("rig_id", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at_utc", Utc(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rig_id"], ["rig.id"], name=op.f("fk_rig_report_rig_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rig_report")),
    )
    with op.batch_alter_table("rig_report", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_rig_report_rig_id_kind_at_utc"),
            ["rig_id", "kind", "at_utc"],
            unique=False,
        )

    op.create_table(
        "session",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("recording_id", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("pictured_sha256", sa.String(length=64), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("source_name", sa.String(length=200), nullable=False),
        sa.Column("learner_id", sa.String(length=16), nullable=False),
        sa.Column("course_id", sa.String(length=16), nullable=True),
        sa.Column("rig_id", sa.String(length=16), nullable=True),
        sa.Column("signature", sa.String(length=128), nullable=True),
        sa.Column("brought_by", sa.String(length=16), nullable=True),
        sa.Column("made_utc", Utc(), nullable=False),
        sa.Column("received_utc", Utc(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("attempt", sa.String(length=16), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("guideline_id", sa.String(length=64), nullable=False),
        sa.Column("storage_level", sa.Integer(), nullable=False),
        sa.Column("why_incomplete", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why_failed", sa.Text(), nullable=False),
        sa.Column("analysis_id", sa.String(length=16), nullable=True),
        sa.Column("edited", sa.Boolean(), nullable=False),
        sa.Column("approved_by", sa.String(length=16), nullable=True),
        sa.Column("approved_utc", Utc(), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.Column("score_pct", sa.Double(), nullable=True),
        sa.Column("score_low_pct", sa.Double(), nullable=True),
        sa.Column("score_high_pct", sa.Double(), nullable=True),
        sa.Column("n_compressions", sa.Integer(), nullable=True),
        sa.Column("n_right", sa.Integer(), nullable=True),
        sa.Column("mean_depth_mm", sa.Double(), nullable=True),
        sa.Column("mean_rate_cpm", sa.Double(), nullable=True),
        sa.Column("depth_in_target_pct", sa.Double(), nullable=True),
        sa.Column("rate_in_target_pct", sa.Double(), nullable=True),
        sa.Column("release_in_target_pct", sa.Double(), nullable=True),
        sa.Column("ccf_pct", sa.Double(), nullable=True),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["class.id"], name=op.f("fk_session_course_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["rig_id"], ["rig.id"], name=op.f("fk_session_rig_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("pictured_sha256", name=op.f("uq_session_pictured_sha256")),
        sa.UniqueConstraint("recording_id", name=op.f("uq_session_recording_id")),
        sa.UniqueConstraint("sha256", name=op.f("uq_session_sha256")),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_session_attempt_made_utc_id_course_id_learner_id"),
            ["attempt", "made_utc", "id", "course_id", "learner_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_session_course_id_learner_id_made_utc"),
            ["course_id", "learner_id", "made_utc"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_session_course_id_made_utc_id"),
            ["course_id", "made_utc", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_session_learner_id_made_utc_id_course_id"),
            ["learner_id", "made_utc", "id", "course_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_session_made_utc_id_course_id_learner_id"),
            ["made_utc", "id", "course_id", "learner_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_session_mode_made_utc_id_course_id_learner_id"),
            ["mode", "made_utc", "id", "course_id", "learner_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_session_rig_id_made_utc"), ["rig_id", "made_utc"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_session_score_pct_id_course_id_learner_id"),
            ["score_pct", "id", "course_id", "learner_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_session_state_made_utc_id_course_id_learner_id"),
            ["state", "made_utc", "id", "course_id", "learner_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_session_storage_level_made_utc"),
            ["storage_level", "made_utc"],
            unique=False,
        )

    op.create_table(
        "upload",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("rig_id", sa.String(length=16), nullable=True),
        sa.Column("person_id", sa.String(length=16), nullable=True),
        sa.Column("course_id", sa.String(length=16), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("source_name", sa.String(length=200), nullable=False),
        sa.Column("recording_id", sa.String(length=40), nullable=True),
        sa.Column("signature", sa.String(length=128), nullable=True),
        sa.Column("made_utc", Utc(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why_refused", sa.Text(), nullable=False),
        sa.Column("session_id", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["course_id"], ["class.id"], name=op.f("fk_upload_course_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_upload_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["rig_id"], ["rig.id"], name=op.f("fk_upload_rig_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_upload_sha256"), ["sha256"], unique=False)

    op.create_table(
        "analysis",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("session_id", sa.String(length=16), nullable=False),
        sa.Column("software", sa.String(length=64), nullable=False),
        sa.Column("made_utc", Utc(), nullable=False),
        sa.Column("correction_id", sa.String(length=16), nullable=True),
        sa.Column("json_zstd", sa.LargeBinary(), nullable=True),
        sa.Column("pyramid", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_analysis_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analysis")),
    )
    with op.batch_alter_table("analysis", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_analysis_session_id"), ["session_id"], unique=False)

    op.create_table(
        "annotation",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("session_id", sa.String(length=16), nullable=False),
        sa.Column("by_person_id", sa.String(length=16), nullable=False),
        sa.Column("made_utc", Utc(), nullable=False),
        sa.Column("t_s", sa.Double(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name=op.f("fk_annotation_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotation")),
    )
    with op.batch_alter_table("annotation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_annotation_session_id"), ["session_id"], unique=False)

    op.create_table(
        "correction",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("session_id", sa.String(length=16), nullable=False),
        sa.Column("by_person_id", sa.String(length=16), nullable=False),
        sa.Column("made_utc", Utc(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("corrections", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why_failed", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.String(length=16), nullable=True),
        sa.Column("approved_utc", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name=op.f("fk_correction_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_correction_session_id"), ["session_id"], unique=False)

    op.create_table(
        "film",
        sa.Column("session_id", sa.String(length=16), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("made_utc", Utc(), nullable=False),
        sa.Column("begins_s", sa.Double(), nullable=True),
        sa.Column("why_failed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_film_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_film")),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("session_id", sa.String(length=16), nullable=False),
        sa.Column("correction_id", sa.String(length=16), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_job_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_session_id"), ["session_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_job_state_priority_id"), ["state", "priority", "id"], unique=False
        )
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
