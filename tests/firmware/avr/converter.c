/* The analogue inputs: the datasheet's sample-and-hold and its law of conversion.
 *
 * A conversion begins with the first edge of the converter's clock behind the program's wish
 * and holds its input 1.5 clocks later; k = floor(1024 V / Vref). simavr reads its inputs at
 * the conversion's end, in whole millivolts, and scales by 1023: it is handed the voltage
 * that makes it say the true k.
 *
 * Copyright the MR-CPR authors. This program links simavr, which is GPL-3.0-or-later, and is
 * therefore under the GNU General Public License, version 3 or later. It is a test program:
 * no part of it goes into the firmware or the Python package. */
#include <math.h>

#include "avr_adc.h"
#include "board.h"

#define STEPS 1024.0
#define COUNTS_MAX 1023
#define TWO_PI 6.283185307179586
#define INPUTS 8

static const int column_of_input[INPUTS] = {
    WAVE_CHEST_MV, WAVE_CELL0_MV, WAVE_CELL0_MV + 1, WAVE_CELL0_MV + 2, -1, -1,
    WAVE_CELL0_MV + 3, -1};

static avr_adc_t *adc;
static double reference_mv, noise_counts;

static double draw(void)
{
    uint32_t bits = 0;

    for (unsigned i = 0; i < 3; i++) {
        bits = bits << 8 | chip_garbage();
    }
    return (bits + 0.5) / 16777216.0;
}

/* Ref: Box and Muller, A note on the generation of random normal deviates (1958). */
static double noise(void)
{
    return noise_counts > 0 ? noise_counts * sqrt(-2.0 * log(draw())) * cos(TWO_PI * draw()) : 0.0;
}

static avr_cycle_count_t hold(avr_t *avr, avr_cycle_count_t when, void *param)
{
    const unsigned input = (unsigned)(uintptr_t)param;
    const int column = column_of_input[input];
    const double mv = column < 0 ? 0.0 : waveform_at(chip_ns_at(when), column);
    const double level = STEPS * mv / reference_mv + noise();
    const double k = fmin(fmax(floor(level), 0.0), COUNTS_MAX);
    const uint32_t handed_mv = (uint32_t)ceil(k * reference_mv / COUNTS_MAX);

    (void)avr;
    avr_raise_irq(avr_io_getirq(chip, AVR_IOCTL_ADC_GETIRQ, (int)(ADC_IRQ_ADC0 + input)), handed_mv);
    return 0;
}

static void on_trigger(struct avr_irq_t *irq, uint32_t value, void *param)
{
    const union {
        uint32_t value;
        avr_adc_mux_t mux;
    } trigger = {.value = value};
    const unsigned shift = avr_regbit_get_array(chip, adc->adps, 3);
    const avr_cycle_count_t clock = 1u << (shift ? shift : 1);
    const avr_cycle_count_t edge = clock - chip->cycle % clock;

    (void)irq;
    (void)param;
    if (trigger.mux.kind == ADC_MUX_SINGLE && trigger.mux.src < INPUTS) {
        avr_cycle_timer_register(chip, edge + 3 * clock / 2, hold,
                                 (void *)(uintptr_t)trigger.mux.src);
    }
}

void converter_start(const struct board_options *options)
{
    reference_mv = options->supply_mv;
    noise_counts = options->noise_counts;
    adc = chip_module("adc");
    avr_irq_register_notify(avr_io_getirq(chip, AVR_IOCTL_ADC_GETIRQ, ADC_IRQ_OUT_TRIGGER),
                            on_trigger, NULL);
}
