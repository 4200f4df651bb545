#include "startup.h"

#include <avr/io.h>
#include <avr/wdt.h>

#include "mrcpr_protocol.h"

#define UNTOUCHED 0xC5

extern uint8_t _end; /* the linker's: first byte behind the data */

/* Not cleared at start: they are written before that. */
static uint8_t reset_flags __attribute__((section(".noinit")));
static uint8_t bootloader_flags __attribute__((section(".noinit")));

/* The Optiboot bootloader clears MCUSR and leaves what it said in r2. */
void keep_bootloader_flags(void) __attribute__((naked, used, section(".init0")));
void keep_bootloader_flags(void)
{
    __asm__ volatile("sts %0, r2" : : "i"(&bootloader_flags));
}

/* After a watchdog reset the watchdog runs on, at its shortest time. */
void keep_reset_flags(void) __attribute__((naked, used, section(".init3")));
void keep_reset_flags(void)
{
    reset_flags = MCUSR;
    MCUSR = 0;
    wdt_disable();
}

void paint_stack(void) __attribute__((naked, used, section(".init3")));
void paint_stack(void)
{
    for (uint8_t *byte = &_end; byte < (uint8_t *)SP; byte++) {
        *byte = UNTOUCHED;
    }
}

uint8_t startup_reset_cause(void)
{
    const uint8_t all = (1u << PORF) | (1u << EXTRF) | (1u << BORF) | (1u << WDRF);
    /* Older bootloaders leave anything at all in r2. */
    const uint8_t kept = bootloader_flags <= all ? bootloader_flags : 0;
    const uint8_t flags = reset_flags ? reset_flags : kept;

    if (flags & (1u << PORF)) {
        return MRCPR_RESET_POWER_ON;
    }
    if (flags & (1u << WDRF)) {
        return MRCPR_RESET_WATCHDOG;
    }
    if (flags & (1u << BORF)) {
        return MRCPR_RESET_BROWN_OUT;
    }
    return (flags & (1u << EXTRF)) ? MRCPR_RESET_EXTERNAL : MRCPR_RESET_UNKNOWN;
}

uint16_t startup_stack_free_bytes(void)
{
    const uint8_t *byte = &_end;

    while (byte < (const uint8_t *)SP && *byte == UNTOUCHED) {
        byte++;
    }
    return (uint16_t)(byte - &_end);
}
