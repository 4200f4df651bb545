"""The door of the review: set-up, signing in and out, and who is refused."""

from __future__ import annotations

import httpx

from mr.review.web.routes.entry import TRIES_PER_MINUTE
from tests.web.kept import audited
from tests.web.servers import PASSWORD, Client, Running, until_refused


def class_with_badge(admin: Client) -> tuple[str, dict[str, str]]:
    course = admin.ok("POST", "/classes", json={"title": "Monday"})["id"]
    admin.ok("POST", f"/classes/{course}/learners", json={"names": ["Lena Learner"]})
    (badge,) = admin.ok("POST", f"/classes/{course}/badges")
    return course, badge


def test_set_up_needs_the_printed_code_and_is_done_once(review: Running) -> None:
    assert review.client().ok("GET", "/open")["needs_setup"]
    given = {"code": "wrong", "name": "E", "sign_in_name": "eve", "password": PASSWORD}
    review.client().no(403, "POST", "/setup", json=given)
    admin = review.client().set_up(review.setup_code)
    assert admin.me["role"] == "admin"
    assert not review.client().ok("GET", "/open")["needs_setup"]
    review.client().no(409, "POST", "/setup", json={**given, "code": review.setup_code})


def test_who_is_not_signed_in_sees_nothing(review: Running, admin: Client) -> None:
    for path in ("/me", "/people", "/classes", "/sessions", "/sessions/0123456789abcdef"):
        assert review.client().no(401, "GET", path)["code"] == "sign-in"


def test_a_wrong_password_and_an_unknown_name_are_told_alike(
    review: Running, admin: Client
) -> None:
    wrong = {"sign_in_name": "ada", "password": "wrong"}
    unknown = {"sign_in_name": "nobody-here", "password": "wrong"}
    stranger = review.client()
    assert stranger.no(403, "POST", "/sign-in", json=wrong) == stranger.no(
        403, "POST", "/sign-in", json=unknown
    )
    assert review.client().sign_in("ADA").me["name"] == "Ada Admin"


def test_tries_are_counted(review: Running, admin: Client) -> None:
    wrong = {"sign_in_name": "ada", "password": "wrong"}

    def guess() -> httpx.Response:
        return review.client().post("/api/sign-in", json=wrong)

    until_refused(guess, TRIES_PER_MINUTE, till_then=403)
    right = {"sign_in_name": "ada", "password": PASSWORD}
    assert review.client().no(429, "POST", "/sign-in", json=right)["code"] == "too-often"


def test_what_changes_something_needs_the_pages_token(review: Running, admin: Client) -> None:
    admin.headers["X-CSRF-Token"] = "forged"
    assert admin.no(403, "POST", "/classes", json={"title": "x"})["code"] == "csrf"
    del admin.headers["X-CSRF-Token"]
    assert admin.no(403, "POST", "/classes", json={"title": "x"})["code"] == "csrf"
    assert admin.ok("GET", "/classes") == []
    mine = (f"person:{admin.me['person_id']}", "refused.csrf", "/api/classes")
    assert [each for each in audited(review) if each[1] == "refused.csrf"] == [mine] * 2


def test_another_site_is_refused_whatever_it_sends(review: Running, admin: Client) -> None:
    other = {"Origin": "https://evil.example"}
    assert (
        admin.no(403, "POST", "/classes", json={"title": "x"}, headers=other)["code"]
        == "other-site"
    )
    cross = {"Sec-Fetch-Site": "cross-site"}
    admin.no(403, "POST", "/classes", json={"title": "x"}, headers=cross)
    rebound = {"Host": "evil.example"}
    assert admin.no(403, "GET", "/me", headers=rebound)["code"] == "other-name"


def test_a_signed_out_cookie_is_worth_nothing(review: Running, admin: Client) -> None:
    token = admin.cookies["mrcpr_session"]
    admin.ok("POST", "/sign-out")
    again = httpx.get(f"{review.address}/api/me", cookies={"mrcpr_session": token}, timeout=60)
    assert again.status_code == 401


def test_a_new_password_ends_all_other_logins(review: Running, admin: Client) -> None:
    elsewhere = review.client().sign_in("ada")
    new = {"old": PASSWORD, "new": "another good password"}
    admin.ok("POST", "/me/password", json=new)
    elsewhere.no(401, "GET", "/me")
    assert admin.ok("GET", "/me")["name"] == "Ada Admin"
    review.client().sign_in("ada", "another good password")


def test_a_learner_signs_in_by_badge(review: Running, admin: Client) -> None:
    course, badge = class_with_badge(admin)
    token = badge["url"].split("#")[1]
    by_badge = review.client().ok("POST", "/sign-in/badge", json={"token": token})
    assert by_badge["name"] == "Lena Learner"
    admin.ok("POST", f"/classes/{course}/badges")  # the old ones are void now
    review.client().no(403, "POST", "/sign-in/badge", json={"token": token})


def test_a_learner_may_not_what_staff_may(review: Running, admin: Client) -> None:
    course, badge = class_with_badge(admin)
    learner = review.client()
    token = badge["url"].split("#")[1]
    learner._took(learner.post("/api/sign-in/badge", json={"token": token}))
    assert learner.ok("GET", f"/classes/{course}")["learners"] == []  # no names of others
    learner.no(403, "GET", "/people")
    learner.no(403, "POST", "/classes", json={"title": "mine"})
    learner.no(403, "POST", f"/classes/{course}/badges")
    learner.no(404, "GET", f"/people/{admin.me['person_id']}")


def test_an_instructor_sees_their_own_class_only(review: Running, admin: Client) -> None:
    theirs, _ = class_with_badge(admin)
    given = {"name": "Ina", "role": "instructor", "sign_in_name": "ina", "password": PASSWORD}
    admin.ok("POST", "/people", json=given)
    ina = review.client().sign_in("ina")
    assert ina.ok("GET", "/classes") == []
    assert ina.ok("GET", "/people")["total"] == 1  # herself
    ina.no(404, "GET", f"/classes/{theirs}")
    ina.no(404, "PATCH", f"/classes/{theirs}", json={"title": "taken over"})
    ina.no(404, "POST", f"/classes/{theirs}/badges")
    own = ina.ok("POST", "/classes", json={"title": "Ina's"})["id"]
    lena = admin.ok("GET", f"/classes/{theirs}")["learners"][0]["id"]
    ina.no(404, "POST", f"/classes/{own}/members", json={"person_id": lena})


def test_the_last_admin_and_the_last_instructor_stay(review: Running, admin: Client) -> None:
    course, _ = class_with_badge(admin)
    me = admin.me["person_id"]
    assert admin.no(409, "PATCH", f"/people/{me}", json={"disabled": True})["code"] == "last-admin"
    assert admin.no(409, "DELETE", f"/classes/{course}/members/{me}")["code"] == "last-instructor"
