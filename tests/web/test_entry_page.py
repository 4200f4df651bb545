"""The door in a real browser: set-up, signing in, and whoever is not signed in."""

from __future__ import annotations

from tests.web.browser import Pages, axe, settled, shot
from tests.web.servers import PASSWORD, Client, Running


def test_the_first_admin_is_made_and_signs_in_again(review: Running, pages: Pages) -> None:
    page = pages.of(review)
    page.goto(f"/setup#{review.setup_code}")
    page.get_by_label("Your name").fill("Ada Admin")
    page.get_by_label("User name").fill("ada")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    assert axe(page) == []
    page.get_by_role("button", name="Create the administrator").click()
    page.get_by_role("heading", name="Hello").wait_for()
    shot(page, "home-admin")
    page.get_by_role("button", name="Ada Admin").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()
    page.get_by_label("User name").fill("ada")
    page.get_by_role("textbox", name="Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("the name or the password is wrong").wait_for()
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Hello").wait_for()


def test_who_is_not_signed_in_is_led_to_the_door_and_back(
    review: Running, admin: Client, pages: Pages
) -> None:
    page = pages.of(review)
    page.goto("/?q=kept")
    settled(page)
    page.get_by_role("heading", name="Sign in").wait_for()
    page.get_by_label("User name").fill("ada")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Hello").wait_for()
    assert page.url.endswith("/?q=kept")
