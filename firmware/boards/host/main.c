#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"

static const char usage[] =
    "mrcpr-host-board: the mannequin's firmware as a program, on a pseudo-terminal\n"
    "\n"
    "  --pace real|fast|lockstep  real time; as fast as it is read; or moved by a script on\n"
    "                             stdin with the wire on stdout (see lockstep.c)\n"
    "  --counts FILE.csv          what the converters read: chest,force0..3,airway\n"
    "                             (default: built-in compressions at 110 /min)\n"
    "  --still                    built-in rest in place of compressions: for a zero\n"
    "  --counts-per-s N           rows of that file per second (default 200)\n"
    "  --duration-s S             no samples after S seconds\n"
    "  --start-on-byte            start when the first byte comes, as boards do that\n"
    "                             are reset when their port is opened\n"
    "  --start-ticks N            first value of the tick counter\n"
    "  --tick-ppm X               error of the crystal (real pace)\n"
    "  --uart-baud N              what HELLO says of a UART (default 0: there is none)\n"
    "  --serial TEXT              serial number while no identity is stored, up to 16 characters\n"
    "  --board-name TEXT          up to 16 characters\n"
    "  --storage FILE             what the device keeps without power (default: in memory)\n"
    "  --supply-mv N              what STATUS says of the supply (default 0: not measured)\n"
    "  --tell-light               a line on stderr when the light changes: light 0|1 TICKS\n";

static bool set_pace(struct host_options *options, const char *text)
{
    if (strcmp(text, "real") == 0) {
        options->pace = PACE_REAL;
    } else if (strcmp(text, "fast") == 0) {
        options->pace = PACE_FAST;
    } else if (strcmp(text, "lockstep") == 0) {
        options->pace = PACE_LOCKSTEP;
    } else {
        return false;
    }
    return true;
}

static bool set_option(struct host_options *options, int key, const char *text)
{
    switch (key) {
    case 'p':
        return set_pace(options, text);
    case 'c':
        options->counts_path = text;
        return true;
    case 'i':
        host_board.table.still = true;
        return true;
    case 'r':
        options->counts_per_s = (uint32_t)strtoul(text, NULL, 10);
        return options->counts_per_s > 0;
    case 'd':
        options->duration_s = strtod(text, NULL);
        return options->duration_s > 0;
    case 'b':
        options->start_on_byte = true;
        return true;
    case 't':
        options->start_ticks = (uint32_t)strtoul(text, NULL, 10);
        return true;
    case 'x':
        options->tick_ppm = strtod(text, NULL);
        return true;
    case 'u':
        options->uart_baud = (uint32_t)strtoul(text, NULL, 10);
        return true;
    case 's':
        options->serial_number = text;
        return true;
    case 'n':
        options->board_name = text;
        return true;
    case 'f':
        options->storage_path = text;
        return true;
    case 'v':
        options->supply_mv = (uint16_t)strtoul(text, NULL, 10);
        return true;
    case 'l':
        options->tells_light = true;
        return true;
    default:
        return false;
    }
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        {"pace", required_argument, NULL, 'p'},
        {"counts", required_argument, NULL, 'c'},
        {"counts-per-s", required_argument, NULL, 'r'},
        {"duration-s", required_argument, NULL, 'd'},
        {"start-on-byte", no_argument, NULL, 'b'},
        {"start-ticks", required_argument, NULL, 't'},
        {"tick-ppm", required_argument, NULL, 'x'},
        {"uart-baud", required_argument, NULL, 'u'},
        {"serial", required_argument, NULL, 's'},
        {"board-name", required_argument, NULL, 'n'},
        {"storage", required_argument, NULL, 'f'},
        {"supply-mv", required_argument, NULL, 'v'},
        {"tell-light", no_argument, NULL, 'l'},
        {"still", no_argument, NULL, 'i'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct host_options options = {
        .serial_number = MRCPR_UNNAMED, .board_name = "host", .counts_per_s = 200};
    int key;

    while ((key = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (key == 'h') {
            fputs(usage, stdout);
            return 0;
        }
        if (!set_option(&options, key, optarg)) {
            fputs(usage, stderr);
            return 2;
        }
    }
    if (options.counts_path &&
        !host_table_read(&host_board.table, options.counts_path, options.counts_per_s)) {
        return 2;
    }
    if (!host_storage_open(&host_board.storage, options.storage_path)) {
        return 2;
    }
    return options.pace == PACE_LOCKSTEP ? host_run_lockstep(&options) : host_run_pty(&options);
}
