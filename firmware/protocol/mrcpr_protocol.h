/* The mannequin's wire, protocol version 1. This header is the truth; docs/PROTOCOL.md
 * describes it and mr/wire/layout.py decodes it. tests/firmware/test_layout.py fails when
 * the three disagree, or when a layout changes and MRCPR_PROTOCOL_VERSION does not.
 *
 * On the wire a frame is COBS(content ++ CRC-16/IBM-3740 of content, low byte first) ++ 0x00.
 * Every content begins with its type; all numbers are little-endian.
 */
#ifndef MRCPR_PROTOCOL_H
#define MRCPR_PROTOCOL_H

#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the packed structs are sent as they lie in memory: little-endian targets only"
#endif

#define MRCPR_PROTOCOL_VERSION 1
#define MRCPR_BAUD 500000
#define MRCPR_CONTENT_MAX 64 /* longest content, CRC included */
#define MRCPR_WIRE_MAX (MRCPR_CONTENT_MAX + 2)
#define MRCPR_NAME_LENGTH 16

#define MRCPR_PACKED __attribute__((packed))

/* Types below 0x80 go from the device to the host, the others from the host to the device. */
enum mrcpr_type {
    MRCPR_HELLO = 0x01,
    MRCPR_SAMPLE = 0x02,
    MRCPR_PONG = 0x03,
    MRCPR_STATUS = 0x04,
    MRCPR_ACK = 0x05,
    MRCPR_HELLO_REQUEST = 0x81,
    MRCPR_PING = 0x82,
    MRCPR_SET_RATE = 0x83,
    MRCPR_STATUS_REQUEST = 0x84,
};

enum mrcpr_ack_code {
    MRCPR_DONE = 0,
    MRCPR_UNKNOWN_COMMAND = 1,
    MRCPR_BAD_LENGTH = 2,
    MRCPR_OUT_OF_RANGE = 3,
};

enum mrcpr_reset_cause {
    MRCPR_RESET_UNKNOWN = 0,
    MRCPR_RESET_POWER_ON = 1,
    MRCPR_RESET_EXTERNAL = 2,
    MRCPR_RESET_BROWN_OUT = 3,
    MRCPR_RESET_WATCHDOG = 4,
};

/* Sent once after a reset with request_id 0, and in answer to HELLO_REQUEST.
 * The first three bytes keep their place and meaning in every later version. */
struct MRCPR_PACKED mrcpr_hello {
    uint8_t type;
    uint8_t request_id;
    uint8_t protocol_version;
    uint8_t firmware_major;
    uint8_t firmware_minor;
    uint8_t firmware_patch;
    uint8_t adc_bits;
    uint8_t reset_cause;
    uint32_t tick_rate_hz;
    uint32_t uart_baud; /* 0: no UART between the core and the host */
    uint16_t sample_rate_hz;
    uint16_t sample_rate_min_hz;
    uint16_t sample_rate_max_hz;
    char serial_number[MRCPR_NAME_LENGTH];
    char board_name[MRCPR_NAME_LENGTH];
};

struct MRCPR_PACKED mrcpr_sample {
    uint8_t type;
    uint16_t seq;
    uint32_t sampled_ticks;
    uint16_t chest_counts;
    uint16_t force0_counts;
    uint16_t force1_counts;
    uint16_t force2_counts;
    uint16_t force3_counts;
    int16_t airway_counts;
    uint8_t overflow;
};

struct MRCPR_PACKED mrcpr_pong {
    uint8_t type;
    uint8_t request_id;
    uint16_t token;
    uint32_t device_rx_ticks;
    uint32_t device_tx_ticks;
};

struct MRCPR_PACKED mrcpr_status {
    uint8_t type;
    uint8_t request_id;
    uint16_t sample_rate_hz;
    uint32_t uptime_s;
    uint32_t overruns;
    uint32_t crc_errors;
    uint32_t framing_errors;
};

struct MRCPR_PACKED mrcpr_ack {
    uint8_t type;
    uint8_t request_id;
    uint8_t command;
    uint8_t code;
    uint16_t value;
};

struct MRCPR_PACKED mrcpr_hello_request {
    uint8_t type;
    uint8_t request_id;
};

struct MRCPR_PACKED mrcpr_ping {
    uint8_t type;
    uint8_t request_id;
    uint16_t token;
};

struct MRCPR_PACKED mrcpr_set_rate {
    uint8_t type;
    uint8_t request_id;
    uint16_t sample_rate_hz;
};

struct MRCPR_PACKED mrcpr_status_request {
    uint8_t type;
    uint8_t request_id;
};

_Static_assert(sizeof(struct mrcpr_hello) == 54, "HELLO is 54 bytes");
_Static_assert(sizeof(struct mrcpr_sample) == 20, "SAMPLE is 20 bytes");
_Static_assert(sizeof(struct mrcpr_pong) == 12, "PONG is 12 bytes");
_Static_assert(sizeof(struct mrcpr_status) == 20, "STATUS is 20 bytes");
_Static_assert(sizeof(struct mrcpr_ack) == 6, "ACK is 6 bytes");
_Static_assert(sizeof(struct mrcpr_hello_request) == 2, "HELLO_REQUEST is 2 bytes");
_Static_assert(sizeof(struct mrcpr_ping) == 4, "PING is 4 bytes");
_Static_assert(sizeof(struct mrcpr_set_rate) == 4, "SET_RATE is 4 bytes");
_Static_assert(sizeof(struct mrcpr_status_request) == 2, "STATUS_REQUEST is 2 bytes");
_Static_assert(sizeof(struct mrcpr_hello) + 2 <= MRCPR_CONTENT_MAX, "a frame must hold HELLO");

#endif
