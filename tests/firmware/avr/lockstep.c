/* Lockstep: a script on stdin moves true time, no real time passes; two runs of one script
 * give the same bytes. Times are microseconds of true time since the start, decimals allowed.
 *
 *   run US       on to this instant
 *   rx US HEX    the first bit of these bytes begins then (not before the line is free);
 *                they follow each other at 500000 baud
 *   ...          and the lines of commands.c, at the instant reached
 *
 * stdout has records of 9 bytes: ns of true time (u64, little-endian) at the end of a sent
 * byte's stop bit, or with --usb-latency-ms when the bridge gave it to the host, and the byte.
 * After each "run" comes a record of time 2^64 - 1.
 *
 * Copyright the MR-CPR authors. This program links simavr, which is GPL-3.0-or-later, and is
 * therefore under the GNU General Public License, version 3 or later. It is a test program:
 * no part of it goes into the firmware or the Python package. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "board.h"
#include "bridge.h"

#define SLICE_NS 100000000u

static void write_record(uint64_t t_ns, uint8_t byte)
{
    uint8_t record[9];

    memcpy(record, &t_ns, sizeof t_ns);
    record[8] = byte;
    if (fwrite(record, sizeof record, 1, stdout) != 1) {
        die("nobody reads stdout any more");
    }
}

static void run_to(uint64_t until_ns)
{
    uint64_t at_ns, slice_ns;
    uint8_t byte;

    do {
        slice_ns = chip_now_ns() + SLICE_NS < until_ns ? chip_now_ns() + SLICE_NS : until_ns;
        chip_run_to(slice_ns);
        bridge_pull(slice_ns);
        while (bridge_take(slice_ns, &at_ns, &byte)) {
            write_record(at_ns, byte);
        }
    } while (slice_ns < until_ns);
    write_record(NEVER, 0);
    fflush(stdout);
}

int run_lockstep(const struct board_options *options)
{
    char line[1200];
    double t_us;

    bridge_start(options);
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "run %lf", &t_us) == 1) {
            run_to((uint64_t)(t_us * 1000.0 + 0.5));
        } else if (!obey_rx(line) && !obey(line)) {
            fprintf(stderr, "not a line of a lockstep script: %s", line);
            return 2;
        }
    }
    return 0;
}
