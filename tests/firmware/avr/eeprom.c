/* The EEPROM: kept in a file, busy for 3.4 ms a byte, and honest about lost power.
 *
 * simavr writes a byte at once and never shows EEPE; here the flag stays up as long as the
 * hardware is at work, and a byte in the making is garbage when the power goes.
 *
 * Copyright the MR-CPR authors. This program links simavr, which is GPL-3.0-or-later, and is
 * therefore under the GNU General Public License, version 3 or later. It is a test program:
 * no part of it goes into the firmware or the Python package. */
#include <stdio.h>

#include "avr_eeprom.h"
#include "board.h"

#define WRITE_US 3400

static avr_eeprom_t *eeprom;
static const char *file_path;
static avr_io_write_t write_of_simavr;
static void *param_of_simavr;
static bool busy;
static uint16_t busy_address;

static avr_cycle_count_t on_written(avr_t *avr, avr_cycle_count_t when, void *param)
{
    (void)when;
    (void)param;
    avr_regbit_clear(avr, eeprom->eepe);
    busy = false;
    return 0;
}

static void on_control(avr_t *avr, avr_io_addr_t addr, uint8_t value, void *param)
{
    const bool enabled = avr_regbit_get(avr, eeprom->eempe) != 0;
    const bool writes = enabled && !busy && (value & (1u << eeprom->eepe.bit));

    (void)param;
    if (busy) { /* the hardware ignores a write now */
        value = (uint8_t)(value & ~(1u << eeprom->eepe.bit));
    }
    write_of_simavr(avr, addr, value, param_of_simavr);
    if (writes) {
        busy_address = (uint16_t)((avr->data[eeprom->r_eearl] | avr->data[eeprom->r_eearh] << 8) %
                                  eeprom->size);
        busy = true;
        avr_cycle_timer_register_usec(avr, WRITE_US, on_written, NULL);
    }
    if (busy) {
        avr_regbit_set(avr, eeprom->eepe);
    }
}

static void load(void)
{
    FILE *file = file_path ? fopen(file_path, "rb") : NULL;

    if (file) {
        if (fread(eeprom->eeprom, 1, eeprom->size, file) != eeprom->size) {
            die("%s: must hold %u bytes", file_path, eeprom->size);
        }
        fclose(file);
    }
}

void eeprom_save(void)
{
    FILE *file = file_path ? fopen(file_path, "wb") : NULL;

    if (file_path && (!file || fwrite(eeprom->eeprom, 1, eeprom->size, file) != eeprom->size ||
                      fclose(file) != 0)) {
        die("%s: cannot be written", file_path);
    }
}

void eeprom_power_lost(void)
{
    if (busy) {
        eeprom->eeprom[busy_address] = chip_garbage();
        busy = false;
    }
}

void eeprom_start(const char *path)
{
    avr_io_addr_t control;

    eeprom = chip_module("eeprom");
    control = AVR_DATA_TO_IO(eeprom->r_eecr);
    write_of_simavr = chip->io[control].w.c;
    param_of_simavr = chip->io[control].w.param;
    chip->io[control].w.c = on_control;
    file_path = path;
    load();
}
