/* The UART: 500000 baud, rings on both sides, the instant at which a frame was whole. */
#ifndef MRCPR_UART_H
#define MRCPR_UART_H

#include <stdbool.h>
#include <stdint.h>

struct received_byte {
    uint8_t byte;
    uint32_t ticks; /* when it was in; known for delimiters only, 0 otherwise */
};

void uart_start(void);

/* Queues all of it, or nothing and says false. */
bool uart_send(const uint8_t *bytes, uint8_t length);

bool uart_has_received(void);

/* Takes the oldest received byte; false when there is none. */
bool uart_receive(struct received_byte *received);

/* Bytes lost because nobody took them in time; stops at 65535. */
uint16_t uart_overruns(void);

#endif
