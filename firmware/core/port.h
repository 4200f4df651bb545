/* What a board must give the core: three functions, and calls from its own loop.
 *
 * A board's main loop
 *   - calls mrcpr_start() once;
 *   - calls mrcpr_take_sample() for each sample its timer took, in order, with the ticks of
 *     the instant of conversion;
 *   - calls mrcpr_receive() for each byte received, with the ticks at which it arrived.
 * Interrupts only stamp and queue; the core runs in the main loop and never waits.
 */
#ifndef MRCPR_PORT_H
#define MRCPR_PORT_H

#include <stdbool.h>
#include <stdint.h>

/* The free-running 32-bit clock, in ticks of identity.tick_rate_hz; it wraps. */
uint32_t mrcpr_port_now_ticks(void);

/* Queues a whole frame for sending, or takes nothing of it and says false. */
bool mrcpr_port_send(const uint8_t *wire, uint8_t length);

/* Samples every `period_ticks` from now on; the first sample is due one period from now. */
void mrcpr_port_set_period(uint32_t period_ticks);

#endif
