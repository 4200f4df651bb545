#include "clock.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

_Static_assert(F_CPU / 8 == CLOCK_TICK_RATE_HZ * CLOCK_STEPS_PER_TICK, "timer 1 divides by 8");

/* Every 32.768 ms. More than 16 bits: the wire's ticks wrap at 2^32 microseconds exactly. */
static volatile uint32_t overflows;

void clock_start(void)
{
    TCCR1A = 0;
    TCCR1B = (uint8_t)(1u << CS11);
    TIMSK1 = (uint8_t)(1u << TOIE1);
}

ISR(TIMER1_OVF_vect)
{
    overflows++;
}

uint32_t clock_ticks_in_interrupt(void)
{
    const uint16_t steps = TCNT1;
    uint32_t wraps = overflows;

    /* An overflow whose interrupt is still waiting. */
    if ((TIFR1 & (1u << TOV1)) && steps < 0x8000u) {
        wraps++;
    }
    return (wraps << 15) | (steps / CLOCK_STEPS_PER_TICK);
}

uint32_t clock_ticks(void)
{
    uint32_t ticks;

    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        ticks = clock_ticks_in_interrupt();
    }
    return ticks;
}
