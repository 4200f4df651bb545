#include "commands.h"

#include <string.h>

#include "port.h"
#include "say.h"

void mrcpr_use_rate(struct mrcpr_device *device, uint16_t sample_rate_hz)
{
    device->sample_rate_hz = sample_rate_hz;
    mrcpr_port_set_period(device->identity.tick_rate_hz / sample_rate_hz);
}

static void acknowledge(const uint8_t *content, enum mrcpr_ack_code code, uint16_t value)
{
    mrcpr_say_ack(content[1], content[0], (uint8_t)code, value);
}

static void answer_ping(const uint8_t *content, uint32_t received_ticks)
{
    struct mrcpr_ping ping;
    struct mrcpr_pong pong = {.type = MRCPR_PONG};

    memcpy(&ping, content, sizeof ping);
    pong.request_id = ping.request_id;
    pong.token = ping.token;
    pong.device_rx_ticks = received_ticks;
    pong.device_tx_ticks = mrcpr_port_now_ticks();
    mrcpr_say(&pong, sizeof pong);
}

static void set_rate(struct mrcpr_device *device, const uint8_t *content)
{
    struct mrcpr_set_rate command;

    memcpy(&command, content, sizeof command);
    if (command.sample_rate_hz < MRCPR_RATE_MIN_HZ || command.sample_rate_hz > MRCPR_RATE_MAX_HZ) {
        acknowledge(content, MRCPR_OUT_OF_RANGE, device->sample_rate_hz);
        return;
    }
    mrcpr_use_rate(device, command.sample_rate_hz);
    acknowledge(content, MRCPR_DONE, device->sample_rate_hz);
}

static void identify(struct mrcpr_device *device, const uint8_t *content)
{
    struct mrcpr_identify command;

    memcpy(&command, content, sizeof command);
    device->identify_left_ticks = command.duration_s * device->identity.tick_rate_hz;
    acknowledge(content, MRCPR_DONE, 0);
}

/* --- what takes long: the answer comes from mrcpr_turn() --------------------------------- */

static bool is_busy(const struct mrcpr_device *device, const uint8_t *content)
{
    if (device->job.phase == MRCPR_JOB_NONE) {
        return false;
    }
    acknowledge(content, MRCPR_BUSY, 0);
    return true;
}

static void read_block(const struct mrcpr_device *device, const uint8_t *content)
{
    const struct mrcpr_kept *kept;
    struct mrcpr_read_block command;
    struct mrcpr_block answer = {.type = MRCPR_BLOCK};
    uint16_t left;

    memcpy(&command, content, sizeof command);
    if (command.block >= MRCPR_BLOCKS) {
        acknowledge(content, MRCPR_OUT_OF_RANGE, 0);
        return;
    }
    if (is_busy(device, content)) {
        return;
    }
    kept = &device->store.kept[command.block];
    if (kept->length == 0 || command.offset >= kept->length) {
        acknowledge(content, kept->length == 0 ? MRCPR_EMPTY : MRCPR_OUT_OF_RANGE, 0);
        return;
    }
    left = (uint16_t)(kept->length - command.offset);
    answer.request_id = command.request_id;
    answer.block = command.block;
    answer.generation = kept->generation;
    answer.length = kept->length;
    answer.offset = command.offset;
    mrcpr_store_read(&device->store, command.block, command.offset, answer.bytes,
                     (uint8_t)(left < MRCPR_CHUNK_LENGTH ? left : MRCPR_CHUNK_LENGTH));
    mrcpr_say(&answer, sizeof answer);
}

static void begin(struct mrcpr_device *device, const uint8_t *content, uint8_t phase)
{
    device->job.phase = phase;
    device->job.command = content[0];
    device->job.request_id = content[1];
    device->job.value = 0;
}

static void write_block(struct mrcpr_device *device, const uint8_t *content)
{
    struct mrcpr_write_block command;
    uint16_t capacity;

    memcpy(&command, content, sizeof command);
    capacity = mrcpr_store_capacity(command.block);
    if (command.length == 0 || command.length > MRCPR_CHUNK_LENGTH || command.offset >= capacity ||
        command.length > capacity - command.offset) {
        acknowledge(content, MRCPR_OUT_OF_RANGE, 0);
        return;
    }
    if (is_busy(device, content)) {
        return;
    }
    begin(device, content, MRCPR_JOB_STORES);
    mrcpr_store_write(&device->store, command.block, command.offset, command.bytes,
                      command.length);
}

/* A calibration's layout is the host's matter; the other blocks have one length. */
static bool may_be_long(uint8_t block, uint16_t length)
{
    const uint16_t capacity = mrcpr_store_capacity(block);

    return block == MRCPR_BLOCK_CALIBRATION ? length > 0 && length <= capacity
                                            : capacity > 0 && length == capacity;
}

static void commit_block(struct mrcpr_device *device, const uint8_t *content)
{
    struct mrcpr_commit_block command;

    memcpy(&command, content, sizeof command);
    if (!may_be_long(command.block, command.length)) {
        acknowledge(content, MRCPR_OUT_OF_RANGE, 0);
        return;
    }
    if (is_busy(device, content)) {
        return;
    }
    begin(device, content, MRCPR_JOB_STORES);
    mrcpr_store_commit(&device->store, command.block, command.length, command.crc);
}

static void zero(struct mrcpr_device *device, const uint8_t *content)
{
    if (is_busy(device, content)) {
        return;
    }
    begin(device, content, MRCPR_JOB_AVERAGES);
    mrcpr_averaging_start(&device->averaging);
}

static void self_test(const struct mrcpr_device *device, const uint8_t *content)
{
    if (device->has_sampled) {
        mrcpr_say_self_test(device, content[1]);
    } else {
        acknowledge(content, MRCPR_BUSY, 0);
    }
}

/* --- which one it is ----------------------------------------------------------------------- */

/* The length a command must have; 0 for one that is not known. */
static uint8_t command_length(uint8_t type)
{
    switch (type) {
    case MRCPR_HELLO_REQUEST:
        return sizeof(struct mrcpr_hello_request);
    case MRCPR_PING:
        return sizeof(struct mrcpr_ping);
    case MRCPR_SET_RATE:
        return sizeof(struct mrcpr_set_rate);
    case MRCPR_STATUS_REQUEST:
        return sizeof(struct mrcpr_status_request);
    case MRCPR_IDENTIFY:
        return sizeof(struct mrcpr_identify);
    case MRCPR_READ_BLOCK:
        return sizeof(struct mrcpr_read_block);
    case MRCPR_WRITE_BLOCK:
        return sizeof(struct mrcpr_write_block);
    case MRCPR_COMMIT_BLOCK:
        return sizeof(struct mrcpr_commit_block);
    case MRCPR_ZERO:
        return sizeof(struct mrcpr_zero);
    case MRCPR_SELF_TEST:
        return sizeof(struct mrcpr_self_test);
    default:
        return 0;
    }
}

static void obey_known(struct mrcpr_device *device, const uint8_t *content,
                       uint32_t received_ticks)
{
    switch (content[0]) {
    case MRCPR_HELLO_REQUEST:
        mrcpr_say_hello(device, content[1]);
        break;
    case MRCPR_PING:
        answer_ping(content, received_ticks);
        break;
    case MRCPR_SET_RATE:
        set_rate(device, content);
        break;
    case MRCPR_STATUS_REQUEST:
        mrcpr_say_status(device, content[1]);
        break;
    case MRCPR_IDENTIFY:
        identify(device, content);
        break;
    case MRCPR_READ_BLOCK:
        read_block(device, content);
        break;
    case MRCPR_WRITE_BLOCK:
        write_block(device, content);
        break;
    case MRCPR_COMMIT_BLOCK:
        commit_block(device, content);
        break;
    case MRCPR_ZERO:
        zero(device, content);
        break;
    default:
        self_test(device, content);
        break;
    }
}

void mrcpr_obey(struct mrcpr_device *device, uint32_t received_ticks)
{
    const uint8_t *content = device->rx.content;
    const uint8_t length = device->rx.length;
    const uint8_t wanted = command_length(content[0]);

    if (wanted != 0 && wanted == length) {
        obey_known(device, content, received_ticks);
    } else {
        mrcpr_say_ack(length > 1 ? content[1] : 0, content[0],
                      wanted == 0 ? MRCPR_UNKNOWN_COMMAND : MRCPR_BAD_LENGTH, wanted);
    }
}
