/* Options, and which way to run.
 *
 * Copyright the MR-CPR authors. This program links simavr, which is GPL-3.0-or-later, and is
 * therefore under the GNU General Public License, version 3 or later. It is a test program:
 * no part of it goes into the firmware or the Python package. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"

static const char usage[] =
    "avr-board ELF: the mannequin's machine code in an emulated ATmega328P\n"
    "\n"
    "  --pace real|fast|lockstep  with the host's clock or as fast as it is read, on a\n"
    "                             pseudo-terminal (pty.c); or by a script (lockstep.c)\n"
    "  --waveform FILE            float32 rows: chest and four cells in mV, airway in Pa\n"
    "  --rows-per-s N             of that file (default 1000)\n"
    "  --supply-mv X              supply and reference (default 5000)\n"
    "  --noise-counts X           one sigma of the converter's noise\n"
    "  --crystal-ppm X            error of the crystal\n"
    "  --eeprom FILE              1024 bytes, read at the start if there, written at the end\n"
    "  --link PATH                symbolic link to the pty\n"
    "  --start-on-byte            start when the first byte comes\n"
    "  --usb-latency-ms N         a bridge with such a latency timer\n"
    "  --late-share P, --late-ms X    this share of its deliveries is so late\n"
    "  --seed N                   of all that is drawn\n"
    "  --tell                     what its light does, and how much it sleeps (bystander.c)\n";

static bool set_pace(struct board_options *options, const char *text)
{
    static const char *const names[] = {"real", "fast", "lockstep"};

    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            options->pace = i;
            return true;
        }
    }
    return false;
}

static double number(const char *text)
{
    char *end;
    const double value = strtod(text, &end);

    if (end == text || *end != '\0') {
        die("%s is no number", text);
    }
    return value;
}

static bool set_option(struct board_options *options, int key, const char *text)
{
    switch (key) {
    case 'p':
        return set_pace(options, text);
    case 'w':
        options->waveform_path = text;
        return true;
    case 'r':
        options->rows_per_s = number(text);
        return options->rows_per_s > 0;
    case 'v':
        options->supply_mv = number(text);
        return options->supply_mv > 0;
    case 'c':
        options->noise_counts = number(text);
        return options->noise_counts >= 0;
    case 'x':
        options->crystal_ppm = number(text);
        return true;
    case 'e':
        options->eeprom_path = text;
        return true;
    case 'l':
        options->link_path = text;
        return true;
    case 'b':
        options->start_on_byte = true;
        return true;
    case 'u':
        options->usb_latency_ms = number(text);
        return true;
    case 's':
        options->late_share = number(text);
        return true;
    case 'm':
        options->late_ms = number(text);
        return true;
    case 'n':
        options->seed = strtoull(text, NULL, 10);
        return true;
    case 't':
        options->tells = true;
        return true;
    default:
        return false;
    }
}

static const struct option known[] = {
    {"pace", required_argument, NULL, 'p'},
    {"waveform", required_argument, NULL, 'w'},
    {"rows-per-s", required_argument, NULL, 'r'},
    {"supply-mv", required_argument, NULL, 'v'},
    {"noise-counts", required_argument, NULL, 'c'},
    {"crystal-ppm", required_argument, NULL, 'x'},
    {"eeprom", required_argument, NULL, 'e'},
    {"link", required_argument, NULL, 'l'},
    {"start-on-byte", no_argument, NULL, 'b'},
    {"usb-latency-ms", required_argument, NULL, 'u'},
    {"late-share", required_argument, NULL, 's'},
    {"late-ms", required_argument, NULL, 'm'},
    {"seed", required_argument, NULL, 'n'},
    {"tell", no_argument, NULL, 't'},
    {NULL, 0, NULL, 0},
};

int main(int argc, char **argv)
{
    struct board_options options = {.rows_per_s = 1000, .supply_mv = 5000, .seed = 1};
    int key, rc;

    while ((key = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (!set_option(&options, key, optarg)) {
            fputs(usage, stderr);
            return 2;
        }
    }
    if (optind + 1 != argc) {
        fputs(usage, stderr);
        return 2;
    }
    options.elf_path = argv[optind];
    if (options.waveform_path && !waveform_read(options.waveform_path, options.rows_per_s)) {
        return 2;
    }
    if (!chip_start(&options)) {
        return 2;
    }
    rc = options.pace == PACE_LOCKSTEP ? run_lockstep(&options) : run_pty(&options);
    eeprom_save();
    bystander_leave();
    return rc;
}
