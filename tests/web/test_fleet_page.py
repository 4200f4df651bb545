"""The fleet in a real browser: what needs attention, how a rig drifts, enrolling and naming."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mr.review.live.enrol import enrol
from mr.review.live.server_link import ServerLink
from tests.web.browser import Pages, axe, looked_at, shot, show
from tests.web.servers import Client, Running
from tests.web.test_fleet import report_of, technician
from tests.web.test_rigs import Joined, class_with, rig

__all__ = ["rig"]  # a fixture


def test_a_technician_looks_after_a_rig(
    review: Running, admin: Client, pages: Pages, rig: Joined
) -> None:
    class_with(admin, rig)
    assert rig.ask("POST", "/rigs/report", json=report_of()).status_code == 204
    tom = technician(review, admin)
    looked_at(pages, review, tom, "/fleet", "fleet")
    page = pages.of(review, tom)
    show(page, "/fleet")
    page.get_by_text("its newest daily check did not pass: depth").wait_for()
    page.get_by_role("link", name="Rig 1").click()
    page.get_by_role("heading", name="Drift since the calibration").wait_for()
    page.get_by_text("6.50% at the last of 3 readings").wait_for(state="attached")
    shot(page, "fleet-rig")
    assert axe(page) == []
    assert "Lena" not in page.content()
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("textbox", name="Name").fill("Rig by the window")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    page.get_by_role("link", name="Rig by the window").wait_for()
    page.get_by_role("button", name="Enrol a rig").click()
    code = page.locator(".code").inner_text()
    assert f"--code {code}" in page.locator("pre").inner_text()
    link = ServerLink(rig.address, rig.time, lambda: None)
    enrol(link, Ed25519PrivateKey.generate(), code, "Rig 2", {})
    page.get_by_text("Rig 2 has joined.").wait_for()  # told to who waits for it
    shot(page, "fleet-enrol")
    assert axe(page) == []
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Take out").click()
    page.get_by_role("dialog").get_by_role("button", name="Take out").click()
    page.get_by_role("link", name="Rig by the window").wait_for(state="detached")
    page.get_by_role("link", name="Rig 2").wait_for()


def test_a_technician_has_no_wall_and_an_instructor_no_fleet(
    review: Running, admin: Client, pages: Pages, rig: Joined
) -> None:
    from tests.web.test_wall import instructor

    course, _ = class_with(admin, rig)
    for client, path in (
        (technician(review, admin), f"/wall/{course}"),
        (instructor(review, admin), "/fleet"),
    ):
        page = pages.of(review, client)
        show(page, path)
        page.get_by_role("heading", name="Not found").or_(
            page.get_by_text("nothing here")
        ).first.wait_for()
        assert "Lena" not in page.content()
