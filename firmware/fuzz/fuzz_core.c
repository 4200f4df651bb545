/* The core on a board of RAM, moved by whatever bytes a fuzzer gives, and what must hold
 * whatever it is told. A broken promise ends the program.
 *
 * Each operation is a byte: its low three bits say what, the other five (n) how much.
 *
 *   0  n + 1 bytes arrive as they are
 *   1  a whole frame of n + 1 bytes arrives; for odd n with the type and the length of a command
 *   2  one sample; small n keep the chest still, n = 7 has a silent airway sensor
 *   3  the board wakes n + 1 times
 *   4  the board missed a sample; from n = 28 on: 128 samples of a still chest
 *   5  power is lost; n says what the byte that is being written holds then
 *   6  no frame can be queued while n is odd; from n = 17 on a cell takes no more writes
 *   7  a block of n + 1 bytes is put in force
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crc16.h"
#include "device.h"
#include "port.h"

#define TURNS_PER_BYTE 3 /* wakes that one written byte takes */
#define TURNS_ENOUGH 20000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mrcpr_device device;
static struct mrcpr_rx host; /* hears what the device sends */
static uint8_t cells[MRCPR_STORAGE_BYTES];
static uint16_t written_at;
static uint8_t writes_for; /* wakes until the byte is written */
static int32_t worn_at;    /* this cell keeps what it holds; -1: none */
static uint32_t ticks;
static bool deaf;
static bool light;
static bool looking; /* the fuzzer itself reads storage: allowed at any time */

static void promise(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* --- the board ---------------------------------------------------------------------------- */

uint32_t mrcpr_port_now_ticks(void)
{
    return ticks;
}

void mrcpr_port_set_period(uint32_t period_ticks)
{
    promise(period_ticks >= 2000 && period_ticks <= 10000);
}

uint8_t mrcpr_port_storage_read(uint16_t address)
{
    promise(address < MRCPR_STORAGE_BYTES && (looking || writes_for == 0));
    return cells[address];
}

bool mrcpr_port_storage_write(uint16_t address, uint8_t byte)
{
    if (writes_for > 0) {
        return false;
    }
    promise(address > 0 && address < MRCPR_STORAGE_BYTES && cells[address] != byte);
    if (address != worn_at) {
        cells[address] = byte;
    }
    written_at = address;
    writes_for = TURNS_PER_BYTE;
    return true;
}

bool mrcpr_port_storage_busy(void)
{
    return writes_for > 0;
}

void mrcpr_port_light(bool on)
{
    promise(on != light);
    light = on;
}

struct mrcpr_board_state mrcpr_port_state(void)
{
    return (struct mrcpr_board_state){.supply_mv = (uint16_t)ticks, .stack_free_bytes = 63};
}

/* What the device says was done will be there after a restart. */
static void check_done(const struct mrcpr_ack *ack)
{
    struct mrcpr_store again;

    if (ack->code == MRCPR_DONE &&
        (ack->command == MRCPR_COMMIT_BLOCK || ack->command == MRCPR_ZERO)) {
        memset(&again, 0, sizeof again);
        mrcpr_store_load(&again);
        for (uint8_t block = 0; block < MRCPR_BLOCKS; block++) {
            promise(again.kept[block].length == device.store.kept[block].length);
            promise(again.kept[block].generation == device.store.kept[block].generation);
        }
    }
}

bool mrcpr_port_send(const uint8_t *wire, uint8_t length)
{
    struct mrcpr_ack ack;

    if (length == 2) { /* ahead of the first HELLO */
        promise(wire[0] == 0 && wire[1] == 0 && !device.has_sampled);
        return true;
    }
    promise(length > 4 && length <= MRCPR_WIRE_MAX);
    if (deaf) {
        return false;
    }
    for (uint8_t i = 0; i + 1 < length; i++) {
        promise(wire[i] != 0 && mrcpr_rx_byte(&host, wire[i]) == MRCPR_RX_NOTHING);
    }
    promise(wire[length - 1] == 0 && mrcpr_rx_byte(&host, 0) == MRCPR_RX_FRAME);
    promise(host.content[0] >= MRCPR_HELLO && host.content[0] <= MRCPR_SELF_TEST_RESULT);
    if (host.content[0] == MRCPR_ACK) {
        memcpy(&ack, host.content, sizeof ack);
        check_done(&ack);
    }
    return true;
}

/* --- what is in force ----------------------------------------------------------------------- */

struct content {
    struct mrcpr_kept kept;
    uint16_t crc;
};

static struct content in_force[MRCPR_BLOCKS];

static struct content look(uint8_t block)
{
    struct content found = {.kept = device.store.kept[block], .crc = MRCPR_CRC16_START};
    uint8_t byte;

    promise(found.kept.length <= mrcpr_store_capacity(block) && found.kept.slot <= 1);
    looking = true;
    for (uint16_t i = 0; i < found.kept.length; i++) {
        mrcpr_store_read(&device.store, block, i, &byte, 1);
        found.crc = mrcpr_crc16_add(found.crc, byte);
    }
    looking = false;
    return found;
}

static bool same(const struct content *a, const struct content *b)
{
    return a->kept.length == b->kept.length && a->kept.generation == b->kept.generation &&
           a->kept.slot == b->kept.slot && a->crc == b->crc;
}

/* A block in force changes only to the one that is being committed, whole. */
static void check_blocks(const struct mrcpr_device *before)
{
    const struct mrcpr_store *work = &before->store;

    for (uint8_t block = 0; block < MRCPR_BLOCKS; block++) {
        const struct content now = look(block);
        const struct content *was = &in_force[block];
        const uint8_t next = (uint8_t)(was->kept.generation + 1);

        promise(same(&now, was) || (before->job.phase == MRCPR_JOB_STORES && work->commits &&
                                    work->block == block && now.kept.generation == next &&
                                    now.kept.length == work->length &&
                                    now.crc == work->given_crc));
        in_force[block] = now;
    }
}

/* --- what happens ----------------------------------------------------------------------------- */

static void start(void)
{
    memset(&device, 0, sizeof device);
    memset(&host, 0, sizeof host);
    light = false;
    memcpy(device.identity.serial_number, "UNNAMED", 7);
    device.identity.tick_rate_hz = 1000000;
    device.identity.adc_bits = 10;
    mrcpr_start(&device);
}

static bool wake(void)
{
    const struct mrcpr_device before = device;
    bool more;

    if (writes_for > 0) {
        writes_for--;
    }
    more = mrcpr_turn(&device);
    if (memcmp(before.store.kept, device.store.kept, sizeof before.store.kept) != 0) {
        check_blocks(&before);
    }
    return more || writes_for > 0;
}

/* Work ends, and then is answered. */
static void settle(void)
{
    uint32_t turns = 0;

    while (wake()) {
        promise(++turns < TURNS_ENOUGH);
    }
    wake();
    promise(deaf || device.job.phase == MRCPR_JOB_NONE ||
            device.job.phase == MRCPR_JOB_AVERAGES);
}

static void lose_power(uint8_t garbage)
{
    const struct mrcpr_device before = device;

    if (writes_for > 0 && written_at != worn_at) {
        cells[written_at] = garbage;
    }
    writes_for = 0;
    start();
    check_blocks(&before);
}

static void receive_frame(const void *content, uint8_t length)
{
    uint8_t wire[MRCPR_WIRE_MAX];
    const uint8_t n = mrcpr_frame_encode(content, length, wire);

    for (uint8_t i = 0; i < n; i++) {
        mrcpr_receive(&device, wire[i], ticks);
    }
}

static void receive_content(const uint8_t *data, uint8_t n, bool of_command)
{
    static const uint8_t lengths[] = {
        sizeof(struct mrcpr_hello_request),  sizeof(struct mrcpr_ping),
        sizeof(struct mrcpr_set_rate),       sizeof(struct mrcpr_status_request),
        sizeof(struct mrcpr_identify),       sizeof(struct mrcpr_read_block),
        sizeof(struct mrcpr_write_block),    sizeof(struct mrcpr_commit_block),
        sizeof(struct mrcpr_zero),           sizeof(struct mrcpr_self_test),
    };
    uint8_t content[sizeof(struct mrcpr_write_block)] = {0};

    memcpy(content, data, n);
    if (of_command) {
        content[0] = (uint8_t)(MRCPR_HELLO_REQUEST + data[0] % sizeof lengths);
        n = lengths[data[0] % sizeof lengths];
        content[2] &= 3; /* of the commands on blocks most name one that is known */
        content[4] &= 1;
    }
    receive_frame(content, n);
}

static void put_in_force(uint8_t block, const uint8_t *bytes, uint8_t length)
{
    struct mrcpr_write_block write = {.type = MRCPR_WRITE_BLOCK, .request_id = 1, .block = block};
    struct mrcpr_commit_block commit = {.type = MRCPR_COMMIT_BLOCK, .request_id = 2};

    write.length = length;
    memcpy(write.bytes, bytes, length);
    commit.block = block;
    commit.length = length;
    commit.crc = mrcpr_crc16(bytes, length);
    settle();
    receive_frame(&write, sizeof write);
    settle();
    receive_frame(&commit, sizeof commit);
}

static void sample(uint8_t amount)
{
    const struct mrcpr_counts counts = {
        .chest = (uint16_t)(amount < 9 ? 300 + amount : amount * 33),
        .force = {amount, 1023, 65535, 0},
        .airway = (int16_t)(amount == 7 ? INT16_MIN : amount - 16),
    };

    ticks += amount < 31 ? 2000u + amount : 3000000000u;
    mrcpr_take_sample(&device, ticks, &counts);
}

/* Marks, generations and first bytes of the five slots that begin 22 bytes apart. */
static int32_t worn_cell(uint8_t k)
{
    static const uint8_t in_slot[] = {0, 1, MRCPR_SLOT_HEADER};

    return 16 + k % 5 * 22 + in_slot[k / 5];
}

/* Does one operation on the bytes behind it and gives how many of those it took. */
static size_t operate(uint8_t operation, const uint8_t *data, size_t left)
{
    const uint8_t amount = operation >> 3;
    const uint8_t n = (uint8_t)(left < amount + 1u ? left : amount + 1u);

    switch (operation & 7) {
    case 0:
        for (uint8_t i = 0; i < n; i++) {
            mrcpr_receive(&device, data[i], ticks);
        }
        return n;
    case 1:
        if (n > 0) {
            receive_content(data, n, (amount & 1) != 0);
        }
        return n;
    case 2:
        sample(amount);
        return 0;
    case 3:
        for (uint8_t i = 0; i <= amount; i++) {
            wake();
        }
        return 0;
    case 4:
        if (amount < 28) {
            mrcpr_miss_sample(&device);
        }
        for (uint8_t i = 0; amount >= 28 && i < 128; i++) {
            sample(i % 7);
        }
        return 0;
    case 5:
        lose_power((uint8_t)(amount * 8u + 2u));
        return 0;
    case 6:
        deaf = (amount & 1) != 0;
        worn_at = amount > 16 ? worn_cell((uint8_t)(amount - 17)) : -1;
        return 0;
    default:
        if (n > 0) {
            put_in_force(n == 16 ? data[0] & 2 : MRCPR_BLOCK_CALIBRATION, data, n);
        }
        return n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t at = 0;

    memset(cells, 0xFF, sizeof cells);
    memset(in_force, 0, sizeof in_force);
    for (uint8_t block = 0; block < MRCPR_BLOCKS; block++) {
        in_force[block].crc = MRCPR_CRC16_START;
    }
    writes_for = 0;
    worn_at = -1;
    deaf = false;
    ticks = 0;
    start();
    while (at < size) {
        const uint8_t operation = data[at++];

        at += operate(operation, data + at, size - at);
        for (uint8_t block = 0; block < MRCPR_BLOCKS; block++) {
            const struct content now = look(block);

            promise(same(&now, &in_force[block]));
        }
    }
    deaf = false;
    settle();
    return 0;
}
