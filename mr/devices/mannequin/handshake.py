"""Who is at the other end of this port?

Takes an open port, gives the device's HELLO and the messages that came after it; leaves
streaming to `mr.devices.mannequin.source`.

A board that answers at once has said HELLO some milliseconds after its port opened. Many
boards are reset by the opening, and their bootloader listens for a second or two before
the firmware runs: theirs is the time to wait, and the first request that the firmware can
hear comes at most `RETRY_NS` after it.
"""

from __future__ import annotations

import time

from mr.clock.host import host_now_ns
from mr.devices.mannequin.port import PORT_ERRORS, READ_MAX, PortLike
from mr.errors import DeviceError, ProtocolError
from mr.wire import PROTOCOL_VERSION, Decoder, Hello, HelloRequest, Message, encode_command

QUICK_NS = 500_000_000
QUICK_RETRY_NS = 50_000_000
RETRY_NS = 250_000_000
LISTEN_S = 0.002
REQUEST_ID = 1
CURE = "`make -C firmware flash PORT={port}` (docs/guides/technician/build.md)"


class Greeting:
    """Asks for HELLO again and again until it comes; whoever owns it calls `step`.

    Parameters
    ----------
    name
        Of the port, for errors.
    now_ns
        When the port was opened, by the clock that `step` is told.
    timeout_s
        How long an answer is waited for.
    """

    def __init__(self, name: str, now_ns: int, timeout_s: float) -> None:
        self._name = name
        self._timeout_s = timeout_s
        self._begun_ns = self._ask_ns = now_ns
        self._n_bytes = 0
        self._odd = False

    def step(
        self, port: PortLike, decoder: Decoder, now_ns: int
    ) -> tuple[Hello, list[Message]] | None:
        """Send what is due and look what has arrived; None until HELLO is there.

        Samples that came before the answer are old and dropped; those behind it are given.

        Raises
        ------
        DeviceError
            When the port is gone, or nothing like a mannequin has answered in time.
        ProtocolError
            When the firmware speaks another version of the protocol.
        """
        try:
            if now_ns >= self._ask_ns:
                port.write(encode_command(HelloRequest(REQUEST_ID)))
                quick = now_ns - self._begun_ns < QUICK_NS
                self._ask_ns = now_ns + (QUICK_RETRY_NS if quick else RETRY_NS)
            chunk = port.read(min(max(1, port.in_waiting), READ_MAX))
        except PORT_ERRORS as error:
            raise DeviceError(
                f"mannequin on {self._name} went away while it was greeted ({error}): "
                "check its cable"
            ) from error
        self._n_bytes += len(chunk)
        messages = decoder.feed(chunk)
        for k, message in enumerate(messages):
            if isinstance(message, Hello) and message.request_id == REQUEST_ID:
                require_our_version(message, self._name)
                if is_possible(message):
                    return message, messages[k + 1 :]
                self._odd = True
        if now_ns - self._begun_ns > self._timeout_s * 1e9:
            raise DeviceError(self._nothing())
        return None

    def _nothing(self) -> str:
        heard = "nothing"
        if self._n_bytes:
            heard = f"{self._n_bytes} bytes, but no HELLO,"
        if self._odd:
            heard = "a HELLO with impossible rates"
        return (
            f"{self._name} sent {heard} within {self._timeout_s:g} s: is a mannequin with "
            "MR-CPR firmware on this port? `mrcpr doctor` lists the ports"
        )


def shake_hands(
    port: PortLike, name: str, decoder: Decoder, timeout_s: float
) -> tuple[Hello, list[Message]]:
    """Greet and wait, in real time whatever clock stamps the samples; see `Greeting`."""
    greeting = Greeting(name, host_now_ns(), timeout_s)
    while (answer := greeting.step(port, decoder, host_now_ns())) is None:
        time.sleep(LISTEN_S)
    return answer


def require_our_version(hello: Hello, name: str) -> None:
    """Refuse another protocol version with what to do about it (`ProtocolError`)."""
    theirs = hello.protocol_version
    if theirs == PROTOCOL_VERSION:
        return
    reflash = f"with {CURE.format(port=name)}"
    cure = f"update this program, or reflash it {reflash}"
    if theirs < PROTOCOL_VERSION:
        cure = f"reflash it {reflash}"
    raise ProtocolError(
        f"mannequin on {name} speaks protocol {theirs}, this program speaks "
        f"{PROTOCOL_VERSION}: {cure}"
    )


def is_possible(hello: Hello) -> bool:
    """Tell whether a HELLO of our version can be true: its CRC is only 16 bits."""
    slow, rate, fast = hello.sample_rate_min_hz, hello.sample_rate_hz, hello.sample_rate_max_hz
    return 0 < slow <= rate <= fast <= hello.tick_rate_hz // 4 and 1 <= hello.adc_bits <= 16
