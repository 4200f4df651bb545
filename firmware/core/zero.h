/* The means of the unloaded mannequin, over samples one by one. */
#ifndef MRCPR_ZERO_H
#define MRCPR_ZERO_H

#include <stdbool.h>
#include <stdint.h>

#include "counts.h"
#include "mrcpr_protocol.h"

#define MRCPR_ZERO_SAMPLES 256u
#define MRCPR_ZERO_SPREAD_MAX 8u /* counts between the chest's least and most */

enum mrcpr_averaging_event {
    MRCPR_AVERAGING_MORE,
    MRCPR_AVERAGING_FULL,
    MRCPR_AVERAGING_MOVED, /* the chest did: these samples are no zero */
};

struct mrcpr_averaging {
    uint32_t sums[6]; /* chest, cells, airway raised by 32768 */
    uint16_t least_chest;
    uint16_t most_chest;
    uint16_t samples;
    bool airway_unknown; /* the sensor was silent in at least one of them */
};

void mrcpr_averaging_start(struct mrcpr_averaging *averaging);

enum mrcpr_averaging_event mrcpr_averaging_add(struct mrcpr_averaging *averaging,
                                               const struct mrcpr_counts *counts);

/* Gives the means of MRCPR_ZERO_SAMPLES samples, rounded. */
struct mrcpr_zero_block mrcpr_averaging_means(const struct mrcpr_averaging *averaging);

#endif
