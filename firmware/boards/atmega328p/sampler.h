/* The samples: timer 1 starts each, the converter works through its channels. */
#ifndef MRCPR_SAMPLER_H
#define MRCPR_SAMPLER_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"

struct sample {
    uint32_t ticks;
    struct mrcpr_counts counts;
    uint8_t missed; /* samples that were due before this one and could not be taken */
};

void sampler_start(void);

void sampler_set_period(uint32_t period_ticks);

bool sampler_has_sample(void);

/* Takes the oldest sample; false when there is none. */
bool sampler_take(struct sample *sample);

/* The board's supply, against the chip's own 1.1 V; 0 before it was measured. */
uint16_t sampler_supply_mv(void);

#endif
