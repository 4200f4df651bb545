/* A Sensirion SDP810-500Pa on the I2C pins.
 *
 * Ref: Sensirion SDP8xx-Digital datasheet: start-up 25 ms, soft reset 2 ms, first value 8 ms
 * after the start of continuous measurement, a new one every 0.5 ms, "average till read";
 * refuses to be read before its first value and takes no command but "stop" (and the general
 * call's reset) while it measures.
 *
 * Copyright the MR-CPR authors. This program links simavr, which is GPL-3.0-or-later, and is
 * therefore under the GNU General Public License, version 3 or later. It is a test program:
 * no part of it goes into the firmware or the Python package. */
#include <math.h>

#include "avr_twi.h"
#include "board.h"

#define ADDRESS 0x25u
#define MS_NS 1000000u
#define START_UP_NS (25 * MS_NS)
#define SOFT_RESET_NS (2 * MS_NS)
#define FIRST_VALUE_NS (8 * MS_NS)
#define STEP_NS (MS_NS / 2)
#define AVERAGED_STEPS_MAX 50u
#define COUNTS_PER_PA 60.0
#define TEMPERATURE_COUNTS (24 * 200) /* degrees Celsius */
#define CRC_POLYNOMIAL 0x31u

static enum { IDLE, MEASURING, TELLING_ID } state;
static bool average;
static bool unplugged, corrupt;
static uint64_t deaf_until_ns, first_value_ns, last_read_ns;
static uint8_t addressed; /* as on the bus, with the direction; 0: general call */
static bool selected;
static uint16_t command;
static unsigned n_written, n_read;
static uint8_t answer[18];
static unsigned answer_length;

static uint8_t crc8(const uint8_t *bytes)
{
    unsigned crc = 0xFF;

    for (unsigned i = 0; i < 2; i++) {
        crc ^= bytes[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = crc & 0x80u ? crc << 1 ^ CRC_POLYNOMIAL : crc << 1;
        }
        crc &= 0xFF;
    }
    return (uint8_t)crc;
}

static void add_word(uint16_t word)
{
    uint8_t *at = answer + answer_length;

    at[0] = (uint8_t)(word >> 8);
    at[1] = (uint8_t)word;
    at[2] = crc8(at);
    if (corrupt) { /* on its way: one byte of three */
        at[chip_garbage() % 3] ^= (uint8_t)(1 + chip_garbage() % 255);
    }
    answer_length += 3;
}

/* Values come on a grid of 0.5 ms; those since the last reading are averaged. */
static double pressure_pa(uint64_t now_ns)
{
    const uint64_t newest_ns = now_ns - (now_ns - first_value_ns) % STEP_NS;
    double total = 0.0;
    unsigned n = 0;

    for (uint64_t t_ns = newest_ns; n < AVERAGED_STEPS_MAX; t_ns -= STEP_NS) {
        total += waveform_at(t_ns, WAVE_AIRWAY_PA);
        n++;
        if (!average || t_ns < STEP_NS || t_ns - STEP_NS <= last_read_ns) {
            break;
        }
    }
    last_read_ns = now_ns;
    return total / n;
}

static void make_values(uint64_t now_ns)
{
    const double counts = round(COUNTS_PER_PA * pressure_pa(now_ns));
    const int16_t limited = (int16_t)fmin(fmax(counts, -INT16_MAX), INT16_MAX);

    answer_length = 0;
    add_word((uint16_t)limited);
    add_word(TEMPERATURE_COUNTS);
    add_word((uint16_t)COUNTS_PER_PA);
}

static void make_id(void)
{
    static const uint16_t words[] = {0x0302, 0x0A01, 0x0000, 0x1234, 0x5678, 0x9ABC};

    answer_length = 0;
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        add_word(words[i]);
    }
}

static void soft_reset(uint64_t now_ns)
{
    state = IDLE;
    deaf_until_ns = now_ns + SOFT_RESET_NS;
}

static bool start_measuring(uint64_t now_ns)
{
    if (state == MEASURING) {
        return false;
    }
    state = MEASURING;
    average = command == 0x3615 || command == 0x3603;
    first_value_ns = now_ns + FIRST_VALUE_NS;
    last_read_ns = now_ns;
    return true;
}

static bool obey_command(uint64_t now_ns)
{
    switch (command) {
    case 0x3603: /* mass flow, average till read */
    case 0x3608: /* mass flow */
    case 0x3615: /* differential pressure, average till read */
    case 0x361E: /* differential pressure */
        return start_measuring(now_ns);
    case 0x3FF9:
        state = IDLE;
        return true;
    case 0x367C:
        return state != MEASURING;
    case 0xE102:
        state = TELLING_ID;
        make_id();
        return true;
    default:
        return false;
    }
}

static bool on_address(uint8_t address, uint64_t now_ns)
{
    addressed = address;
    n_written = n_read = 0;
    if (unplugged || now_ns < deaf_until_ns) {
        return false;
    }
    if (address == ADDRESS << 1 || address == 0) {
        return true;
    }
    if (address != (ADDRESS << 1 | 1) || state == IDLE) {
        return false;
    }
    if (state == TELLING_ID) {
        state = IDLE;
        return true;
    }
    if (now_ns < first_value_ns) {
        return false;
    }
    make_values(now_ns);
    return true;
}

static bool on_write(uint8_t byte, uint64_t now_ns)
{
    n_written++;
    if (addressed == 0) {
        if (n_written == 1 && byte == 0x06) {
            soft_reset(now_ns);
        }
        return true;
    }
    command = (uint16_t)(command << 8 | byte);
    return n_written % 2 != 0 || obey_command(now_ns);
}

static void reply(uint8_t what, uint8_t data)
{
    avr_raise_irq(avr_io_getirq(chip, AVR_IOCTL_TWI_GETIRQ(0), TWI_IRQ_INPUT),
                  avr_twi_irq_msg(what, addressed, data));
}

static void on_bus(struct avr_irq_t *irq, uint32_t value, void *param)
{
    const avr_twi_msg_irq_t bus = {.u.v = value};
    const uint64_t now_ns = chip_now_ns();

    (void)irq;
    (void)param;
    if (bus.u.twi.msg & TWI_COND_STOP) {
        selected = false;
    }
    if (bus.u.twi.msg & TWI_COND_START) {
        selected = on_address((uint8_t)bus.u.twi.addr, now_ns);
        reply(TWI_COND_ACK, selected);
    }
    if (selected && (bus.u.twi.msg & TWI_COND_WRITE)) {
        reply(TWI_COND_ACK, on_write((uint8_t)bus.u.twi.data, now_ns));
    }
    if (selected && (bus.u.twi.msg & TWI_COND_READ)) {
        const uint8_t byte = n_read < answer_length ? answer[n_read] : 0xFF;

        n_read++;
        reply(TWI_COND_READ, byte);
    }
}

void sdp810_power_on(void)
{
    state = IDLE;
    deaf_until_ns = chip_now_ns() + START_UP_NS;
}

/* A sensor that comes back has been without power. */
void sdp810_unplug(bool is_unplugged)
{
    if (unplugged && !is_unplugged) {
        sdp810_power_on();
    }
    unplugged = is_unplugged;
}

void sdp810_corrupt(bool is_corrupt)
{
    corrupt = is_corrupt;
}

void sdp810_start(void)
{
    avr_irq_register_notify(avr_io_getirq(chip, AVR_IOCTL_TWI_GETIRQ(0), TWI_IRQ_OUTPUT), on_bus,
                            NULL);
}
