/* The mannequin's wire, protocol version 2. This header is the truth; docs/PROTOCOL.md
 * describes it and mr/wire/layout.py decodes it. tests/firmware/test_layout.py fails when
 * the three disagree, or when a layout changes and MRCPR_PROTOCOL_VERSION does not.
 *
 * On the wire a frame is COBS(content ++ CRC-16/IBM-3740 of content, low byte first) ++ 0x00.
 * Every content begins with its type; all numbers are little-endian. What the device sends
 * has an even number of bytes on the wire: see docs/PROTOCOL.md, Frames.
 */
#ifndef MRCPR_PROTOCOL_H
#define MRCPR_PROTOCOL_H

#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the packed structs are sent as they lie in memory: little-endian targets only"
#endif

#define MRCPR_PROTOCOL_VERSION 2
#define MRCPR_BAUD 500000
#define MRCPR_CONTENT_MAX 64 /* longest content and its CRC */
#define MRCPR_WIRE_MAX (MRCPR_CONTENT_MAX + 2)
#define MRCPR_NAME_LENGTH 16
#define MRCPR_UNNAMED "UNNAMED" /* serial_number of a mannequin that was never named */
#define MRCPR_CHUNK_LENGTH 32 /* bytes of a block that one message carries */
#define MRCPR_AIRWAY_UNKNOWN INT16_MIN /* airway_counts while the airway sensor is silent */

#define MRCPR_PACKED __attribute__((packed))

/* Types below 0x80 go from the device to the host, the others from the host to the device. */
enum mrcpr_type {
    MRCPR_HELLO = 0x01,
    MRCPR_SAMPLE = 0x02,
    MRCPR_PONG = 0x03,
    MRCPR_STATUS = 0x04,
    MRCPR_ACK = 0x05,
    MRCPR_BLOCK = 0x06,
    MRCPR_SELF_TEST_RESULT = 0x07,
    MRCPR_HELLO_REQUEST = 0x81,
    MRCPR_PING = 0x82,
    MRCPR_SET_RATE = 0x83,
    MRCPR_STATUS_REQUEST = 0x84,
    MRCPR_IDENTIFY = 0x85,
    MRCPR_READ_BLOCK = 0x86,
    MRCPR_WRITE_BLOCK = 0x87,
    MRCPR_COMMIT_BLOCK = 0x88,
    MRCPR_ZERO = 0x89,
    MRCPR_SELF_TEST = 0x8A,
};

enum mrcpr_ack_code {
    MRCPR_DONE = 0,
    MRCPR_UNKNOWN_COMMAND = 1,
    MRCPR_BAD_LENGTH = 2,
    MRCPR_OUT_OF_RANGE = 3,
    MRCPR_BUSY = 4,
    MRCPR_EMPTY = 5,
    MRCPR_BAD_CRC = 6,
    MRCPR_NOT_STILL = 7,
};

enum mrcpr_reset_cause {
    MRCPR_RESET_UNKNOWN = 0,
    MRCPR_RESET_POWER_ON = 1,
    MRCPR_RESET_EXTERNAL = 2,
    MRCPR_RESET_BROWN_OUT = 3,
    MRCPR_RESET_WATCHDOG = 4,
};

/* What the device keeps without power, each in two slots with a CRC. */
enum mrcpr_block_id {
    MRCPR_BLOCK_IDENTITY = 0,
    MRCPR_BLOCK_CALIBRATION = 1,
    MRCPR_BLOCK_ZERO = 2,
};

/* Bits of mrcpr_self_test_result.failed. */
enum mrcpr_fault {
    MRCPR_FAULT_CHEST = 0x0001,
    MRCPR_FAULT_FORCE0 = 0x0002,
    MRCPR_FAULT_FORCE1 = 0x0004,
    MRCPR_FAULT_FORCE2 = 0x0008,
    MRCPR_FAULT_FORCE3 = 0x0010,
    MRCPR_FAULT_AIRWAY = 0x0020,
    MRCPR_FAULT_SUPPLY = 0x0040,
    MRCPR_FAULT_IDENTITY = 0x0080,
    MRCPR_FAULT_CALIBRATION = 0x0100,
    MRCPR_FAULT_STACK = 0x0200,
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
    uint16_t stored_blocks;        /* bit k: block k holds something valid */
    uint16_t sample_latency_ticks; /* least time from a sample's stamp to its first bit */
    uint16_t pong_latency_ticks;   /* the same from device_tx_ticks of a PONG */
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
    uint16_t rx_overruns;
    uint16_t airway_errors;
    uint16_t supply_mv;
    uint16_t stack_free_bytes;
};

struct MRCPR_PACKED mrcpr_ack {
    uint8_t type;
    uint8_t request_id;
    uint8_t command;
    uint8_t code;
    uint16_t value;
};

struct MRCPR_PACKED mrcpr_block {
    uint8_t type;
    uint8_t request_id;
    uint8_t block;
    uint8_t generation;
    uint16_t length;
    uint16_t offset;
    uint8_t bytes[MRCPR_CHUNK_LENGTH];
};

struct MRCPR_PACKED mrcpr_self_test_result {
    uint8_t type;
    uint8_t request_id;
    uint16_t failed;
    uint16_t chest_counts;
    uint16_t force0_counts;
    uint16_t force1_counts;
    uint16_t force2_counts;
    uint16_t force3_counts;
    int16_t airway_counts;
    uint16_t supply_mv;
    uint16_t stack_free_bytes;
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

struct MRCPR_PACKED mrcpr_identify {
    uint8_t type;
    uint8_t request_id;
    uint8_t duration_s;
};

struct MRCPR_PACKED mrcpr_read_block {
    uint8_t type;
    uint8_t request_id;
    uint8_t block;
    uint16_t offset;
};

struct MRCPR_PACKED mrcpr_write_block {
    uint8_t type;
    uint8_t request_id;
    uint8_t block;
    uint16_t offset;
    uint8_t length;
    uint8_t bytes[MRCPR_CHUNK_LENGTH];
};

struct MRCPR_PACKED mrcpr_commit_block {
    uint8_t type;
    uint8_t request_id;
    uint8_t block;
    uint16_t length;
    uint16_t crc;
};

struct MRCPR_PACKED mrcpr_zero {
    uint8_t type;
    uint8_t request_id;
};

struct MRCPR_PACKED mrcpr_self_test {
    uint8_t type;
    uint8_t request_id;
};

/* --- what blocks hold ------------------------------------------------------------------ */

struct MRCPR_PACKED mrcpr_identity_block {
    char serial_number[MRCPR_NAME_LENGTH];
};

/* Means of the unloaded mannequin, in sixteenths of a count. */
#define MRCPR_ZERO_AIRWAY_UNKNOWN INT32_MIN /* airway_16ths when its sensor was silent */
struct MRCPR_PACKED mrcpr_zero_block {
    uint16_t samples;
    uint16_t chest_16ths;
    uint16_t force0_16ths;
    uint16_t force1_16ths;
    uint16_t force2_16ths;
    uint16_t force3_16ths;
    int32_t airway_16ths;
};

#define MRCPR_CHEST_KNOTS 20
#define MRCPR_CELL_KNOTS 12
#define MRCPR_AIRWAY_KNOTS 24

struct MRCPR_PACKED mrcpr_chest_knot {
    uint16_t counts;
    uint16_t depth_10um;
};

struct MRCPR_PACKED mrcpr_cell_knot {
    uint16_t counts;
    uint16_t force_10mn;
};

struct MRCPR_PACKED mrcpr_airway_knot {
    int16_t counts;
    int16_t flow_100ul_s;
};

/* The mannequin's curves, for the host; the firmware keeps them and looks at none. */
struct MRCPR_PACKED mrcpr_calibration_block {
    uint8_t layout; /* 1 */
    uint8_t body;   /* 0 adult, 1 child, 2 infant */
    uint32_t made_utc_s;
    uint16_t chest_ap_10um;
    uint16_t chest_sigma_um;
    uint16_t cell_sigma_10mn;
    uint16_t flow_sigma_100ul_s;
    int16_t cell_xy_10um[8]; /* x, y of cells 0 to 3, in the mannequin's frame */
    struct mrcpr_chest_knot chest[MRCPR_CHEST_KNOTS];
    struct mrcpr_cell_knot cells[4 * MRCPR_CELL_KNOTS];
    struct mrcpr_airway_knot airway[MRCPR_AIRWAY_KNOTS];
};

#define MRCPR_SIZE_IS(name, bytes) \
    _Static_assert(sizeof(struct name) == (bytes), #name " is " #bytes " bytes")

MRCPR_SIZE_IS(mrcpr_hello, 60);
MRCPR_SIZE_IS(mrcpr_sample, 20);
MRCPR_SIZE_IS(mrcpr_pong, 12);
MRCPR_SIZE_IS(mrcpr_status, 28);
MRCPR_SIZE_IS(mrcpr_ack, 6);
MRCPR_SIZE_IS(mrcpr_block, 40);
MRCPR_SIZE_IS(mrcpr_self_test_result, 20);
MRCPR_SIZE_IS(mrcpr_hello_request, 2);
MRCPR_SIZE_IS(mrcpr_ping, 4);
MRCPR_SIZE_IS(mrcpr_set_rate, 4);
MRCPR_SIZE_IS(mrcpr_status_request, 2);
MRCPR_SIZE_IS(mrcpr_identify, 3);
MRCPR_SIZE_IS(mrcpr_read_block, 5);
MRCPR_SIZE_IS(mrcpr_write_block, 38);
MRCPR_SIZE_IS(mrcpr_commit_block, 7);
MRCPR_SIZE_IS(mrcpr_zero, 2);
MRCPR_SIZE_IS(mrcpr_self_test, 2);
MRCPR_SIZE_IS(mrcpr_identity_block, 16);
MRCPR_SIZE_IS(mrcpr_zero_block, 16);
MRCPR_SIZE_IS(mrcpr_calibration_block, 398);
_Static_assert(sizeof(struct mrcpr_hello) + 2 <= MRCPR_CONTENT_MAX, "a frame must hold HELLO");

#endif
