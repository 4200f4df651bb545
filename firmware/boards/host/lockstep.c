/* Lockstep: a script on stdin moves the clock, the wire goes to stdout, no real time passes.
 *
 *   run N        on to N ticks since the start; samples due by then are taken
 *   rx N HEX     the same, then these bytes arrive
 *   deaf N       on to N ticks while the port takes nothing
 *   power-loss N XX   when N more bytes of storage were begun power goes, and the last of them
 *                holds XX then; nothing is heard, done or sent until
 *   power-on     and the board starts again, if power was lost at all
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "board.h"

#define BYTES_MAX 512

static uint64_t elapsed;
static bool deaf;

static uint64_t elapsed_ticks(void)
{
    return elapsed;
}

static bool send_to_stdout(const uint8_t *wire, uint8_t length)
{
    return !deaf && !host_board.storage.power_lost && fwrite(wire, 1, length, stdout) == length;
}

static void run_to(uint64_t until)
{
    while (!host_board.storage.power_lost && host_board_due(until)) {
        elapsed = host_board.next_sample_at;
        host_board_sample();
    }
    elapsed = until;
}

static void receive(const uint8_t *bytes, size_t length)
{
    if (!host_board.storage.power_lost) {
        host_board_receive(bytes, length);
    }
}

static void power_on(const struct host_options *options)
{
    const bool was_lost = host_board.storage.power_lost;

    host_storage_lose_power_after(&host_board.storage, 0, 0);
    if (was_lost) {
        host_board_start(options);
    }
}

static size_t read_hex(const char *text, uint8_t *bytes)
{
    size_t n = 0;
    unsigned byte;

    while (n < BYTES_MAX && sscanf(text + 2 * n, "%2x", &byte) == 1) {
        bytes[n++] = (uint8_t)byte;
    }
    return n;
}

int host_run_lockstep(const struct host_options *options)
{
    char line[2 * BYTES_MAX + 64];
    char hex[2 * BYTES_MAX + 1];
    uint8_t bytes[BYTES_MAX];
    uint64_t until;
    uint32_t writes;
    unsigned garbage;

    host_board.elapsed_ticks = elapsed_ticks;
    host_board.send = send_to_stdout;
    host_board_start(options);
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "run %" SCNu64, &until) == 1 && until >= elapsed) {
            run_to(until);
        } else if (sscanf(line, "deaf %" SCNu64, &until) == 1 && until >= elapsed) {
            deaf = true;
            run_to(until);
            deaf = false;
        } else if (sscanf(line, "rx %" SCNu64 " %1024[0-9a-fA-F]", &until, hex) == 2 &&
                   until >= elapsed) {
            run_to(until);
            receive(bytes, read_hex(hex, bytes));
        } else if (sscanf(line, "power-loss %" SCNu32 " %2x", &writes, &garbage) == 2) {
            host_storage_lose_power_after(&host_board.storage, writes, (uint8_t)garbage);
        } else if (strcmp(line, "power-on\n") == 0) {
            power_on(options);
        } else {
            fprintf(stderr, "not a line of a lockstep script: %s", line);
            return 2;
        }
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
