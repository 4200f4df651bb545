/* The USB bridge; see bridge.c.
 *
 * Copyright the MR-CPR authors. This program links simavr, which is GPL-3.0-or-later, and is
 * therefore under the GNU General Public License, version 3 or later. It is a test program:
 * no part of it goes into the firmware or the Python package. */
#ifndef BRIDGE_H
#define BRIDGE_H

#include <stddef.h>
#include <stdint.h>

#include "board.h"

void bridge_start(const struct board_options *options);

/* Takes over what the UART has sent by now. */
void bridge_pull(uint64_t now_ns);

/* Takes the oldest byte that is at the host by now, and tells since when. */
bool bridge_take(uint64_t now_ns, uint64_t *at_ns, uint8_t *byte);

void bridge_drop_all(void);

#endif
