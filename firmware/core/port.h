/* What a board must give the core: eight functions, and calls from its own loop.
 *
 * A board's main loop
 *   - fills in a struct mrcpr_device (device.h) that is zero but for its identity, and calls
 *     mrcpr_start() once, the light off;
 *   - calls mrcpr_take_sample() for each sample its timer took, in order, with the ticks of
 *     the instant of the chest's conversion, and before it mrcpr_miss_sample() for each that
 *     was due and could not be taken;
 *   - calls mrcpr_receive() for each byte received, with the ticks at which it arrived;
 *   - calls mrcpr_turn() whenever it wakes: that moves what takes long a small step on; while
 *     it says true there is more to do, and no reason to sleep.
 * Interrupts only stamp and queue; the core runs in the main loop and never waits.
 *
 * Limits: little-endian; ticks of at most 16 MHz; converters of at most 12 bits (a wider one's
 * zero stops at the greatest number).
 */
#ifndef MRCPR_PORT_H
#define MRCPR_PORT_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes the board keeps without power, from address 0. */
#define MRCPR_STORAGE_BYTES 1024

/* What only the board knows of itself; 0 where it does not measure it. */
struct mrcpr_board_state {
    uint16_t rx_overruns;
    uint16_t airway_errors;
    uint16_t supply_mv;
    uint16_t stack_free_bytes;
};

/* The free-running 32-bit clock, in ticks of identity.tick_rate_hz; it wraps. */
uint32_t mrcpr_port_now_ticks(void);

/* Queues a whole frame (or the two delimiters ahead of the first) for sending, or takes
 * nothing of it and says false. At most MRCPR_WIRE_MAX bytes. */
bool mrcpr_port_send(const uint8_t *wire, uint8_t length);

/* Samples every `period_ticks` from now on; the first sample is due one period from now. */
void mrcpr_port_set_period(uint32_t period_ticks);

/* Reads one kept byte; called only while no write is under way. */
uint8_t mrcpr_port_storage_read(uint16_t address);

/* Begins to write one kept byte, or says false while an earlier one is still being written. */
bool mrcpr_port_storage_write(uint16_t address, uint8_t byte);

/* True while a byte is being written. */
bool mrcpr_port_storage_busy(void);

void mrcpr_port_light(bool on);

struct mrcpr_board_state mrcpr_port_state(void);

#endif
