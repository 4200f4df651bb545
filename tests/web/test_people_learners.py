"""Learners over time and classes in figures: each sees their own, and nothing of others."""

from __future__ import annotations

from tests.web.crowd import Crowd, put_session

FORGED = "0123456789abcdef"


def test_each_sees_their_own_learners_and_the_sessions_of_their_classes(all_of_them: Crowd) -> None:
    who = all_of_them
    lena, luis = who.lena.me, who.luis.me
    in_a = put_session(who.review, lena["learner_id"], who.a, 3, score_pct=71.0)
    put_session(who.review, lena["learner_id"], None, 1, score_pct=99.0)  # at home: not Ina's
    put_session(who.review, luis["learner_id"], who.b, 40)

    def seen(client: object) -> list[tuple[str, float | None, bool]]:
        rows = client.ok("GET", "/learners")["rows"]  # type: ignore[attr-defined]
        return [(row["name"], row["newest_pct"], row["overdue"]) for row in rows]

    assert seen(who.ina) == [("Lena Learner", 71.0, False)]
    assert seen(who.otto) == [("Luis Latecomer", 80.0, True)]
    assert seen(who.lena) == [("Lena Learner", 99.0, False)]
    assert seen(who.tess) == []
    assert [name for name, _, _ in seen(who.admin)] == ["Lena Learner", "Luis Latecomer"]
    overdue = who.admin.ok("GET", "/learners", params={"overdue": True})
    assert [row["name"] for row in overdue["rows"]] == ["Luis Latecomer"]
    assert overdue["total"] == 1
    assert who.admin.ok("GET", "/learners", params={"q": "lena"})["total"] == 1
    assert who.admin.ok("GET", "/learners", params={"course": who.b})["total"] == 1

    address = f"/learners/{lena['person_id']}"
    assert who.lena.ok("GET", address)["progress"]["n_sessions"] == 2
    told = who.ina.ok("GET", address)["progress"]
    assert told["n_sessions"] == 1
    assert [p["session_id"] for line in told["lines"] for p in line["points"]] == [in_a.id]
    for client in (who.otto, who.luis, who.tess):
        client.no(404, "GET", address)
        assert who.refused(client) == [f"learner:{lena['person_id']}"]
    who.ina.no(404, "GET", f"/learners/{FORGED}")
    assert who.refused(who.ina) == [f"learner:{FORGED}"]


def test_a_class_in_figures_is_for_who_teaches_it(all_of_them: Crowd) -> None:
    who = all_of_them
    for days, score_pct in ((9, 95.0), (2, 61.0)):
        put_session(who.review, who.lena.me["learner_id"], who.a, days, score_pct=score_pct)
    address = f"/classes/{who.a}/figures"

    def scores(**asked: str) -> dict[float, int]:
        spread = who.ina.ok("GET", address, params=asked)["spreads"][0]
        return {e: n for e, n in zip(spread["edges"], spread["counts"], strict=False) if n}

    assert scores() == {60.0: 1}
    assert scores(which="best") == {90.0: 1}
    assert scores(which="all") == {60.0: 1, 90.0: 1}
    assert scores(which="all", mode="30:2") == {}
    (row,) = who.ina.ok("GET", address)["learners"]
    assert (row["name"], row["newest_pct"], row["best_pct"], row["needs_practice"]) == (
        "Lena Learner", 61.0, 95.0, False,
    )  # fmt: skip
    who.otto.no(404, "GET", address)
    who.admin.ok("GET", address)
    who.lena.no(403, "GET", address)
    who.tess.no(403, "GET", address)
    who.ina.no(404, "GET", f"/classes/{FORGED}/figures")
    assert who.refused(who.otto) == [f"class:{who.a}"]
    assert who.refused(who.ina) == [f"class:{FORGED}"]


def test_a_class_is_judged_by_a_shipped_guideline_and_not_by_a_file_of_the_server(
    all_of_them: Crowd,
) -> None:
    ina, address = all_of_them.ina, f"/classes/{all_of_them.a}"
    shipped = [row["id"] for row in ina.ok("GET", "/guidelines")]
    assert ina.ok("PATCH", address, json={"guideline": shipped[0]})["guideline"] == shipped[0]
    for path in ("/etc/passwd", "../../secret", "./guideline.toml"):
        no = ina.no(422, "PATCH", address, json={"guideline": path})
        assert "no guideline that the software brings along" in no["error"]
