"""Which rig this machine is to a class's server: enrolled now, with a code, or before.

Takes what `join` and `upload` were told, gives who signs and where uploads wait; leaves keys to
`mr.review.live.rig_key`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from mr.errors import ConfigError
from mr.review.live.enrol import enrol
from mr.review.live.outbox import Outbox
from mr.review.live.rig_key import RigHome
from mr.review.live.server_link import Address, ServerLink, ServerTime
from mr.review.live.signing import Signer

CaOption = Annotated[
    Path | None,
    typer.Option(
        "--ca", metavar="FILE", help="Certificate of the server's own authority, for https."
    ),
]


@dataclass(frozen=True, slots=True)
class Member:
    """A rig that a server knows."""

    address: Address
    time: ServerTime
    signer: Signer
    link: ServerLink
    outbox: Outbox

    @classmethod
    def of(
        cls,
        home: RigHome,
        address: Address,
        code: str | None = None,
        name: str = "",
        facts: Mapping[str, Any] | None = None,
    ) -> Member:
        """Be known: by a code that was given, or as before.

        Raises
        ------
        ConfigError
            When it was never enrolled and there is no code, or the code is refused.
        AwayError
            When there is a code and the server cannot be reached.
        """
        key, time = home.key(), ServerTime()
        if code is not None:
            asked = ServerLink(address, time, lambda: None)
            home.enrolled(address.url, enrol(asked, key, code, name, dict(facts or {})))
        rig_id = home.rig_id(address.url)
        if rig_id is None:
            raise ConfigError(
                f"{address.url} does not know this rig yet: an instructor's page gives a code "
                "under Fleet; join once with --code CODE"
            )
        signer = Signer(rig_id, key, time)
        of_server = hashlib.sha256(address.url.encode()).hexdigest()[:12]
        outbox = Outbox(home.outbox / of_server)
        return cls(address, time, signer, ServerLink(address, time, lambda: signer), outbox)
