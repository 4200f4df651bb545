/* The host board: the core on a clock and converters made of software.
 * `elapsed_ticks` counts since the start and never wraps; the wire's ticks are its low
 * 32 bits plus `start_ticks`. */
#ifndef MRCPR_HOST_BOARD_H
#define MRCPR_HOST_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "device.h"
#include "port.h"

#define HOST_TICK_RATE_HZ 1000000u

struct host_table {
    struct mrcpr_counts *rows; /* NULL: the built-in waveform */
    size_t n_rows;
    uint32_t rows_per_s;
    bool still; /* the waveform is that of a chest that nobody touches */
};

struct host_options {
    const char *serial_number;
    const char *board_name;
    uint32_t uart_baud;
    const char *counts_path;
    uint32_t counts_per_s;
    uint32_t start_ticks;
    double tick_ppm;
    double duration_s; /* no samples after it; 0: for ever */
    enum { PACE_REAL, PACE_FAST, PACE_LOCKSTEP } pace;
    bool start_on_byte;
    const char *storage_path; /* NULL: what is kept ends with the process */
    uint16_t supply_mv;
    bool tells_light;
};

/* What is kept without power, in memory or through to a file; writes complete at once. */
struct host_storage {
    uint8_t bytes[MRCPR_STORAGE_BYTES];
    FILE *file; /* NULL: memory only */
    uint32_t writes_left; /* the last of them leaves `garbage`; 0: power is not to be lost */
    uint8_t garbage;
    bool power_lost;
};

struct host_board {
    struct mrcpr_device device;
    struct host_storage storage;
    struct host_table table;
    uint64_t next_sample_at;
    uint64_t last_sample_at; /* nothing is sampled after it */
    uint32_t start_ticks;
    uint32_t period_ticks;
    uint16_t supply_mv;
    bool tells_light;
    uint64_t (*elapsed_ticks)(void);
    bool (*send)(const uint8_t *wire, uint8_t length);
};

/* The one board of this process; the port's functions have no argument to find it by. */
extern struct host_board host_board;

/* Reads a table of counts (CSV: chest, force0 ... force3, airway); false and a line on
 * stderr when it cannot. */
bool host_table_read(struct host_table *table, const char *path, uint32_t rows_per_s);

/* What the converters read `elapsed_ticks` after the start. */
struct mrcpr_counts host_table_at(const struct host_table *table, uint64_t elapsed_ticks);

/* Opens what is kept, all 0xFF when it is new; false and a line on stderr when it cannot.
 * `path` NULL: in memory. */
bool host_storage_open(struct host_storage *storage, const char *path);

/* Power goes after `writes` more bytes were begun, the last of which holds `garbage` then;
 * 0: it is there, and stays. */
void host_storage_lose_power_after(struct host_storage *storage, uint32_t writes, uint8_t garbage);

void host_board_start(const struct host_options *options);
void host_board_sample(void); /* takes the sample that is due at next_sample_at */
void host_board_settle(void); /* does all that takes long */
void host_board_receive(const uint8_t *bytes, size_t length);
bool host_board_due(uint64_t elapsed_ticks);

int host_run_lockstep(const struct host_options *options);
int host_run_pty(const struct host_options *options);

#endif
