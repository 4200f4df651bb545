/* Frames: content in, bytes of the wire out, and back again one byte at a time. */
#ifndef MRCPR_FRAME_H
#define MRCPR_FRAME_H

#include <stdint.h>

#include "mrcpr_protocol.h"

/* Writes content ++ CRC, COBS-coded and ended by 0x00, to `wire` (MRCPR_WIRE_MAX bytes).
 * `length` is at most MRCPR_CONTENT_MAX - 2. Gives the number of bytes written. */
uint8_t mrcpr_frame_encode(const void *content, uint8_t length, uint8_t *wire);

enum mrcpr_rx_event {
    MRCPR_RX_NOTHING,   /* no whole frame yet, or an empty one */
    MRCPR_RX_FRAME,     /* `content` holds `length` good bytes, CRC removed */
    MRCPR_RX_BAD_CRC,
    MRCPR_RX_BAD_FRAME, /* too long, too short, or no COBS */
};

struct mrcpr_rx {
    uint8_t content[MRCPR_WIRE_MAX];
    uint8_t length;
    uint8_t filled;
    uint8_t too_long;
};

enum mrcpr_rx_event mrcpr_rx_byte(struct mrcpr_rx *rx, uint8_t byte);

#endif
