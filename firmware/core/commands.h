/* What the device does when it is told something. */
#ifndef MRCPR_COMMANDS_H
#define MRCPR_COMMANDS_H

#include "device.h"

/* Uses a rate from now on. */
void mrcpr_use_rate(struct mrcpr_device *device, uint16_t sample_rate_hz);

/* Obeys the command whose content lies in `device->rx`, or says why not. */
void mrcpr_obey(struct mrcpr_device *device, uint32_t received_ticks);

#endif
