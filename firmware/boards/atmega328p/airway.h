/* The airway's differential pressure: a Sensirion SDP810-500Pa on the I2C pins. */
#ifndef MRCPR_AIRWAY_H
#define MRCPR_AIRWAY_H

#include <stdint.h>

void airway_start(void);

/* Begins a reading; called by the sampler's interrupt, once a sample. */
void airway_read(void);

/* The last reading, 60 counts a pascal; MRCPR_AIRWAY_UNKNOWN while the sensor is silent.
 * Interrupts only. */
int16_t airway_counts(void);

/* Readings that failed since the first that did not; stops at 65535. */
uint16_t airway_errors(void);

#endif
