/* The UART's line, both ways, with the instant of every bit.
 *
 * simavr 1.6 counts eleven bits to a byte (a parity bit that 8N1 has not: 22 us instead of
 * 20 us at 500000 baud), gives the chip a received byte one whole byte after it was told of
 * it, and lets 64 bytes wait where the hardware has room for three. All three are put right.
 *
 * Copyright the MR-CPR authors. This program links simavr, which is GPL-3.0-or-later, and is
 * therefore under the GNU General Public License, version 3 or later. It is a test program:
 * no part of it goes into the firmware or the Python package. */
#include "avr_uart.h"

#include "board.h"

#define BITS_PER_BYTE 10
#define NS_PER_BIT (1000000000u / BAUD)
#define RX_READY_NS (19u * NS_PER_BIT / 2u) /* RXC is set in the middle of the stop bit */
#define HARDWARE_RX_BYTES 3u                /* two in the buffer, one in the shift register */
#define QUEUE_SIZE 65536u                   /* a power of two */

DEFINE_FIFO(uint16_t, uart_fifo);

struct line_byte {
    uint64_t at_ns;
    uint8_t byte;
};

struct queue {
    struct line_byte bytes[QUEUE_SIZE];
    size_t head, tail;
};

static struct queue sent, coming;
static uint64_t sent_free_ns, coming_free_ns;
static avr_uart_t *uart;
static bool forgetful;

static void push(struct queue *queue, uint64_t at_ns, uint8_t byte)
{
    if (queue->head - queue->tail == QUEUE_SIZE) {
        if (!forgetful) {
            die("more than %u bytes wait on the line", QUEUE_SIZE);
        }
        queue->tail++; /* nobody reads: a bridge forgets, too */
    }
    queue->bytes[queue->head++ % QUEUE_SIZE] = (struct line_byte){at_ns, byte};
}

static uint32_t cycles_per_bit(void)
{
    const uint32_t divisor = avr_regbit_get(chip, uart->ubrrl) |
                             (uint32_t)avr_regbit_get(chip, uart->ubrrh) << 8;

    return (divisor + 1) * (avr_regbit_get(chip, uart->u2x) ? 8 : 16);
}

/* The chip writes its data register: the byte goes out when the one before it has. */
static void on_output(struct avr_irq_t *irq, uint32_t value, void *param)
{
    const uint64_t now_ns = chip_now_ns();
    const uint64_t start_ns = now_ns > sent_free_ns ? now_ns : sent_free_ns;

    (void)irq;
    (void)param;
    uart->cycles_per_byte = BITS_PER_BYTE * cycles_per_bit();
    sent_free_ns = start_ns + (uint64_t)((double)uart->cycles_per_byte * chip_ns_per_cycle());
    push(&sent, sent_free_ns, (uint8_t)value);
}

void uart_forget_unread(void)
{
    forgetful = true;
}

void uart_start(void)
{
    uint32_t flags = 0; /* no copy on stdout, no sleeping while it is polled */

    uart = chip_module("uart");
    avr_ioctl(chip, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
    avr_irq_register_notify(avr_io_getirq(chip, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT),
                            on_output, NULL);
}

/* A reset stops the shift register: what it had not finished never was a byte. */
void uart_reset(void)
{
    const uint64_t now_ns = chip_now_ns();

    while (sent.head != sent.tail && sent.bytes[(sent.head - 1) % QUEUE_SIZE].at_ns > now_ns) {
        sent.head--;
    }
    sent_free_ns = now_ns;
}

bool uart_receiver_on(void)
{
    return avr_regbit_get(chip, uart->rxen) != 0;
}

void uart_receive(uint64_t first_bit_ns, const uint8_t *bytes, size_t length)
{
    uint64_t start_ns = first_bit_ns > coming_free_ns ? first_bit_ns : coming_free_ns;

    for (size_t i = 0; i < length; i++, start_ns += BITS_PER_BYTE * NS_PER_BIT) {
        push(&coming, start_ns + RX_READY_NS, bytes[i]);
    }
    coming_free_ns = start_ns;
}

uint64_t uart_next_rx_ns(void)
{
    return coming.head == coming.tail ? NEVER : coming.bytes[coming.tail % QUEUE_SIZE].at_ns;
}

/* simavr begins to count a byte's time when it hears of it: make that one cycle. */
static void raise_received(uint8_t byte)
{
    const avr_cycle_count_t kept = uart->cycles_per_byte;

    if (uart_fifo_get_read_size(&uart->input) >= HARDWARE_RX_BYTES) {
        avr_regbit_setto(chip, uart->dor, 1);
        return;
    }
    uart->cycles_per_byte = 1;
    avr_raise_irq(avr_io_getirq(chip, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT), byte);
    uart->cycles_per_byte = kept;
}

void uart_deliver(uint64_t now_ns)
{
    while (uart_next_rx_ns() <= now_ns) {
        raise_received(coming.bytes[coming.tail++ % QUEUE_SIZE].byte);
    }
}

bool uart_take_sent(uint64_t until_ns, uint64_t *end_ns, uint8_t *byte)
{
    const struct line_byte *oldest = &sent.bytes[sent.tail % QUEUE_SIZE];

    if (sent.head == sent.tail || oldest->at_ns > until_ns) {
        return false;
    }
    *end_ns = oldest->at_ns;
    *byte = oldest->byte;
    sent.tail++;
    return true;
}
