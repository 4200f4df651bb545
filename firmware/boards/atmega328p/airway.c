/* Ref: Sensirion SDP8xx-Digital datasheet: continuous measurement, I2C sequence, checksum. */
#include "airway.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <stdbool.h>
#include <util/atomic.h>
#include <util/delay.h>
#include <util/twi.h>

#include "mrcpr_protocol.h"

#define SENSOR_ADDRESS 0x25u
#define SCL_HZ 400000ul
#define BIT_RATE ((F_CPU / SCL_HZ - 16) / 2)

#define READ_LENGTH 3u /* pressure, high byte first, and its checksum */

/* Failed readings in a row after which the sensor is told to start again; it needs 8 ms for
 * its first value and refuses to be read until then. */
#define FAILURES_TO_RESTART 20u

static const uint8_t start_command[] = {0x36, 0x15}; /* averages until it is read */

static volatile enum { BUS_IDLE, BUS_WRITING, BUS_READING } bus;
static volatile uint16_t errors;
static int16_t counts = MRCPR_AIRWAY_UNKNOWN; /* interrupts only, as all below */
static uint8_t bytes[READ_LENGTH];
static uint8_t at;
static uint8_t failures;
static bool has_answered;

static void control(uint8_t bits)
{
    TWCR = (uint8_t)((1u << TWINT) | (1u << TWEN) | (1u << TWIE) | bits);
}

static void stop(void)
{
    TWCR = (uint8_t)((1u << TWINT) | (1u << TWEN) | (1u << TWSTO));
    bus = BUS_IDLE;
}

static void begin(uint8_t what)
{
    bus = what;
    at = 0;
    control(1u << TWSTA);
}

/* What a sensor that never answered does not say is no error: it starts, or is not there. */
static void fail(void)
{
    counts = MRCPR_AIRWAY_UNKNOWN;
    if (has_answered && errors < UINT16_MAX) {
        errors++;
    }
    failures++;
}

/* A sensor that was reset in the middle of a byte may hold SDA low: nine clocks free it. */
static void free_bus(void)
{
    TWCR = 0;
    for (uint8_t i = 0; i < 9; i++) {
        DDRC = (uint8_t)(DDRC | (1u << DDC5));
        _delay_us(2);
        DDRC = (uint8_t)(DDRC & ~(1u << DDC5));
        _delay_us(2);
    }
}

void airway_start(void)
{
    TWSR = 0;
    TWBR = (uint8_t)BIT_RATE;
    failures = FAILURES_TO_RESTART;
}

void airway_read(void)
{
    if (bus != BUS_IDLE) {
        fail(); /* a whole sample period was not enough: the bus hangs */
        free_bus();
        bus = BUS_IDLE;
    }
    if (failures >= FAILURES_TO_RESTART) {
        failures = 0;
        begin(BUS_WRITING);
    } else {
        begin(BUS_READING);
    }
}

static uint8_t checksum(void)
{
    uint8_t crc = 0xFF;

    for (uint8_t i = 0; i < READ_LENGTH - 1; i++) {
        crc ^= bytes[i];
        for (uint8_t bit = 0; bit < 8; bit++) {
            const uint8_t carry = crc & 0x80u;

            crc = (uint8_t)(crc << 1);
            if (carry) {
                crc ^= 0x31;
            }
        }
    }
    return crc;
}

static void finish_reading(void)
{
    if (checksum() != bytes[READ_LENGTH - 1]) {
        fail();
        return;
    }
    failures = 0;
    has_answered = true;
    counts = (int16_t)(uint16_t)((uint16_t)bytes[0] << 8 | bytes[1]);
}

/* Acknowledge every byte but the last one wanted. */
static void want_next_byte(void)
{
    control(at < READ_LENGTH - 1 ? (uint8_t)(1u << TWEA) : 0);
}

ISR(TWI_vect)
{
    switch (TW_STATUS) {
    case TW_START:
        TWDR = (uint8_t)(SENSOR_ADDRESS << 1 | (bus == BUS_READING ? TW_READ : TW_WRITE));
        control(0);
        break;
    case TW_MT_SLA_ACK:
    case TW_MT_DATA_ACK:
        if (at < sizeof start_command) {
            TWDR = start_command[at++];
            control(0);
        } else {
            stop();
        }
        break;
    case TW_MR_SLA_ACK:
        want_next_byte();
        break;
    case TW_MR_DATA_ACK:
        bytes[at++] = TWDR;
        want_next_byte();
        break;
    case TW_MR_DATA_NACK:
        bytes[at] = TWDR;
        stop();
        finish_reading();
        break;
    default:
        stop();
        fail();
        break;
    }
}

int16_t airway_counts(void)
{
    return counts;
}

uint16_t airway_errors(void)
{
    uint16_t now;

    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        now = errors;
    }
    return now;
}
