"""`mrcpr upload`: recordings of this rig go to a class's server now."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from mr.cli.console import Output
from mr.cli.join_home import CaOption, Member
from mr.errors import MrError
from mr.recording.reader import open_recording
from mr.review.live.rig_key import RigHome
from mr.review.live.server_link import Address
from mr.review.live.upload import RefusedError
from mr.review.live.upload import upload as send


def upload(
    recordings: Annotated[
        list[Path], typer.Argument(metavar="RECORDING...", help="Recordings, .mcap.")
    ],
    to: Annotated[str, typer.Option("--to", metavar="URL", help="The class's server.")],
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="As which simulated rig; default: this machine's."),
    ] = None,
    ca: CaOption = None,
) -> None:
    """Upload recordings of this rig to a class's server.

    Also ones that were refused before, or made without a server. One that it has already is not
    sent again. What cannot be sent now stays noted, and
    goes when the rig joins.
    """
    console = Output()
    member = Member.of(RigHome.of_name(name), Address.of(to, ca))
    refused = []
    for path in recordings:
        ticket = member.outbox.put(path, open_recording(path).header.recording_id)
        try:
            with console.status(escape(f"uploading {path}")):
                send(member.link, member.signer, ticket, lambda _offset: None)
        except RefusedError as error:
            member.outbox.keep(ticket.model_copy(update={"refused": str(error)}))
            refused.append(f"{path} ({error})")
            continue
        member.outbox.done(ticket)
        console.print(escape(f"{path}: uploaded"))
    if refused:
        raise MrError(f"the server refuses {', '.join(refused)}")
