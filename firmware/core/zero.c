#include "zero.h"

#include <string.h>

#define PER_16TH (MRCPR_ZERO_SAMPLES / 16u) /* a sum over this is a mean in sixteenths */
#define AIRWAY_RAISED 32768                 /* sums stay unsigned, so that halves go up */

void mrcpr_averaging_start(struct mrcpr_averaging *averaging)
{
    memset(averaging, 0, sizeof *averaging);
    averaging->least_chest = UINT16_MAX;
}

enum mrcpr_averaging_event mrcpr_averaging_add(struct mrcpr_averaging *averaging,
                                               const struct mrcpr_counts *counts)
{
    averaging->samples++;
    averaging->sums[0] += counts->chest;
    for (uint8_t i = 0; i < 4; i++) {
        averaging->sums[1 + i] += counts->force[i];
    }
    averaging->sums[5] += (uint16_t)((int32_t)counts->airway + AIRWAY_RAISED);
    if (counts->airway == MRCPR_AIRWAY_UNKNOWN) {
        averaging->airway_unknown = true;
    }
    if (counts->chest < averaging->least_chest) {
        averaging->least_chest = counts->chest;
    }
    if (counts->chest > averaging->most_chest) {
        averaging->most_chest = counts->chest;
    }
    if ((uint16_t)(averaging->most_chest - averaging->least_chest) > MRCPR_ZERO_SPREAD_MAX) {
        return MRCPR_AVERAGING_MOVED;
    }
    return averaging->samples < MRCPR_ZERO_SAMPLES ? MRCPR_AVERAGING_MORE : MRCPR_AVERAGING_FULL;
}

static uint32_t mean_16ths(uint32_t sum)
{
    return (sum + PER_16TH / 2u) / PER_16TH;
}

/* Converters of up to 12 bits fit; what a wider one gives stops at the greatest number. */
static uint16_t narrow(uint32_t value)
{
    return value < UINT16_MAX ? (uint16_t)value : UINT16_MAX;
}

struct mrcpr_zero_block mrcpr_averaging_means(const struct mrcpr_averaging *averaging)
{
    const int32_t airway = (int32_t)mean_16ths(averaging->sums[5]) - 16L * AIRWAY_RAISED;
    const struct mrcpr_zero_block block = {
        .samples = averaging->samples,
        .chest_16ths = narrow(mean_16ths(averaging->sums[0])),
        .force0_16ths = narrow(mean_16ths(averaging->sums[1])),
        .force1_16ths = narrow(mean_16ths(averaging->sums[2])),
        .force2_16ths = narrow(mean_16ths(averaging->sums[3])),
        .force3_16ths = narrow(mean_16ths(averaging->sums[4])),
        .airway_16ths = averaging->airway_unknown ? MRCPR_ZERO_AIRWAY_UNKNOWN : airway,
    };

    return block;
}
