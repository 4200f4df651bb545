"""Frames survive any chunking and any damage."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mr.wire import (
    LAYOUTS,
    Ack,
    Block,
    CommitBlock,
    Decoder,
    Hello,
    HelloRequest,
    Identify,
    Message,
    Ping,
    Pong,
    ReadBlock,
    Sample,
    SelfTest,
    SelfTestResult,
    SetRate,
    Status,
    StatusRequest,
    WriteBlock,
    Zero,
    encode,
    encode_command,
    frame,
    name_bytes,
    name_text,
    refusal,
    wire_length,
)

NAME = name_bytes("A")
MESSAGES: list[Message] = [
    Hello(0, 2, 0, 2, 0, 10, 3, 1_000_000, 500_000, 200, 100, 500, NAME, NAME, 7, 710, 98),
    Sample(0xFFFF, 0xFFFFFFFF, 1023, 0, 1, 2, 3, -32768, 255),
    Sample(0, 0, 0, 0, 0, 0, 0, 0, 0),
    Pong(7, 258, 1, 2),
    Status(1, 200, 3, 4, 5, 6, 7, 8, 4987, 312),
    Ack(9, 0x83, 3, 200),
    Block(8, 1, 255, 398, 384, bytes(32)),
    SelfTestResult(6, 0x1FF, 0, 1023, 2, 3, 4, -32768, 4987, 312),
    HelloRequest(1),
    Ping(2, 1),
    SetRate(3, 500),
    StatusRequest(4),
    Identify(5, 10),
    ReadBlock(6, 1, 384),
    WriteBlock(7, 1, 384, 14, bytes(range(32))),
    CommitBlock(8, 1, 398, 0x1234),
    Zero(9),
    SelfTest(10),
]
STREAM = b"".join(encode(m) for m in MESSAGES)


def test_every_message_comes_back() -> None:
    decoder = Decoder()
    assert decoder.feed(STREAM) == MESSAGES
    assert decoder.counters.frames == len(MESSAGES)
    assert {type(m) for m in MESSAGES} == {cls for cls, _ in LAYOUTS.values()}
    for message in MESSAGES:
        assert len(encode(message)) == wire_length(type(message))


def test_a_known_vector() -> None:
    assert encode(Ping(2, 1)).hex() == "0482020103c1e900"


@given(st.lists(st.integers(1, 40), min_size=1))
@settings(max_examples=50, deadline=None)
def test_chunks_do_not_matter(sizes: list[int]) -> None:
    decoder, messages, at, k = Decoder(), [], 0, 0
    while at < len(STREAM):
        size = sizes[k % len(sizes)]
        messages += decoder.feed(STREAM[at : at + size])
        at, k = at + size, k + 1
    assert messages == MESSAGES


@given(st.binary(max_size=400), st.integers(1, 50))
@settings(max_examples=200, deadline=None)
def test_garbage_never_raises_and_costs_no_later_frame(garbage: bytes, size: int) -> None:
    decoder = Decoder()
    for at in range(0, len(garbage), size):
        decoder.feed(garbage[at : at + size])
    command = encode_command(Ping(1, 2))
    assert decoder.feed(command)[-1] == Ping(1, 2)


def damaged(rng: random.Random, wire: bytes) -> bytes:
    at = rng.randrange(len(wire))
    kind = rng.randrange(3)
    if kind == 0:
        return wire[:at] + bytes([wire[at] ^ (1 << rng.randrange(8))]) + wire[at + 1 :]
    if kind == 1:
        return wire[:at] + wire[at + 1 :]
    return wire[:at] + bytes([rng.randrange(256)]) + wire[at:]


def test_one_bad_byte_costs_about_one_frame() -> None:
    rng = random.Random(1)
    lost = 0
    events = 2000
    for k in range(events):
        sent = [Sample(j, rng.randrange(2**32), 5, 1, 2, 3, 4, 5, 0) for j in range(k, k + 5)]
        wires = [encode(s) for s in sent]
        wires[2] = damaged(rng, wires[2])
        got = Decoder().feed(b"".join(wires))
        assert all(message in sent for message in got), "nothing wrong is accepted"
        lost += len(sent) - len(got)
    assert 0 < lost <= 1.2 * events


def test_damage_is_counted_by_kind() -> None:
    decoder = Decoder()
    wire = bytearray(encode(Ping(2, 1)))
    wire[1] ^= 0x10
    assert decoder.feed(bytes(wire)) == []
    assert decoder.counters.crc_errors == 1
    assert decoder.feed(b"\xff\x01\x00" + b"x" * 300 + b"\x00") == []
    assert decoder.counters.framing_errors == 2
    assert decoder.feed(frame(b"\x7fnew") + frame(b"\x02short")) == []
    assert decoder.counters.unknown_messages == 2


def test_a_hello_of_another_version_tells_its_version() -> None:
    (hello,) = Decoder().feed(frame(bytes([1, 5, 9]) + b"unheard of"))
    assert isinstance(hello, Hello)
    assert (hello.request_id, hello.protocol_version) == (5, 9)


@pytest.mark.parametrize(("code", "text"), [(3, "out of range"), (77, "code 77")])
def test_refusals_have_words(code: int, text: str) -> None:
    assert refusal(code) == text


def test_names() -> None:
    assert name_text(name_bytes("MANNEQUIN-ÄÖ-0123456789")) == "MANNEQUIN-??-012"
