"""A rig makes itself known to a server, once, with a code that an instructor was given.

Takes a code and the rig's facts, gives the id under which the server knows it; leaves keys to
`mr.review.live.rig_key`.
"""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mr.errors import ConfigError
from mr.review.live.frames import RIG_ID
from mr.review.live.server_link import ServerLink
from mr.review.live.signing import enrolment_proof, public_text


def enrol(
    link: ServerLink, key: Ed25519PrivateKey, code: str, name: str, facts: dict[str, Any]
) -> str:
    """Enrol and give the rig's id.

    Raises
    ------
    ConfigError
        When the server refuses the code, or its answer means nothing.
    AwayError
        When it cannot be reached.
    """
    asked = {
        "code": code,
        "public_key": public_text(key),
        "proof": enrolment_proof(key, code),
        "name": name,
        "facts": facts,
    }
    answer = link.ask_json("POST", "/api/rigs/enrol", asked)
    if not answer.ok:
        raise ConfigError(f"--code: the server refuses it: {answer.words}")
    rig_id = answer.body.get("rig_id")
    if not isinstance(rig_id, str) or not RIG_ID.fullmatch(rig_id):
        raise ConfigError(
            f"{link.address.url}: it gave this rig no id: is this a server of `mrcpr review`?"
        )
    return rig_id
