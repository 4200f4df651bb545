/* The mannequin: what it says, and what it does when it is told something.
 * Touches no register; the board lies behind port.h. */
#ifndef MRCPR_DEVICE_H
#define MRCPR_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "counts.h"
#include "frame.h"
#include "mrcpr_protocol.h"
#include "store.h"
#include "zero.h"

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
    uint16_t sample_latency_ticks; /* least time from a sample's stamp to its first bit */
    uint16_t pong_latency_ticks;   /* the same from device_tx_ticks of a PONG */
    uint8_t adc_bits;
    uint8_t reset_cause;
};

/* A command whose answer comes when its work is done. One at a time. */
struct mrcpr_job {
    enum {
        MRCPR_JOB_NONE,
        MRCPR_JOB_AVERAGES,    /* ZERO takes in samples */
        MRCPR_JOB_WRITES_ZERO, /* and its means are written */
        MRCPR_JOB_STORES,      /* the last that the store has to do */
        MRCPR_JOB_ANSWERS,     /* the ACK waits until the board can take it */
    } phase;
    uint8_t request_id;
    uint8_t command;
    uint8_t code;
    uint16_t value;
};

struct mrcpr_device {
    struct mrcpr_identity identity;
    struct mrcpr_rx rx;
    struct mrcpr_store store;
    struct mrcpr_job job;
    struct mrcpr_averaging averaging;
    struct mrcpr_counts last;
    uint32_t overruns;
    uint32_t crc_errors;
    uint32_t framing_errors;
    uint32_t uptime_s;
    uint32_t uptime_rest_ticks;
    uint32_t last_ticks;
    uint32_t identify_left_ticks;
    uint16_t sample_rate_hz;
    uint16_t next_seq;
    uint8_t overflow;
    bool has_sampled;
    bool light_is_on;
};

/* Looks for what is stored, starts sampling at the default rate and says HELLO. `device` is
 * zeroed but for identity, and the light is off. */
void mrcpr_start(struct mrcpr_device *device);

/* Sends one sample; counts it as an overrun when the board cannot take it now. */
void mrcpr_take_sample(struct mrcpr_device *device, uint32_t sampled_ticks,
                       const struct mrcpr_counts *counts);

/* Says that the board itself had to drop a sample before the core saw it. */
void mrcpr_miss_sample(struct mrcpr_device *device);

/* Moves what takes long a small step on (kept bytes); the board calls it whenever it wakes.
 * True while there is more to do now. False when nothing is left, and also while a byte is
 * being written or no frame can be queued: the board may sleep until its next interrupt. */
bool mrcpr_turn(struct mrcpr_device *device);

/* Looks at one received byte. */
void mrcpr_receive(struct mrcpr_device *device, uint8_t byte, uint32_t received_ticks);

#endif
