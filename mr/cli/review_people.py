"""`mrcpr review reset-password`: for who is locked out; only who may read the data folder can."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer
from rich.markup import escape
from sqlalchemy import select

from mr.cli.console import Output
from mr.cli.review_places import DatabaseOption, DataOption, place_of
from mr.errors import ConfigError
from mr.review.people.logins import sign_out_everywhere
from mr.review.people.passwords import hash_password
from mr.review.store.audit import note
from mr.review.store.people import Person

PASSWORD_BYTES = 12


def reset_password(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who: the name to sign in with.")],
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Give somebody a new password, shown once; all of their logins end."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    place = place_of(context, data, database)
    with place.archive() as archive, archive.database.writing() as session:
        person = session.scalars(select(Person).where(Person.sign_in_name == name.lower())).first()
        if person is None:
            raise ConfigError(f"nobody signs in as {name}: look at its spelling")
        person.password_hash = hash_password(password, name)
        sign_out_everywhere(session, person.id)
        note(session, "system", "password.reset", f"person:{person.id}", person.id)
        closed = person.disabled
    console = Output()
    console.print(f"new password of {escape(name)}: [bold]{escape(password)}[/]")
    console.prose("It is shown this once. Change it after signing in; the audit tells of it.")
    if closed:
        console.print("[yellow]![/] this account is closed: an admin opens it on the people's page")
