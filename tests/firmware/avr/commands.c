/* What befalls the board, one line each, the same in a lockstep script and on stdin:
 *
 *   brown_out [MS]       the supply sags: reset, RAM is garbage, a byte that was being written
 *                        to the EEPROM too; the program runs again MS later (default 70: 5 of
 *                        the sag, 65 of the start-up time that the fuses ask for)
 *   power_cycle [MS]     the same with the supply gone
 *   hang                 the program stands still until the watchdog resets it, or until
 *   go_on                it goes on where it stood
 *   crystal PPM          the crystal's error from now on
 *   airway off|on        the airway sensor is unplugged, plugged in
 *   airway corrupt on|off    in each of its words one byte is damaged on the way
 *
 * Copyright the MR-CPR authors. This program links simavr, which is GPL-3.0-or-later, and is
 * therefore under the GNU General Public License, version 3 or later. It is a test program:
 * no part of it goes into the firmware or the Python package. */
#include <stdio.h>
#include <string.h>

#include "board.h"

#define DEFAULT_OFF_MS 70.0
#define BYTES_MAX 512

static size_t read_hex(const char *text, uint8_t *bytes)
{
    size_t n = 0;
    unsigned byte;

    while (n < BYTES_MAX && sscanf(text + 2 * n, "%2x", &byte) == 1) {
        bytes[n++] = (uint8_t)byte;
    }
    return n;
}

bool obey_rx(const char *line)
{
    char hex[2 * BYTES_MAX + 1];
    uint8_t bytes[BYTES_MAX];
    double t_us;

    if (sscanf(line, "rx %lf %1024[0-9a-fA-F]", &t_us, hex) != 2) {
        return false;
    }
    uart_receive((uint64_t)(t_us * 1000.0 + 0.5), bytes, read_hex(hex, bytes));
    return true;
}

static bool obey_airway(const char *what)
{
    if (strcmp(what, "off") == 0 || strcmp(what, "on") == 0) {
        sdp810_unplug(what[1] == 'f');
    } else if (strcmp(what, "corrupt on") == 0 || strcmp(what, "corrupt off") == 0) {
        sdp810_corrupt(strcmp(what, "corrupt on") == 0);
    } else {
        return false;
    }
    return true;
}

bool obey(const char *line)
{
    double number = DEFAULT_OFF_MS;
    char word[32] = "", rest[32] = "";

    sscanf(line, "%31s %31[^\n]", word, rest);
    if (rest[0]) {
        sscanf(rest, "%lf", &number);
    }
    if (strcmp(word, "brown_out") == 0 || strcmp(word, "power_cycle") == 0) {
        chip_lose_power((uint64_t)(number * 1e6), word[0] == 'b');
    } else if (strcmp(word, "hang") == 0) {
        chip_hang();
    } else if (strcmp(word, "go_on") == 0) {
        chip_go_on();
    } else if (strcmp(word, "crystal") == 0 && rest[0]) {
        chip_set_crystal_ppm(number);
    } else {
        return strcmp(word, "airway") == 0 && obey_airway(rest);
    }
    return true;
}
