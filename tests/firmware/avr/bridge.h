/* The USB bridge of the pty modes; see bridge.c.
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

/* Gives up to `room` bytes that are due at the host by now. */
size_t bridge_take(uint64_t now_ns, uint8_t *bytes, size_t room);

void bridge_drop_all(void);

#endif
