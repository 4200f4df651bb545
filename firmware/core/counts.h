/* What the converters read at one instant. */
#ifndef MRCPR_COUNTS_H
#define MRCPR_COUNTS_H

#include <stdint.h>

struct mrcpr_counts {
    uint16_t chest;
    uint16_t force[4];
    int16_t airway; /* MRCPR_AIRWAY_UNKNOWN: the sensor is silent */
};

#endif
