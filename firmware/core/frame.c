#include "frame.h"

#include "crc16.h"

/* One COBS step: put `byte` behind the open block whose code byte lies at *code_at. */
static uint8_t cobs_put(uint8_t *wire, uint8_t at, uint8_t *code_at, uint8_t byte)
{
    if (byte == 0) {
        wire[*code_at] = (uint8_t)(at - *code_at);
        *code_at = at;
    } else {
        wire[at] = byte;
    }
    return (uint8_t)(at + 1);
}

uint8_t mrcpr_frame_encode(const void *content, uint8_t length, uint8_t *wire)
{
    const uint8_t *bytes = content;
    const uint16_t crc = mrcpr_crc16(bytes, length);
    uint8_t code_at = 0;
    uint8_t at = 1;

    for (uint8_t i = 0; i < length; i++) {
        at = cobs_put(wire, at, &code_at, bytes[i]);
    }
    at = cobs_put(wire, at, &code_at, (uint8_t)(crc & 0xFFu));
    at = cobs_put(wire, at, &code_at, (uint8_t)(crc >> 8));
    wire[code_at] = (uint8_t)(at - code_at);
    wire[at] = 0;
    return (uint8_t)(at + 1);
}

/* Decodes in place; contents are shorter than 254 bytes, so a code of 0xFF cannot occur.
 * Gives the decoded length, or 0 when the bytes are no COBS. */
static uint8_t cobs_decode(uint8_t *bytes, uint8_t filled)
{
    uint8_t read = 0;
    uint8_t written = 0;

    while (read < filled) {
        const uint8_t code = bytes[read];

        if ((uint16_t)read + code > filled) {
            return 0;
        }
        for (uint8_t i = 1; i < code; i++) {
            bytes[written++] = bytes[read + i];
        }
        read = (uint8_t)(read + code);
        if (read < filled) {
            bytes[written++] = 0;
        }
    }
    return written;
}

static enum mrcpr_rx_event finish(struct mrcpr_rx *rx)
{
    const uint8_t filled = rx->filled;
    const uint8_t too_long = rx->too_long;
    uint8_t length;
    uint16_t crc;

    rx->filled = 0;
    rx->too_long = 0;
    if (too_long) {
        return MRCPR_RX_BAD_FRAME;
    }
    if (filled == 0) {
        return MRCPR_RX_NOTHING;
    }
    length = cobs_decode(rx->content, filled);
    if (length < 3) {
        return MRCPR_RX_BAD_FRAME;
    }
    rx->length = (uint8_t)(length - 2);
    crc = (uint16_t)(rx->content[rx->length] | (uint16_t)(rx->content[rx->length + 1] << 8));
    return crc == mrcpr_crc16(rx->content, rx->length) ? MRCPR_RX_FRAME : MRCPR_RX_BAD_CRC;
}

enum mrcpr_rx_event mrcpr_rx_byte(struct mrcpr_rx *rx, uint8_t byte)
{
    if (byte == 0) {
        return finish(rx);
    }
    if (rx->filled == MRCPR_CONTENT_MAX + 1) {
        rx->too_long = 1;
    } else {
        rx->content[rx->filled++] = byte;
    }
    return MRCPR_RX_NOTHING;
}
