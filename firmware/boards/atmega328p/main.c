/* The mannequin's board: an Arduino Nano or its kin, ATmega328P at 16 MHz and 5 V.
 *
 *   A0                 chest potentiometer        clock.c    timer 1: microseconds
 *   A1 A2 A3 A6        force cells 0 to 3         sampler.c  timer 1 and the converter
 *   A4 A5              airway sensor (I2C)        airway.c   its readings
 *   D13                light                      uart.c     bytes in and out
 *   D0 D1              UART to the USB bridge     storage.c  what is kept without power
 */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/power.h>
#include <avr/sleep.h>
#include <avr/wdt.h>
#include <string.h>

#include "airway.h"
#include "clock.h"
#include "device.h"
#include "port.h"
#include "sampler.h"
#include "startup.h"
#include "uart.h"

/* Five conversions, then the frame is made; an answer is only the frame. Measured in the emulator, cycle by cycle;
 * tests/firmware/test_avr_board.py fails when it is no longer so. */
#define SAMPLE_LATENCY_TICKS 710
#define PONG_LATENCY_TICKS 98

static struct mrcpr_device device = {
    .identity =
        {
            .serial_number = MRCPR_UNNAMED,
            .board_name = "atmega328p",
            .tick_rate_hz = CLOCK_TICK_RATE_HZ,
            .uart_baud = MRCPR_BAUD,
            .sample_latency_ticks = SAMPLE_LATENCY_TICKS,
            .pong_latency_ticks = PONG_LATENCY_TICKS,
            .adc_bits = 10,
        },
};

uint32_t mrcpr_port_now_ticks(void)
{
    return clock_ticks();
}

bool mrcpr_port_send(const uint8_t *wire, uint8_t length)
{
    return uart_send(wire, length);
}

void mrcpr_port_set_period(uint32_t period_ticks)
{
    sampler_set_period(period_ticks);
}

void mrcpr_port_light(bool on)
{
    PORTB = (uint8_t)(on ? PORTB | (1u << PORTB5) : PORTB & ~(1u << PORTB5));
}

struct mrcpr_board_state mrcpr_port_state(void)
{
    return (struct mrcpr_board_state){
        .rx_overruns = uart_overruns(),
        .airway_errors = airway_errors(),
        .supply_mv = sampler_supply_mv(),
        .stack_free_bytes = startup_stack_free_bytes(),
    };
}

static void start(void)
{
    DDRB = (uint8_t)(1u << DDB5);
    power_timer0_disable();
    power_timer2_disable();
    power_spi_disable();
    clock_start();
    uart_start();
    sampler_start();
    airway_start();
    device.identity.reset_cause = startup_reset_cause();
    wdt_enable(WDTO_250MS);
    sei();
    mrcpr_start(&device);
}

/* Samples feed the watchdog: a board that samples no more starts anew. */
static void pass_samples_on(void)
{
    struct sample sample;

    while (sampler_take(&sample)) {
        for (; sample.missed; sample.missed--) {
            mrcpr_miss_sample(&device);
        }
        mrcpr_take_sample(&device, sample.ticks, &sample.counts);
        wdt_reset();
    }
}

static void pass_bytes_on(void)
{
    struct received_byte received;

    while (!sampler_has_sample() && uart_receive(&received)) {
        mrcpr_receive(&device, received.byte, received.ticks);
    }
}

/* Sleeps (idle, the mode after a reset: timers and UART run on) until the next interrupt, unless one has left something to do already. */
static void rest(void)
{
    cli();
    if (!sampler_has_sample() && !uart_has_received()) {
        sleep_enable();
        sei(); /* takes effect behind the next instruction: nothing can come in between */
        sleep_cpu();
        sleep_disable();
    }
    sei();
}

int main(void)
{
    start();
    for (;;) {
        pass_samples_on();
        pass_bytes_on();
        if (!mrcpr_turn(&device) || mrcpr_port_storage_busy()) {
            rest();
        }
    }
}
