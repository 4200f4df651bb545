/* The emulated mannequin board: an ATmega328P in simavr with the sensors of the wiring plan.
 *
 * Copyright the MR-CPR authors. This program links simavr, which is GPL-3.0-or-later, and is
 * therefore under the GNU General Public License, version 3 or later. It is a test program:
 * no part of it goes into the firmware or the Python package. */
#ifndef AVR_BOARD_H
#define AVR_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim_avr.h"

#define NS_PER_S 1000000000.0
#define BAUD 500000
#define NEVER UINT64_MAX

struct board_options {
    const char *elf_path;
    enum { PACE_REAL, PACE_FAST, PACE_LOCKSTEP } pace;
    const char *waveform_path;
    double rows_per_s;
    double supply_mv;
    double noise_counts; /* one sigma of the converter, before it truncates */
    double crystal_ppm;
    const char *eeprom_path; /* read at the start, written when the program ends */
    const char *link_path;   /* a symbolic link to the pty, kept up to date */
    bool start_on_byte;
    double usb_latency_ms;
    double late_share;
    double late_ms;
    uint64_t seed;
    bool tells;
};

/* --- chip.c: the processor and its time ------------------------------------------------ */

extern avr_t *chip;

bool chip_start(const struct board_options *options);

/* Runs the board on to an instant of true time (ns since the start). */
void chip_run_to(uint64_t until_ns);

/* True time now, and at some cycle of the processor's. */
uint64_t chip_now_ns(void);
uint64_t chip_ns_at(avr_cycle_count_t cycle);

/* True time one cycle takes: the crystal's error is in it. */
double chip_ns_per_cycle(void);

void chip_set_crystal_ppm(double ppm);

/* The supply fails now; the processor starts again `off_ns` later. A supply that only sagged
 * leaves the chip knowing of a brown-out, one that was gone of a power-on. */
void chip_lose_power(uint64_t off_ns, bool sagged);
void chip_power_off(void);
void chip_power_on(void);

/* The program hangs where it is until the watchdog resets the chip, or it is let go on. */
void chip_hang(void);
void chip_go_on(void);

void *chip_module(const char *kind); /* a simavr module by its kind */
uint8_t chip_garbage(void);          /* the next byte of seeded noise */

/* Says what is wrong and ends the program. */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* --- uart.c: the line both ways, bit-exact in time --------------------------------------- */

void uart_start(void);
void uart_forget_unread(void); /* drops the oldest bytes when nobody reads, as a bridge does */
void uart_reset(void);

/* The first bit of these bytes begins at `first_bit_ns`, or when the line is free. */
void uart_receive(uint64_t first_bit_ns, const uint8_t *bytes, size_t length);

/* When the next byte is in, or NEVER; and gives the chip what is in by now. */
uint64_t uart_next_rx_ns(void);
void uart_deliver(uint64_t now_ns);
bool uart_receiver_on(void);

/* Takes the oldest byte whose stop bit had ended by `until_ns`. */
bool uart_take_sent(uint64_t until_ns, uint64_t *end_ns, uint8_t *byte);

/* --- converter.c, eeprom.c, sdp810.c: what hangs on the chip ------------------------------ */

void converter_start(const struct board_options *options);

void eeprom_start(const char *path);
void eeprom_save(void);
void eeprom_power_lost(void); /* a byte that is being written becomes garbage */

void sdp810_start(void);
void sdp810_power_on(void);
void sdp810_unplug(bool unplugged);
void sdp810_corrupt(bool corrupt);

/* --- bystander.c: what can be seen of the board -------------------------------------------- */

void bystander_start(const struct board_options *options);
void bystander_leave(void);

/* --- waveform.c: what the sensors feel ----------------------------------------------------- */

enum { WAVE_CHEST_MV = 0, WAVE_CELL0_MV = 1, WAVE_AIRWAY_PA = 5, WAVE_COLUMNS = 6 };

bool waveform_read(const char *path, double rows_per_s);
double waveform_at(uint64_t t_ns, int column);

/* --- commands.c, and the three ways to run ------------------------------------------------- */

/* Obeys a fault line; false when it is none. */
bool obey(const char *line);

/* Obeys "rx US HEX": the first bit of these bytes begins at that instant. */
bool obey_rx(const char *line);

int run_pty(const struct board_options *options);
int run_lockstep(const struct board_options *options);

#endif
