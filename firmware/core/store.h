/* Blocks kept without power: each in two slots, of which the valid one with the newer
 * generation is in force. What is written goes to the other one.
 *
 * A slot is a header of MRCPR_SLOT_HEADER bytes and the content:
 *
 *   mark, generation, length (2), CRC-16 of generation, length and content (2), content ...
 *
 * The mark is emptied before anything else of the slot changes and set after everything
 * else is written. So power lost at any instant, in the middle of a byte too, leaves either
 * no mark, and the old block is in force, or a whole new block; the CRC finds what time
 * does to the cells. */
#ifndef MRCPR_STORE_H
#define MRCPR_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "mrcpr_protocol.h"

#define MRCPR_BLOCKS 3
#define MRCPR_CALIBRATION_CAPACITY 416 /* room for a later layout */
#define MRCPR_SLOT_HEADER 6

/* The block in force. */
struct mrcpr_kept {
    uint16_t length; /* 0: nothing valid is stored */
    uint8_t generation;
    uint8_t slot;
};

enum mrcpr_store_event {
    MRCPR_STORE_MORE,  /* there is more to do, now */
    MRCPR_STORE_WAITS, /* a byte is still being written */
    MRCPR_STORE_ENDED, /* `code` says how */
};

struct mrcpr_store {
    struct mrcpr_kept kept[MRCPR_BLOCKS];
    uint8_t code; /* of the job that ended last, an mrcpr_ack_code */
    /* The job at work: first `length` bytes are checked, then `filled` bytes are written. */
    uint8_t block;
    uint16_t length;
    uint16_t checked;
    uint16_t given_crc;
    uint16_t content_crc;
    uint16_t slot_crc;
    uint8_t bytes[MRCPR_CHUNK_LENGTH];
    uint16_t bytes_at;
    uint8_t filled;
    uint8_t written; /* the emptied mark, the bytes, the new mark: in this order */
    bool commits;
};

/* Looks for what is stored. */
void mrcpr_store_load(struct mrcpr_store *store);

/* Bytes a block may have; 0 for one that is not known. */
uint16_t mrcpr_store_capacity(uint8_t block);

/* Reads `length` bytes of the block in force; not while a job is at work. */
void mrcpr_store_read(const struct mrcpr_store *store, uint8_t block, uint16_t offset,
                      uint8_t *bytes, uint8_t length);

/* Begins to write 1 ... MRCPR_CHUNK_LENGTH bytes into the slot that is not in force. */
void mrcpr_store_write(struct mrcpr_store *store, uint8_t block, uint16_t offset,
                       const uint8_t *bytes, uint8_t length);

/* Gives the CRC of the bytes that were written last. */
uint16_t mrcpr_store_written_crc(const struct mrcpr_store *store);

/* Begins to put `length` bytes that were written in force, when their CRC is `crc`. */
void mrcpr_store_commit(struct mrcpr_store *store, uint8_t block, uint16_t length, uint16_t crc);

/* Moves the job on by one written byte, or some that are read. */
enum mrcpr_store_event mrcpr_store_step(struct mrcpr_store *store);

#endif
