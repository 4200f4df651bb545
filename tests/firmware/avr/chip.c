/* The processor: set-up, true time, resets of every kind.
 *
 * True time is the host's idea of time; a cycle takes 62.5 ns / (1 + ppm). The relation is
 * begun anew whenever the crystal changes or the chip was without power.
 *
 * Copyright the MR-CPR authors. This program links simavr, which is GPL-3.0-or-later, and is
 * therefore under the GNU General Public License, version 3 or later. It is a test program:
 * no part of it goes into the firmware or the Python package. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "avr_eeprom.h"
#include "board.h"
#include "sim_elf.h"

#define CRYSTAL_HZ 16000000.0
#define MCUSR 0x54
#define PORF 0x01
#define BORF 0x04
#define SRAM_START 0x100
#define RJMP_TO_ITSELF 0xCFFF
#define RUN_CYCLES 1000

avr_t *chip;

static double ns_per_cycle;
static uint64_t base_ns;
static avr_cycle_count_t base_cycle;
static bool powered;
static uint64_t power_on_ns = NEVER;
static uint8_t cause_after_power;
static avr_run_t run_normally;
static bool hanging;
static avr_flashaddr_t hung_at;
static uint8_t hung_code[2];
static uint64_t noise;

void die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("avr-board: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

/* Ref: Marsaglia, Xorshift RNGs (2003). */
uint8_t chip_garbage(void)
{
    noise ^= noise << 13;
    noise ^= noise >> 7;
    noise ^= noise << 17;
    return (uint8_t)(noise >> 24);
}

/* simavr would write its warnings to stdout, which is the wire. */
static void log_to_stderr(struct avr_t *avr, const int level, const char *format, va_list args)
{
    (void)avr;
    if (level <= LOG_ERROR) {
        vfprintf(stderr, format, args);
    }
}

void *chip_module(const char *kind)
{
    for (avr_io_t *io = chip->io_port; io; io = io->next) {
        if (strcmp(io->kind, kind) == 0) {
            return io;
        }
    }
    die("this simavr has no module %s", kind);
}

uint64_t chip_ns_at(avr_cycle_count_t cycle)
{
    return base_ns + (uint64_t)((double)(cycle - base_cycle) * ns_per_cycle);
}

uint64_t chip_now_ns(void)
{
    return powered ? chip_ns_at(chip->cycle) : base_ns;
}

double chip_ns_per_cycle(void)
{
    return ns_per_cycle;
}

static void begin_time_anew(uint64_t now_ns)
{
    base_ns = now_ns;
    base_cycle = chip->cycle;
}

void chip_set_crystal_ppm(double ppm)
{
    begin_time_anew(chip_now_ns());
    ns_per_cycle = NS_PER_S / (CRYSTAL_HZ * (1.0 + ppm * 1e-6));
}

static void fill_with_garbage(void)
{
    for (unsigned i = 0; i < 32; i++) {
        chip->data[i] = chip_garbage();
    }
    for (unsigned i = SRAM_START; i <= chip->ramend; i++) {
        chip->data[i] = chip_garbage();
    }
}

void chip_go_on(void)
{
    if (hanging) {
        memcpy(chip->flash + hung_at, hung_code, sizeof hung_code);
        hanging = false;
    }
}

static void reset(uint8_t cause)
{
    chip_go_on();
    chip->run = run_normally;
    avr_reset(chip);
    uart_reset();
    chip->data[MCUSR] |= cause;
}

void chip_power_off(void)
{
    const uint64_t now_ns = chip_now_ns();

    eeprom_power_lost();
    powered = false;
    base_ns = now_ns;
    power_on_ns = NEVER;
}

static void power_on(uint8_t cause)
{
    begin_time_anew(base_ns);
    powered = true;
    power_on_ns = NEVER;
    fill_with_garbage();
    reset(cause);
    sdp810_power_on();
}

void chip_power_on(void)
{
    power_on(PORF);
}

void chip_lose_power(uint64_t off_ns, bool sagged)
{
    chip_power_off();
    power_on_ns = base_ns + off_ns;
    cause_after_power = sagged ? BORF : PORF;
}

void chip_hang(void)
{
    if (!hanging && powered) {
        hung_at = chip->pc;
        memcpy(hung_code, chip->flash + hung_at, sizeof hung_code);
        chip->flash[hung_at] = RJMP_TO_ITSELF & 0xFF;
        chip->flash[hung_at + 1] = RJMP_TO_ITSELF >> 8;
        hanging = true;
    }
}

static avr_cycle_count_t stop_here(avr_t *avr, avr_cycle_count_t when, void *param)
{
    (void)avr;
    (void)when;
    (void)param;
    return 0;
}

static void run_cycles_to(avr_cycle_count_t until)
{
    if (until <= chip->cycle) {
        return;
    }
    /* A sleeping chip jumps to the next timer: let there be one. */
    avr_cycle_timer_register(chip, until - chip->cycle, stop_here, NULL);
    while (chip->cycle < until) {
        const int state = avr_run(chip);

        if (state == cpu_Done || state == cpu_Crashed) {
            die("the firmware stopped for good at 0x%04x", (unsigned)chip->pc);
        }
        if (chip->run != run_normally) { /* the watchdog: its reset comes with the next run */
            avr_run(chip);
            chip_go_on();
            uart_reset();
            avr_cycle_timer_register(chip, until - chip->cycle, stop_here, NULL);
        }
    }
}

static avr_cycle_count_t cycle_at(uint64_t t_ns)
{
    const uint64_t since_ns = t_ns > base_ns ? t_ns - base_ns : 0; /* a byte may be overdue */

    return base_cycle + (avr_cycle_count_t)((double)since_ns / ns_per_cycle) + 1;
}

static uint64_t earlier(uint64_t a_ns, uint64_t b_ns)
{
    return a_ns < b_ns ? a_ns : b_ns;
}

void chip_run_to(uint64_t until_ns)
{
    while (chip_now_ns() < until_ns) {
        if (powered) {
            run_cycles_to(cycle_at(earlier(until_ns, uart_next_rx_ns())));
        } else {
            base_ns = earlier(until_ns, power_on_ns);
            if (base_ns == power_on_ns) {
                power_on(cause_after_power);
            }
        }
        uart_deliver(chip_now_ns());
    }
}

bool chip_start(const struct board_options *options)
{
    static elf_firmware_t firmware;

    avr_global_logger_set(log_to_stderr);
    if (elf_read_firmware(options->elf_path, &firmware) != 0) {
        fprintf(stderr, "%s: no ELF of a firmware\n", options->elf_path);
        return false;
    }
    chip = avr_make_mcu_by_name("atmega328p");
    if (!chip) {
        fputs("this simavr knows no atmega328p\n", stderr);
        return false;
    }
    avr_init(chip);
    firmware.frequency = (uint32_t)CRYSTAL_HZ;
    avr_load_firmware(chip, &firmware);
    chip->frequency = (uint32_t)CRYSTAL_HZ;
    chip->vcc = chip->avcc = chip->aref = (uint32_t)options->supply_mv;
    chip->run_cycle_limit = RUN_CYCLES; /* 1 by default: slower, the same bytes */
    chip->log = LOG_ERROR;
    run_normally = chip->run;
    noise = options->seed ^ 0x9E3779B97F4A7C15u;
    ns_per_cycle = NS_PER_S / (CRYSTAL_HZ * (1.0 + options->crystal_ppm * 1e-6));
    uart_start();
    converter_start(options);
    eeprom_start(options->eeprom_path);
    sdp810_start();
    bystander_start(options);
    chip_power_on();
    return true;
}
