#include "crc16.h"

/* Bit by bit folded into shifts: no table, which an 8-bit part's memory thanks us for. */
uint16_t mrcpr_crc16(const uint8_t *bytes, uint8_t length)
{
    uint16_t crc = 0xFFFFu;

    for (uint8_t i = 0; i < length; i++) {
        uint8_t x = (uint8_t)((crc >> 8) ^ bytes[i]);

        x = (uint8_t)(x ^ (x >> 4));
        crc = (uint16_t)((uint16_t)(crc << 8) ^ (uint16_t)((uint16_t)x << 12) ^
                         (uint16_t)((uint16_t)x << 5) ^ x);
    }
    return crc;
}
