#include "sampler.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

#include "airway.h"
#include "clock.h"

#define REFERENCE_AVCC (1u << REFS0)
#define CHANNEL_BANDGAP 14u
#define BANDGAP_MV 1100ul
#define FULL_SCALE 1024ul

/* A conversion at 125 kHz holds its input 1.5 clocks after the first edge behind its start:
 * 12 to 20 us. Ref: ATmega328P datasheet, "Prescaling and Conversion Timing". */
#define HOLD_TICKS 16u

/* The bandgap settles slowly through the multiplexer: its first conversions are no good. */
#define BANDGAP_CONVERSIONS 6u
#define SAMPLES_PER_SUPPLY 128u

#define QUEUE_SIZE 4u /* a power of two */

/* A0: chest, A1 A2 A3 A6: cells. A4 and A5 are the airway sensor's. */
static const uint8_t channels[] = {0, 1, 2, 3, 6};
#define CHANNELS (sizeof channels)

static volatile struct sample queue[QUEUE_SIZE];
static volatile uint8_t queue_head, queue_tail;
static volatile uint16_t period_steps;
static volatile uint16_t bandgap_counts;
static uint8_t missed;       /* interrupts only, as all below */
static uint8_t converting;   /* channel under conversion, plus one; 0: none */
static uint8_t until_supply;

void sampler_start(void)
{
    DIDR0 = 0x0F;
    ADMUX = REFERENCE_AVCC;
    ADCSRA = (uint8_t)((1u << ADEN) | (1u << ADIE) | (1u << ADPS2) | (1u << ADPS1) | (1u << ADPS0));
}

void sampler_set_period(uint32_t period_ticks)
{
    const uint16_t steps = (uint16_t)(period_ticks * CLOCK_STEPS_PER_TICK);

    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        period_steps = steps;
        OCR1A = (uint16_t)(TCNT1 + steps);
        TIFR1 = (uint8_t)(1u << OCF1A);
        TIMSK1 = (uint8_t)(TIMSK1 | (1u << OCIE1A));
    }
}

static void convert(uint8_t channel)
{
    ADMUX = (uint8_t)(REFERENCE_AVCC | channel);
    ADCSRA = (uint8_t)(ADCSRA | (1u << ADSC));
}

static void miss(void)
{
    if (missed < UINT8_MAX) {
        missed++;
    }
}

ISR(TIMER1_COMPA_vect)
{
    const uint8_t head = queue_head;

    OCR1A = (uint16_t)(OCR1A + period_steps);
    if (converting || ((head + 1u) & (QUEUE_SIZE - 1)) == queue_tail) {
        miss();
        return;
    }
    convert(channels[0]);
    queue[head].ticks = clock_ticks_in_interrupt() + HOLD_TICKS;
    converting = 1;
    airway_read();
}

static void finish_sample(void)
{
    const uint8_t head = queue_head;

    queue[head].counts.airway = airway_counts();
    queue[head].missed = missed;
    missed = 0;
    queue_head = (uint8_t)((head + 1u) & (QUEUE_SIZE - 1));
}

ISR(ADC_vect)
{
    const uint16_t counts = ADC;
    const uint8_t done = converting;

    if (done == 1) {
        queue[queue_head].counts.chest = counts;
    } else if (done <= CHANNELS) {
        queue[queue_head].counts.force[done - 2] = counts;
    }
    if (done == CHANNELS) {
        finish_sample();
        if (until_supply--) {
            converting = 0;
            return;
        }
        until_supply = SAMPLES_PER_SUPPLY - 1;
    }
    if (done == CHANNELS + BANDGAP_CONVERSIONS) {
        bandgap_counts = counts;
        converting = 0;
        return;
    }
    converting = (uint8_t)(done + 1);
    convert(done < CHANNELS ? channels[done] : CHANNEL_BANDGAP);
}

bool sampler_has_sample(void)
{
    return queue_head != queue_tail;
}

bool sampler_take(struct sample *sample)
{
    const uint8_t tail = queue_tail;

    if (tail == queue_head) {
        return false;
    }
    /* The interrupt does not touch an entry between tail and head. */
    *sample = *(const struct sample *)&queue[tail];
    queue_tail = (uint8_t)((tail + 1u) & (QUEUE_SIZE - 1));
    return true;
}

uint16_t sampler_supply_mv(void)
{
    uint16_t counts;

    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        counts = bandgap_counts;
    }
    return counts ? (uint16_t)(BANDGAP_MV * FULL_SCALE / counts) : 0;
}
