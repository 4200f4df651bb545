"""The firmware's core in Python: byte for byte what ``firmware/core/device.c`` sends.

Takes counts, ticks and received bytes, gives bytes of the wire; leaves time and the
cable to `mr.sim.mannequin`. What takes the C core many turns (kept bytes) is done at once,
as on the host board. tests/firmware/test_twin.py holds the two streams together: a change
here is a change there.
"""

from __future__ import annotations

from mr.sim.adc import Counts
from mr.sim.firmware_averaging import Averaging
from mr.sim.firmware_board import Board, faults
from mr.sim.firmware_store import CAPACITIES, FirmwareStore
from mr.wire import (
    CHUNK_LENGTH,
    PROTOCOL_VERSION,
    Ack,
    AckCode,
    Block,
    BlockId,
    Command,
    CommitBlock,
    Deframer,
    Fault,
    Hello,
    HelloRequest,
    Identify,
    MessageType,
    Ping,
    Pong,
    ReadBlock,
    ResetCause,
    Sample,
    SelfTest,
    SelfTestResult,
    SetRate,
    Status,
    StatusRequest,
    WireCounters,
    WriteBlock,
    Zero,
    block_crc,
    decode_content,
    encode,
    name_bytes,
)

FIRMWARE = (0, 2, 0)
ADC_BITS = 10
RATE_DEFAULT_HZ = 200
RATE_MIN_HZ = 100
RATE_MAX_HZ = 500
TICK_RATE_HZ = 1_000_000
TICKS_MODULUS = 1 << 32


_COMMAND_LENGTHS: dict[int, int] = {
    MessageType.HELLO_REQUEST: 2,
    MessageType.PING: 4,
    MessageType.SET_RATE: 4,
    MessageType.STATUS_REQUEST: 2,
    MessageType.IDENTIFY: 3,
    MessageType.READ_BLOCK: 5,
    MessageType.WRITE_BLOCK: 38,
    MessageType.COMMIT_BLOCK: 7,
    MessageType.ZERO: 2,
    MessageType.SELF_TEST: 2,
}


class FirmwareCore:
    """The mannequin: what it says, and what it does when it is told something.

    `serial_number` is what it is called while no identity is stored.
    """

    def __init__(
        self, board: Board, serial_number: str, board_name: str, uart_baud: int = 0
    ) -> None:
        self._board = board
        self._store = FirmwareStore(board.storage)
        self._unnamed = name_bytes(serial_number)
        self._uart_baud = uart_baud
        self._board_name = name_bytes(board_name)
        self._received = WireCounters()
        self._deframer = Deframer(self._received)
        self._overruns = 0
        self._overflow = 0
        self._next_seq = 0
        self._uptime_s = 0
        self._uptime_rest_ticks = 0
        self._last_ticks = 0
        self._rate_hz = RATE_DEFAULT_HZ
        self._reset_cause = ResetCause.UNKNOWN
        self._last: Counts | None = None
        self._averaging: Averaging | None = None
        self._zero_request_id = 0
        self._late_ack: Ack | None = None
        self._identify_left_ticks = 0
        self._light_is_on = False

    def start(self, reset_cause: ResetCause = ResetCause.POWER_ON) -> None:
        """Start sampling at the default rate and say HELLO."""
        self._reset_cause = reset_cause
        self._last_ticks = self._board.now_ticks()
        self._use_rate(RATE_DEFAULT_HZ)
        self._board.send(b"\0\0")
        self._say_hello(0)

    def take_sample(self, sampled_ticks: int, counts: Counts) -> None:
        """Send one sample; count it as an overrun when the board cannot take it now."""
        self._settle()
        self._move_light(self._track_uptime(sampled_ticks))
        self._last = chest, force, airway = counts
        sample = Sample(self._next_seq, sampled_ticks, chest, *force, airway, self._overflow)
        if self._board.send(encode(sample)):
            self._overflow = 0
        else:
            self._overruns += 1
            self._overflow = min(self._overflow + 1, 0xFF)
        self._next_seq = (self._next_seq + 1) & 0xFFFF
        if self._averaging is not None:
            self._average(self._averaging, counts)
        self._settle()

    def receive(self, chunk: bytes, received_ticks: int) -> None:
        """Obey the commands that these bytes complete."""
        self._settle()
        for content in self._deframer.feed(chunk):
            wanted = _COMMAND_LENGTHS.get(content[0], 0)
            if not wanted:
                self._acknowledge(content, AckCode.UNKNOWN_COMMAND)
            elif len(content) != wanted:
                self._acknowledge(content, AckCode.BAD_LENGTH, wanted)
            else:
                self._obey(content, received_ticks)
            self._settle()

    # --- commands --------------------------------------------------------------------

    def _obey(self, content: bytes, received_ticks: int) -> None:
        match decode_content(content):
            case HelloRequest(request_id):
                self._say_hello(request_id)
            case Ping(request_id, token):
                now = self._board.now_ticks()
                self._board.send(encode(Pong(request_id, token, received_ticks, now)))
            case SetRate(_, sample_rate_hz):
                if RATE_MIN_HZ <= sample_rate_hz <= RATE_MAX_HZ:
                    self._use_rate(sample_rate_hz)
                    self._acknowledge(content, AckCode.DONE, self._rate_hz)
                else:
                    self._acknowledge(content, AckCode.OUT_OF_RANGE, self._rate_hz)
            case StatusRequest(request_id):
                self._say_status(request_id)
            case Identify(_, duration_s):
                self._identify_left_ticks = duration_s * TICK_RATE_HZ
                self._acknowledge(content, AckCode.DONE)
            case SelfTest(request_id):
                if self._last is None:
                    self._acknowledge(content, AckCode.BUSY)
                else:
                    self._say_self_test(request_id, self._last)
            case ReadBlock() | WriteBlock() | CommitBlock() | Zero() as command:
                self._obey_slow(command, content)

    def _obey_slow(self, command: Command, content: bytes) -> None:
        if not _in_range(command):
            self._acknowledge(content, AckCode.OUT_OF_RANGE)
            return
        if self._averaging is not None or self._late_ack is not None:
            self._acknowledge(content, AckCode.BUSY)
            return
        code = AckCode.DONE
        match command:
            case ReadBlock():
                self._say_block(command, content)
                return
            case Zero(request_id):
                self._averaging = Averaging()
                self._zero_request_id = request_id
                return
            case WriteBlock(_, block, offset, length, data):
                code = self._store.write(BlockId(block), offset, data[:length])
            case CommitBlock(_, block, length, crc):
                code = self._store.commit(BlockId(block), length, crc)
        self._late_ack = Ack(content[1], content[0], code, 0)

    def _average(self, averaging: Averaging, counts: Counts) -> None:
        averaging.add(counts)
        if averaging.moved:
            code = AckCode.NOT_STILL
        elif averaging.full:
            means = averaging.means().to_bytes()
            self._store.write(BlockId.ZERO, 0, means)
            code = self._store.commit(BlockId.ZERO, len(means), block_crc(means))
        else:
            return
        self._averaging = None
        self._late_ack = Ack(self._zero_request_id, MessageType.ZERO, code, averaging.samples)

    def _settle(self) -> None:
        """Answer what took long; an answer that the board cannot take now is kept."""
        if self._late_ack is not None and self._board.send(encode(self._late_ack)):
            self._late_ack = None

    def _use_rate(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._board.set_period(TICK_RATE_HZ // rate_hz)

    # --- time ------------------------------------------------------------------------

    def _track_uptime(self, ticks: int) -> int:
        passed = (ticks - self._last_ticks) % TICKS_MODULUS
        rest = self._uptime_rest_ticks + passed
        self._last_ticks = ticks
        self._uptime_s += rest // TICK_RATE_HZ
        self._uptime_rest_ticks = rest % TICK_RATE_HZ
        return passed

    def _move_light(self, passed_ticks: int) -> None:
        self._identify_left_ticks = max(self._identify_left_ticks - passed_ticks, 0)
        eighth = TICK_RATE_HZ // 8
        if self._identify_left_ticks > 0:
            on = self._uptime_rest_ticks // eighth % 2 == 0
        else:
            on = self._uptime_rest_ticks < eighth // 2
        if on != self._light_is_on:
            self._light_is_on = on
            self._board.light(on)

    # --- what it says ----------------------------------------------------------------

    def _say_hello(self, request_id: int) -> None:
        kept = self._store.kept
        hello = Hello(
            request_id,
            PROTOCOL_VERSION,
            *FIRMWARE,
            ADC_BITS,
            self._reset_cause,
            TICK_RATE_HZ,
            self._uart_baud,
            self._rate_hz,
            RATE_MIN_HZ,
            RATE_MAX_HZ,
            kept[BlockId.IDENTITY].content or self._unnamed,
            self._board_name,
            sum(1 << block for block in BlockId if kept[block].content),
            0,
            0,
        )
        self._board.send(encode(hello))

    def _say_status(self, request_id: int) -> None:
        status = Status(
            request_id,
            self._rate_hz,
            self._uptime_s,
            self._overruns,
            self._received.crc_errors,
            self._received.framing_errors,
            *self._board.state(),
        )
        self._board.send(encode(status))

    def _say_block(self, command: ReadBlock, content: bytes) -> None:
        request_id, block, offset = command
        kept = self._store.kept[BlockId(block)]
        length = len(kept.content)
        if not kept.content:
            self._acknowledge(content, AckCode.EMPTY)
        elif offset >= length:
            self._acknowledge(content, AckCode.OUT_OF_RANGE)
        else:
            piece = kept.content[offset : offset + CHUNK_LENGTH]
            answer = Block(request_id, block, kept.generation, length, offset, piece)
            self._board.send(encode(answer))

    def _say_self_test(self, request_id: int, last: Counts) -> None:
        chest, force, airway = last
        state = self._board.state()
        failed = faults(last, state, ADC_BITS)
        for block, fault in (
            (BlockId.IDENTITY, Fault.IDENTITY),
            (BlockId.CALIBRATION, Fault.CALIBRATION),
        ):
            if not self._store.kept[block].content:
                failed |= fault
        seen = (chest, *force, airway, state.supply_mv, state.stack_free_bytes)
        self._board.send(encode(SelfTestResult(request_id, failed, *seen)))

    def _acknowledge(self, content: bytes, code: AckCode, value: int = 0) -> None:
        request_id = content[1] if len(content) > 1 else 0
        self._board.send(encode(Ack(request_id, content[0], code, value)))


def _in_range(command: Command) -> bool:
    """Tell whether a command on blocks names a block and bytes that there can be."""
    match command:
        case ReadBlock(_, block, _):
            return block in CAPACITIES
        case WriteBlock(_, block, offset, length, _):
            capacity = CAPACITIES.get(BlockId(block), 0) if block in CAPACITIES else 0
            return 0 < length <= CHUNK_LENGTH and offset + length <= capacity
        case CommitBlock(_, BlockId.CALIBRATION, length, _):
            return 0 < length <= CAPACITIES[BlockId.CALIBRATION]
        case CommitBlock(_, block, length, _):
            return block in CAPACITIES and length == CAPACITIES[BlockId(block)]
    return True
