#include "store.h"

#include <string.h>

#include "crc16.h"
#include "port.h"

/* Where blocks lie. Address 0 is left alone: it is the one that AVRs are known to lose. */
#define FIRST_ADDRESS 16u
#define SLOT_BYTES(capacity) (MRCPR_SLOT_HEADER + (capacity))
#define IDENTITY_AT FIRST_ADDRESS
#define ZERO_AT (IDENTITY_AT + 2u * SLOT_BYTES(sizeof(struct mrcpr_identity_block)))
#define CALIBRATION_AT (ZERO_AT + 2u * SLOT_BYTES(sizeof(struct mrcpr_zero_block)))
_Static_assert(CALIBRATION_AT + 2u * SLOT_BYTES(MRCPR_CALIBRATION_CAPACITY) <=
                   MRCPR_STORAGE_BYTES,
               "the blocks must fit");
_Static_assert(sizeof(struct mrcpr_calibration_block) <= MRCPR_CALIBRATION_CAPACITY,
               "a calibration must fit");

#define MARK_SET 0x5Au
#define MARK_EMPTY 0xFFu /* as erased storage has it */
#define GENERATION 1u
#define LENGTH 2u
#define CRC 4u

#define CHECKED_AT_ONCE 16u

uint16_t mrcpr_store_capacity(uint8_t block)
{
    if (block == MRCPR_BLOCK_CALIBRATION) {
        return MRCPR_CALIBRATION_CAPACITY;
    }
    if (block == MRCPR_BLOCK_IDENTITY) {
        return sizeof(struct mrcpr_identity_block);
    }
    return block == MRCPR_BLOCK_ZERO ? sizeof(struct mrcpr_zero_block) : 0;
}

static uint16_t slot_at(uint8_t block, uint8_t slot)
{
    uint16_t at = ZERO_AT;

    if (block == MRCPR_BLOCK_IDENTITY) {
        at = IDENTITY_AT;
    } else if (block == MRCPR_BLOCK_CALIBRATION) {
        at = CALIBRATION_AT;
    }
    return slot == 0 ? at : (uint16_t)(at + SLOT_BYTES(mrcpr_store_capacity(block)));
}

/* The slot that is not in force. */
static uint16_t spare_slot_at(const struct mrcpr_store *store, uint8_t block)
{
    const struct mrcpr_kept *kept = &store->kept[block];

    return slot_at(block, kept->length > 0 && kept->slot == 0 ? 1 : 0);
}

static uint16_t read_u16(uint16_t address)
{
    const uint8_t low = mrcpr_port_storage_read(address);
    const uint8_t high = mrcpr_port_storage_read((uint16_t)(address + 1u));

    return (uint16_t)(low | (uint16_t)((uint16_t)high << 8));
}

/* What a slot holds; length 0 when that is nothing valid. */
static struct mrcpr_kept look_at(uint8_t block, uint8_t slot)
{
    const uint16_t at = slot_at(block, slot);
    struct mrcpr_kept kept = {.slot = slot};
    const uint16_t length = read_u16((uint16_t)(at + LENGTH));
    uint16_t crc = MRCPR_CRC16_START;

    if (mrcpr_port_storage_read(at) != MARK_SET || length > mrcpr_store_capacity(block)) {
        return kept;
    }
    for (uint16_t i = GENERATION; i < MRCPR_SLOT_HEADER + length; i++) {
        if (i < CRC || i >= MRCPR_SLOT_HEADER) {
            crc = mrcpr_crc16_add(crc, mrcpr_port_storage_read((uint16_t)(at + i)));
        }
    }
    if (crc == read_u16((uint16_t)(at + CRC))) {
        kept.length = length;
        kept.generation = mrcpr_port_storage_read((uint16_t)(at + GENERATION));
    }
    return kept;
}

void mrcpr_store_load(struct mrcpr_store *store)
{
    for (uint8_t block = 0; block < MRCPR_BLOCKS; block++) {
        const struct mrcpr_kept first = look_at(block, 0);
        const struct mrcpr_kept second = look_at(block, 1);
        const uint8_t ahead = (uint8_t)(second.generation - first.generation);
        const bool second_is_newer = first.length == 0 || (ahead > 0 && ahead < 128);

        store->kept[block] = second.length > 0 && second_is_newer ? second : first;
    }
}

void mrcpr_store_read(const struct mrcpr_store *store, uint8_t block, uint16_t offset,
                      uint8_t *bytes, uint8_t length)
{
    const uint16_t at =
        (uint16_t)(slot_at(block, store->kept[block].slot) + MRCPR_SLOT_HEADER + offset);

    for (uint8_t i = 0; i < length; i++) {
        bytes[i] = mrcpr_port_storage_read((uint16_t)(at + i));
    }
}

void mrcpr_store_write(struct mrcpr_store *store, uint8_t block, uint16_t offset,
                       const uint8_t *bytes, uint8_t length)
{
    store->block = block;
    store->commits = false;
    store->checked = store->length = 0;
    store->bytes_at = (uint16_t)(spare_slot_at(store, block) + MRCPR_SLOT_HEADER + offset);
    store->filled = length;
    store->written = 0;
    memcpy(store->bytes, bytes, length);
}

uint16_t mrcpr_store_written_crc(const struct mrcpr_store *store)
{
    return mrcpr_crc16(store->bytes, store->filled);
}

void mrcpr_store_commit(struct mrcpr_store *store, uint8_t block, uint16_t length, uint16_t crc)
{
    const uint8_t generation = (uint8_t)(store->kept[block].generation + 1u);
    uint16_t slot_crc = MRCPR_CRC16_START;

    store->block = block;
    store->commits = true;
    store->length = length;
    store->checked = 0;
    store->given_crc = crc;
    store->content_crc = MRCPR_CRC16_START;
    store->bytes[0] = generation;
    store->bytes[1] = (uint8_t)(length & 0xFFu);
    store->bytes[2] = (uint8_t)(length >> 8);
    for (uint8_t i = 0; i < CRC - GENERATION; i++) {
        slot_crc = mrcpr_crc16_add(slot_crc, store->bytes[i]);
    }
    store->slot_crc = slot_crc;
    store->bytes_at = (uint16_t)(spare_slot_at(store, block) + GENERATION);
    store->filled = MRCPR_SLOT_HEADER - GENERATION;
    store->written = 0;
}

/* A serial number is text, not empty, with nothing but zeros behind it. */
static bool is_name(uint16_t at)
{
    bool ended = false;

    for (uint8_t i = 0; i < MRCPR_NAME_LENGTH; i++) {
        const uint8_t c = mrcpr_port_storage_read((uint16_t)(at + i));

        ended = ended || c == 0;
        if (ended ? (i == 0 || c != 0) : (c < 0x20 || c > 0x7E)) {
            return false;
        }
    }
    return true;
}

static enum mrcpr_store_event end(struct mrcpr_store *store, enum mrcpr_ack_code code)
{
    store->code = (uint8_t)code;
    return MRCPR_STORE_ENDED;
}

/* Reads back some bytes of what is to be committed, and judges them when they are all read. */
static enum mrcpr_store_event check_some(struct mrcpr_store *store)
{
    const uint16_t at = (uint16_t)(store->bytes_at - GENERATION + MRCPR_SLOT_HEADER);

    for (uint8_t n = CHECKED_AT_ONCE; n > 0 && store->checked < store->length; n--) {
        const uint8_t byte = mrcpr_port_storage_read((uint16_t)(at + store->checked));

        store->content_crc = mrcpr_crc16_add(store->content_crc, byte);
        store->slot_crc = mrcpr_crc16_add(store->slot_crc, byte);
        store->checked++;
    }
    if (store->checked < store->length) {
        return MRCPR_STORE_MORE;
    }
    if (store->content_crc != store->given_crc) {
        return end(store, MRCPR_BAD_CRC);
    }
    if (store->block == MRCPR_BLOCK_IDENTITY && !is_name(at)) {
        return end(store, MRCPR_OUT_OF_RANGE);
    }
    store->bytes[CRC - GENERATION] = (uint8_t)(store->slot_crc & 0xFFu);
    store->bytes[CRC - GENERATION + 1u] = (uint8_t)(store->slot_crc >> 8);
    return MRCPR_STORE_MORE;
}

/* The header is written: the block is in force, if the cells took it. */
static enum mrcpr_store_event put_in_force(struct mrcpr_store *store, uint16_t mark_at)
{
    struct mrcpr_kept *kept = &store->kept[store->block];

    for (uint8_t i = 0; i < store->filled; i++) {
        if (mrcpr_port_storage_read((uint16_t)(store->bytes_at + i)) != store->bytes[i]) {
            return end(store, MRCPR_BAD_CRC);
        }
    }
    if (mrcpr_port_storage_read(mark_at) != MARK_SET) {
        return end(store, MRCPR_BAD_CRC);
    }
    kept->slot = mark_at == slot_at(store->block, 0) ? 0 : 1;
    kept->generation = store->bytes[0];
    kept->length = store->length;
    return end(store, MRCPR_DONE);
}

/* Cells wear out by writing: a byte that is there already is not written again. */
static bool write_byte(uint16_t address, uint8_t byte)
{
    return mrcpr_port_storage_read(address) == byte || mrcpr_port_storage_write(address, byte);
}

static enum mrcpr_store_event write_one(struct mrcpr_store *store)
{
    const uint16_t mark_at = spare_slot_at(store, store->block);
    const uint8_t done = store->written;
    bool taken;

    if (mrcpr_port_storage_busy()) {
        return MRCPR_STORE_WAITS;
    }
    if (done == 0) {
        taken = write_byte(mark_at, MARK_EMPTY);
    } else if (done <= store->filled) {
        taken = write_byte((uint16_t)(store->bytes_at + done - 1u), store->bytes[done - 1u]);
    } else if (store->commits && done == store->filled + 1u) {
        taken = write_byte(mark_at, MARK_SET);
    } else {
        return store->commits ? put_in_force(store, mark_at) : end(store, MRCPR_DONE);
    }
    if (!taken) {
        return MRCPR_STORE_WAITS;
    }
    store->written++;
    return MRCPR_STORE_MORE;
}

enum mrcpr_store_event mrcpr_store_step(struct mrcpr_store *store)
{
    return store->checked < store->length ? check_some(store) : write_one(store);
}
