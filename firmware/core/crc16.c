#include "crc16.h"

/* Bit by bit folded into shifts: no table, which an 8-bit part's memory thanks us for. */
uint16_t mrcpr_crc16_add(uint16_t crc, uint8_t byte)
{
    uint8_t x = (uint8_t)((crc >> 8) ^ byte);

    x = (uint8_t)(x ^ (x >> 4));
    return (uint16_t)((uint16_t)(crc << 8) ^ (uint16_t)((uint16_t)x << 12) ^
                      (uint16_t)((uint16_t)x << 5) ^ x);
}

uint16_t mrcpr_crc16(const uint8_t *bytes, uint8_t length)
{
    uint16_t crc = MRCPR_CRC16_START;

    for (uint8_t i = 0; i < length; i++) {
        crc = mrcpr_crc16_add(crc, bytes[i]);
    }
    return crc;
}
