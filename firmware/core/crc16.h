/* CRC-16/IBM-3740: polynomial 0x1021, start 0xFFFF, not reflected; "123456789" gives 0x29B1. */
#ifndef MRCPR_CRC16_H
#define MRCPR_CRC16_H

#include <stdint.h>

#define MRCPR_CRC16_START 0xFFFFu

/* Gives the CRC of what `crc` is the CRC of, with one more byte behind it. */
uint16_t mrcpr_crc16_add(uint16_t crc, uint8_t byte);

uint16_t mrcpr_crc16(const uint8_t *bytes, uint8_t length);

#endif
