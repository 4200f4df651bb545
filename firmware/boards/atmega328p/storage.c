/* What is kept without power: the EEPROM, 3.4 ms a byte. */
#include <avr/eeprom.h>
#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

#include "port.h"

_Static_assert(MRCPR_STORAGE_BYTES == E2END + 1, "all of the EEPROM is ours");

uint8_t mrcpr_port_storage_read(uint16_t address)
{
    return eeprom_read_byte((const uint8_t *)address);
}

bool mrcpr_port_storage_busy(void)
{
    return (EECR & (1u << EEPE)) != 0;
}

bool mrcpr_port_storage_write(uint16_t address, uint8_t byte)
{
    if (mrcpr_port_storage_busy()) {
        return false;
    }
    EEAR = address;
    EEDR = byte;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        /* EEPE within four cycles of EEMPE, or it is not written. */
        EECR = (uint8_t)((1u << EERIE) | (1u << EEMPE));
        EECR = (uint8_t)(EECR | (1u << EEPE));
    }
    return true;
}

/* Done writing: nothing to do but wake the main loop, once. */
ISR(EE_READY_vect)
{
    EECR = (uint8_t)(EECR & ~(1u << EERIE));
}
