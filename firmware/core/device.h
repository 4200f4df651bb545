/* The mannequin: what it says, and what it does when it is told something.
 * Touches no register; the board lies behind port.h. */
#ifndef MRCPR_DEVICE_H
#define MRCPR_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"
#include "mrcpr_protocol.h"

#define MRCPR_FIRMWARE_MAJOR 0
#define MRCPR_FIRMWARE_MINOR 2
#define MRCPR_FIRMWARE_PATCH 0
#define MRCPR_RATE_DEFAULT_HZ 200
#define MRCPR_RATE_MIN_HZ 100
#define MRCPR_RATE_MAX_HZ 500

/* What this board is; it fills it in before mrcpr_start(). The serial number is what the
 * stored identity says; `serial_number` here is used while there is none. */
struct mrcpr_identity {
    char serial_number[MRCPR_NAME_LENGTH];
    char board_name[MRCPR_NAME_LENGTH];
    uint32_t tick_rate_hz;
    uint32_t uart_baud;
    uint8_t adc_bits;
    uint8_t reset_cause;
};

struct mrcpr_counts {
    uint16_t chest;
    uint16_t force[4];
    int16_t airway;
};

struct mrcpr_device {
    struct mrcpr_identity identity;
    struct mrcpr_rx rx;
    uint32_t overruns;
    uint32_t crc_errors;
    uint32_t framing_errors;
    uint32_t uptime_s;
    uint32_t uptime_rest_ticks;
    uint32_t last_ticks;
    uint16_t sample_rate_hz;
    uint16_t next_seq;
    uint8_t overflow;
};

/* Starts sampling at the default rate and says HELLO. `device` is zeroed but for identity. */
void mrcpr_start(struct mrcpr_device *device);

/* Sends one sample; counts it as an overrun when the board cannot take it now. */
void mrcpr_take_sample(struct mrcpr_device *device, uint32_t sampled_ticks,
                       const struct mrcpr_counts *counts);

/* Says that the board itself had to drop a sample before the core saw it. */
void mrcpr_miss_sample(struct mrcpr_device *device);

/* Moves what takes long a small step on (kept bytes); the board calls it whenever it wakes.
 * True while there is more to do. */
bool mrcpr_turn(struct mrcpr_device *device);

/* Looks at one received byte. */
void mrcpr_receive(struct mrcpr_device *device, uint8_t byte, uint32_t received_ticks);

#endif
