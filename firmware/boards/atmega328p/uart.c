#include "uart.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

#include "clock.h"
#include "mrcpr_protocol.h"

#define DIVISOR (F_CPU / 8 / MRCPR_BAUD - 1)
_Static_assert(F_CPU % (8ul * MRCPR_BAUD) == 0, "the baud rate must divide without error");

/* Powers of two. A whole HELLO and two samples fit into the one that is sent from. */
#define TX_SIZE 128u
#define RX_SIZE 64u
#define DELIMITERS 4u /* one less can wait at once */

static volatile uint8_t tx_ring[TX_SIZE], tx_head, tx_tail;
static volatile uint8_t rx_ring[RX_SIZE], rx_head, rx_tail;
static volatile uint32_t delimiter_ticks[DELIMITERS];
static volatile uint8_t delimiter_head, delimiter_tail;
static volatile uint16_t overruns;

void uart_start(void)
{
    /* U2X before the divisor: simavr takes the baud rate when the divisor is written. */
    UCSR0A = (uint8_t)(1u << U2X0);
    UBRR0 = (uint16_t)DIVISOR;
    UCSR0C = (uint8_t)((1u << UCSZ01) | (1u << UCSZ00));
    UCSR0B = (uint8_t)((1u << RXEN0) | (1u << TXEN0) | (1u << RXCIE0));
}

bool uart_send(const uint8_t *bytes, uint8_t length)
{
    uint8_t head = tx_head;
    const uint8_t used = (uint8_t)(head - tx_tail) & (uint8_t)(TX_SIZE - 1);

    if (length > TX_SIZE - 1 - used) {
        return false;
    }
    for (uint8_t i = 0; i < length; i++) {
        tx_ring[head] = bytes[i];
        head = (uint8_t)((head + 1u) & (TX_SIZE - 1));
    }
    tx_head = head;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        UCSR0B = (uint8_t)(UCSR0B | (1u << UDRIE0));
    }
    return true;
}

ISR(USART_UDRE_vect)
{
    const uint8_t tail = tx_tail;

    if (tail == tx_head) {
        UCSR0B = (uint8_t)(UCSR0B & ~(1u << UDRIE0));
        return;
    }
    UDR0 = tx_ring[tail];
    tx_tail = (uint8_t)((tail + 1u) & (TX_SIZE - 1));
}

static void count_overrun(void)
{
    if (overruns < UINT16_MAX) {
        overruns++;
    }
}

ISR(USART_RX_vect)
{
    const uint8_t flags = UCSR0A;
    const uint8_t byte = UDR0;
    const uint8_t head = rx_head;
    const uint8_t next = (uint8_t)((head + 1u) & (RX_SIZE - 1));

    if (flags & (1u << DOR0)) {
        count_overrun();
    }
    if (next == rx_tail) {
        count_overrun();
        return;
    }
    if (byte == 0) {
        const uint8_t at = delimiter_head;
        const uint8_t after = (uint8_t)((at + 1u) & (DELIMITERS - 1));

        if (after == delimiter_tail) {
            count_overrun();
            return;
        }
        delimiter_ticks[at] = clock_ticks_in_interrupt();
        delimiter_head = after;
    }
    rx_ring[head] = byte;
    rx_head = next;
}

bool uart_has_received(void)
{
    return rx_head != rx_tail;
}

bool uart_receive(struct received_byte *received)
{
    const uint8_t tail = rx_tail;

    if (tail == rx_head) {
        return false;
    }
    received->byte = rx_ring[tail];
    received->ticks = 0;
    if (received->byte == 0) {
        /* The interrupt writes an entry before its byte, and only free entries. */
        received->ticks = delimiter_ticks[delimiter_tail];
        delimiter_tail = (uint8_t)((delimiter_tail + 1u) & (DELIMITERS - 1));
    }
    rx_tail = (uint8_t)((tail + 1u) & (RX_SIZE - 1));
    return true;
}

uint16_t uart_overruns(void)
{
    uint16_t now;

    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        now = overruns;
    }
    return now;
}
