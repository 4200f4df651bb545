/* What has to be done before main(): why we start, and how deep the stack will go. */
#ifndef MRCPR_STARTUP_H
#define MRCPR_STARTUP_H

#include <stdint.h>

uint8_t startup_reset_cause(void); /* an mrcpr_reset_cause */

/* Least RAM that was ever left between data and stack. */
uint16_t startup_stack_free_bytes(void);

#endif
