#include "device.h"

#include <string.h>

#include "port.h"

static bool send(const void *content, uint8_t length)
{
    uint8_t wire[MRCPR_WIRE_MAX];

    return mrcpr_port_send(wire, mrcpr_frame_encode(content, length, wire));
}

/* The tick counter wraps after some minutes; whole seconds are kept beside it. */
static void track_uptime(struct mrcpr_device *device, uint32_t ticks)
{
    device->uptime_rest_ticks += ticks - device->last_ticks;
    device->last_ticks = ticks;
    while (device->uptime_rest_ticks >= device->identity.tick_rate_hz) {
        device->uptime_rest_ticks -= device->identity.tick_rate_hz;
        device->uptime_s++;
    }
}

static void say_hello(const struct mrcpr_device *device, uint8_t request_id)
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
    };

    memcpy(hello.serial_number, device->identity.serial_number, MRCPR_NAME_LENGTH);
    memcpy(hello.board_name, device->identity.board_name, MRCPR_NAME_LENGTH);
    send(&hello, sizeof hello);
}

static void say_status(const struct mrcpr_device *device, uint8_t request_id)
{
    const struct mrcpr_status status = {
        .type = MRCPR_STATUS,
        .request_id = request_id,
        .sample_rate_hz = device->sample_rate_hz,
        .uptime_s = device->uptime_s,
        .overruns = device->overruns,
        .crc_errors = device->crc_errors,
        .framing_errors = device->framing_errors,
    };

    send(&status, sizeof status);
}

static void acknowledge(const uint8_t *content, uint8_t length, uint8_t code, uint16_t value)
{
    const struct mrcpr_ack ack = {
        .type = MRCPR_ACK,
        .request_id = length > 1 ? content[1] : 0,
        .command = content[0],
        .code = code,
        .value = value,
    };

    send(&ack, sizeof ack);
}

static void use_rate(struct mrcpr_device *device, uint16_t sample_rate_hz)
{
    device->sample_rate_hz = sample_rate_hz;
    mrcpr_port_set_period(device->identity.tick_rate_hz / sample_rate_hz);
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
    send(&pong, sizeof pong);
}

static void set_rate(struct mrcpr_device *device, const uint8_t *content, uint8_t length)
{
    struct mrcpr_set_rate command;

    memcpy(&command, content, sizeof command);
    if (command.sample_rate_hz < MRCPR_RATE_MIN_HZ || command.sample_rate_hz > MRCPR_RATE_MAX_HZ) {
        acknowledge(content, length, MRCPR_OUT_OF_RANGE, device->sample_rate_hz);
        return;
    }
    use_rate(device, command.sample_rate_hz);
    acknowledge(content, length, MRCPR_DONE, device->sample_rate_hz);
}

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
    default:
        return 0;
    }
}

static void obey(struct mrcpr_device *device, uint32_t received_ticks)
{
    const uint8_t *content = device->rx.content;
    const uint8_t length = device->rx.length;
    const uint8_t wanted = command_length(content[0]);

    if (wanted == 0) {
        acknowledge(content, length, MRCPR_UNKNOWN_COMMAND, 0);
        return;
    }
    if (wanted != length) {
        acknowledge(content, length, MRCPR_BAD_LENGTH, wanted);
        return;
    }
    switch (content[0]) {
    case MRCPR_HELLO_REQUEST:
        say_hello(device, content[1]);
        break;
    case MRCPR_PING:
        answer_ping(content, received_ticks);
        break;
    case MRCPR_SET_RATE:
        set_rate(device, content, length);
        break;
    default:
        say_status(device, content[1]);
        break;
    }
}

void mrcpr_start(struct mrcpr_device *device)
{
    device->last_ticks = mrcpr_port_now_ticks();
    use_rate(device, MRCPR_RATE_DEFAULT_HZ);
    say_hello(device, 0);
}

void mrcpr_miss_sample(struct mrcpr_device *device)
{
    device->next_seq++;
    device->overruns++;
    if (device->overflow < UINT8_MAX) {
        device->overflow++;
    }
}

void mrcpr_take_sample(struct mrcpr_device *device, uint32_t sampled_ticks,
                       const struct mrcpr_counts *counts)
{
    const struct mrcpr_sample sample = {
        .type = MRCPR_SAMPLE,
        .seq = device->next_seq,
        .sampled_ticks = sampled_ticks,
        .chest_counts = counts->chest,
        .force0_counts = counts->force[0],
        .force1_counts = counts->force[1],
        .force2_counts = counts->force[2],
        .force3_counts = counts->force[3],
        .airway_counts = counts->airway,
        .overflow = device->overflow,
    };

    track_uptime(device, sampled_ticks);
    if (send(&sample, sizeof sample)) {
        device->next_seq++;
        device->overflow = 0;
    } else {
        mrcpr_miss_sample(device);
    }
}

void mrcpr_receive(struct mrcpr_device *device, uint8_t byte, uint32_t received_ticks)
{
    switch (mrcpr_rx_byte(&device->rx, byte)) {
    case MRCPR_RX_FRAME:
        obey(device, received_ticks);
        break;
    case MRCPR_RX_BAD_CRC:
        device->crc_errors++;
        break;
    case MRCPR_RX_BAD_FRAME:
        device->framing_errors++;
        break;
    case MRCPR_RX_NOTHING:
        break;
    }
}
