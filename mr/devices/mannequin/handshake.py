"""Who is at the other end of this port?

Takes an open port, gives the device's HELLO and the messages that came after it; leaves
streaming to `mr.devices.mannequin.source`. It waits in real time, whatever clock stamps
the samples: a board that is reset when its port opens needs seconds to answer.
"""

from __future__ import annotations

import time

from mr.clock.host import host_now_ns
from mr.devices.mannequin.port import PORT_ERRORS, READ_MAX, PortLike
from mr.errors import DeviceError, ProtocolError
from mr.wire import PROTOCOL_VERSION, Decoder, Hello, HelloRequest, Message, encode_command

RETRY_NS = 250_000_000
LISTEN_S = 0.002
REQUEST_ID = 1


def shake_hands(
    port: PortLike, name: str, decoder: Decoder, timeout_s: float
) -> tuple[Hello, list[Message]]:
    """Ask for HELLO again and again until it comes.

    Samples that came before the answer are old and dropped; those behind it are given.

    Raises
    ------
    DeviceError
        When nothing, or nothing like a mannequin, answers in time.
    ProtocolError
        When the firmware speaks another version of the protocol.
    """
    deadline_ns = host_now_ns() + round(timeout_s * 1e9)
    ask_ns = 0
    n_bytes = 0
    try:
        while (now_ns := host_now_ns()) < deadline_ns:
            if now_ns >= ask_ns:
                port.write(encode_command(HelloRequest(REQUEST_ID)))
                ask_ns = now_ns + RETRY_NS
            chunk = port.read(min(max(1, port.in_waiting), READ_MAX))
            n_bytes += len(chunk)
            messages = decoder.feed(chunk)
            for k, message in enumerate(messages):
                if isinstance(message, Hello) and message.request_id == REQUEST_ID:
                    return _of_our_version(message, name), messages[k + 1 :]
            if not chunk:
                time.sleep(LISTEN_S)
    except PORT_ERRORS as error:
        raise DeviceError(
            f"mannequin on {name} went away while it was greeted ({error}): check its cable"
        ) from error
    heard = f"{n_bytes} bytes, but no HELLO," if n_bytes else "nothing"
    raise DeviceError(
        f"{name} sent {heard} within {timeout_s:g} s: is a mannequin with MR-CPR firmware on "
        "this port? `mrcpr doctor` lists the ports"
    )


def _of_our_version(hello: Hello, name: str) -> Hello:
    if hello.protocol_version != PROTOCOL_VERSION:
        raise ProtocolError(
            f"mannequin on {name} speaks protocol {hello.protocol_version}, this program "
            f"speaks {PROTOCOL_VERSION}: flash the firmware that came with this program"
        )
    return hello
