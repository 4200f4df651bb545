#include "say.h"

#include <string.h>

#include "port.h"

/* A board measures its supply against a reference of its own, which may be 9 % off: a sound
 * 4.6 to 5.25 V (USB behind the Nano's diode, or not) must not be called a fault. */
#define SUPPLY_MIN_MV 4000
#define SUPPLY_MAX_MV 5800
#define STACK_MIN_BYTES 64
#define END_COUNTS 8u /* a broken or shorted lead reads within so many of an end */

bool mrcpr_say(const void *content, uint8_t length)
{
    uint8_t wire[MRCPR_WIRE_MAX];

    return mrcpr_port_send(wire, mrcpr_frame_encode(content, length, wire));
}

static bool stores(const struct mrcpr_device *device, uint8_t block)
{
    return device->store.kept[block].length > 0;
}

bool mrcpr_say_hello(const struct mrcpr_device *device, uint8_t request_id)
{
    struct mrcpr_hello hello = {
        .type = MRCPR_HELLO,
        .request_id = request_id,
        .protocol_version = MRCPR_PROTOCOL_VERSION,
        .firmware_major = MRCPR_FIRMWARE_MAJOR,
        .firmware_minor = MRCPR_FIRMWARE_MINOR,
        .firmware_patch = MRCPR_FIRMWARE_PATCH,
        .adc_bits = device->identity.adc_bits,
        .reset_cause = device->identity.reset_cause,
        .tick_rate_hz = device->identity.tick_rate_hz,
        .uart_baud = device->identity.uart_baud,
        .sample_rate_hz = device->sample_rate_hz,
        .sample_rate_min_hz = MRCPR_RATE_MIN_HZ,
        .sample_rate_max_hz = MRCPR_RATE_MAX_HZ,
        .sample_latency_ticks = device->identity.sample_latency_ticks,
        .pong_latency_ticks = device->identity.pong_latency_ticks,
    };

    memcpy(hello.serial_number, device->identity.serial_number, MRCPR_NAME_LENGTH);
    memcpy(hello.board_name, device->identity.board_name, MRCPR_NAME_LENGTH);
    for (uint8_t block = 0; block < MRCPR_BLOCKS; block++) {
        if (stores(device, block)) {
            hello.stored_blocks = (uint16_t)(hello.stored_blocks | (1u << block));
        }
    }
    return mrcpr_say(&hello, sizeof hello);
}

bool mrcpr_say_status(const struct mrcpr_device *device, uint8_t request_id)
{
    const struct mrcpr_board_state board = mrcpr_port_state();
    const struct mrcpr_status status = {
        .type = MRCPR_STATUS,
        .request_id = request_id,
        .sample_rate_hz = device->sample_rate_hz,
        .uptime_s = device->uptime_s,
        .overruns = device->overruns,
        .crc_errors = device->crc_errors,
        .framing_errors = device->framing_errors,
        .rx_overruns = board.rx_overruns,
        .airway_errors = board.airway_errors,
        .supply_mv = board.supply_mv,
        .stack_free_bytes = board.stack_free_bytes,
    };

    return mrcpr_say(&status, sizeof status);
}

bool mrcpr_say_ack(uint8_t request_id, uint8_t command, uint8_t code, uint16_t value)
{
    const struct mrcpr_ack ack = {
        .type = MRCPR_ACK,
        .request_id = request_id,
        .command = command,
        .code = code,
        .value = value,
    };

    return mrcpr_say(&ack, sizeof ack);
}

static bool at_an_end(const struct mrcpr_device *device, uint16_t counts)
{
    return counts < END_COUNTS || counts + END_COUNTS >= 1UL << device->identity.adc_bits;
}

static uint16_t failed(const struct mrcpr_device *device, const struct mrcpr_board_state *board)
{
    const struct mrcpr_counts *last = &device->last;
    uint16_t faults = 0;

    if (at_an_end(device, last->chest)) {
        faults |= MRCPR_FAULT_CHEST;
    }
    for (uint8_t i = 0; i < 4; i++) {
        if (at_an_end(device, last->force[i])) {
            faults = (uint16_t)(faults | ((unsigned)MRCPR_FAULT_FORCE0 << i));
        }
    }
    if (last->airway == MRCPR_AIRWAY_UNKNOWN) {
        faults |= MRCPR_FAULT_AIRWAY;
    }
    if (board->supply_mv != 0 &&
        (board->supply_mv < SUPPLY_MIN_MV || board->supply_mv > SUPPLY_MAX_MV)) {
        faults |= MRCPR_FAULT_SUPPLY;
    }
    if (!stores(device, MRCPR_BLOCK_IDENTITY)) {
        faults |= MRCPR_FAULT_IDENTITY;
    }
    if (!stores(device, MRCPR_BLOCK_CALIBRATION)) {
        faults |= MRCPR_FAULT_CALIBRATION;
    }
    if (board->stack_free_bytes != 0 && board->stack_free_bytes < STACK_MIN_BYTES) {
        faults |= MRCPR_FAULT_STACK;
    }
    return faults;
}

bool mrcpr_say_self_test(const struct mrcpr_device *device, uint8_t request_id)
{
    const struct mrcpr_board_state board = mrcpr_port_state();
    const struct mrcpr_self_test_result result = {
        .type = MRCPR_SELF_TEST_RESULT,
        .request_id = request_id,
        .failed = failed(device, &board),
        .chest_counts = device->last.chest,
        .force0_counts = device->last.force[0],
        .force1_counts = device->last.force[1],
        .force2_counts = device->last.force[2],
        .force3_counts = device->last.force[3],
        .airway_counts = device->last.airway,
        .supply_mv = board.supply_mv,
        .stack_free_bytes = board.stack_free_bytes,
    };

    return mrcpr_say(&result, sizeof result);
}
