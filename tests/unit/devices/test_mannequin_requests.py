"""What goes out to the mannequin: the sample rate, until it is acknowledged."""

from __future__ import annotations

import pytest

from mr.devices.mannequin.requests import RATE_RETRY_NS, RATE_TRIES, Requests
from mr.errors import DeviceError
from mr.wire import Ack, AckCode, MessageType, SetRate


def rates_asked(requests: Requests, now_ns: int) -> list[SetRate]:
    return [command for command in requests.due(now_ns) if isinstance(command, SetRate)]


def ack(request_id: int, rate_hz: int) -> Ack:
    return Ack(request_id, MessageType.SET_RATE, AckCode.DONE, rate_hz)


def test_a_late_acknowledgement_counts() -> None:
    """A busy loop reads each answer behind the next repetition."""
    requests = Requests("here")
    requests.want_rate(500, 0)
    (first,) = rates_asked(requests, 0)
    (second,) = rates_asked(requests, RATE_RETRY_NS)
    assert first == second
    assert requests.acknowledged(ack(first.request_id, 500)) == 500
    assert rates_asked(requests, 9 * RATE_RETRY_NS) == []


def test_an_acknowledgement_of_an_older_wish_is_none() -> None:
    requests = Requests("here")
    requests.want_rate(500, 0)
    (older,) = rates_asked(requests, 0)
    requests.want_rate(250, 1)
    (newer,) = rates_asked(requests, 1)
    assert requests.acknowledged(ack(older.request_id, 500)) is None
    assert requests.rate_is_open
    assert requests.acknowledged(ack(newer.request_id, 250)) == 250


def test_a_device_that_never_acknowledges_is_told_of() -> None:
    requests = Requests("here")
    requests.want_rate(500, 0)
    for k in range(RATE_TRIES):
        assert len(rates_asked(requests, k * RATE_RETRY_NS)) == 1
    with pytest.raises(DeviceError, match="does not answer SET_RATE"):
        requests.due(RATE_TRIES * RATE_RETRY_NS)


def test_a_rate_that_is_in_force_is_kept_over_a_restart() -> None:
    requests = Requests("here")
    requests.keep_rate(500)
    assert rates_asked(requests, 0) == []
    requests.begin(1, 200)
    assert [command.sample_rate_hz for command in rates_asked(requests, 1)] == [500]
