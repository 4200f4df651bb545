/* What somebody beside the board sees, told on stderr with --tell: each change of the light as
 * "light 0|1 NS" (ns of true time), and at the end how much of its time the chip slept, as
 * "slept SHARE".
 *
 * Copyright the MR-CPR authors. This program links simavr, which is GPL-3.0-or-later, and is
 * therefore under the GNU General Public License, version 3 or later. It is a test program:
 * no part of it goes into the firmware or the Python package. */
#include <inttypes.h>
#include <stdio.h>

#include "avr_ioport.h"
#include "board.h"

#define LIGHT_PORT 'B' /* D13 of a Nano */
#define LIGHT_PIN 5

static bool tells, light;
static avr_cycle_count_t slept;

static void on_light(struct avr_irq_t *irq, uint32_t value, void *param)
{
    (void)irq;
    (void)param;
    if (light != (value != 0)) {
        light = value != 0;
        fprintf(stderr, "light %d %" PRIu64 "\n", light, chip_now_ns());
    }
}

static void on_sleep(avr_t *avr, avr_cycle_count_t how_long)
{
    (void)avr; /* no real time passes meanwhile */
    slept += how_long;
}

void bystander_start(const struct board_options *options)
{
    tells = options->tells;
    chip->sleep = on_sleep;
    if (tells) {
        avr_irq_register_notify(
            avr_io_getirq(chip, AVR_IOCTL_IOPORT_GETIRQ(LIGHT_PORT), LIGHT_PIN), on_light, NULL);
    }
}

void bystander_leave(void)
{
    if (tells) {
        fprintf(stderr, "slept %.4f\n", (double)slept / (double)chip->cycle);
    }
}
