/* Timer 1: runs free at 2 MHz; the device's ticks are microseconds of it. */
#ifndef MRCPR_CLOCK_H
#define MRCPR_CLOCK_H

#include <stdint.h>

#define CLOCK_TICK_RATE_HZ 1000000ul
#define CLOCK_STEPS_PER_TICK 2u

void clock_start(void);

uint32_t clock_ticks(void);

/* The same where interrupts are off already. */
uint32_t clock_ticks_in_interrupt(void);

#endif
