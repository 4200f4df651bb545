#include "device.h"

#include <string.h>

#include "commands.h"
#include "port.h"
#include "say.h"

/* The tick counter wraps after some minutes; whole seconds are kept beside it. Gives the
 * ticks since the last call. */
static uint32_t track_uptime(struct mrcpr_device *device, uint32_t ticks)
{
    const uint32_t passed = ticks - device->last_ticks;

    device->uptime_rest_ticks += passed;
    device->last_ticks = ticks;
    while (device->uptime_rest_ticks >= device->identity.tick_rate_hz) {
        device->uptime_rest_ticks -= device->identity.tick_rate_hz;
        device->uptime_s++;
    }
    return passed;
}

/* Four blinks a second while it is to be found, else one short one: it is alive. */
static void move_light(struct mrcpr_device *device, uint32_t passed_ticks)
{
    const uint32_t eighth = device->identity.tick_rate_hz / 8u;
    uint32_t phase = device->uptime_rest_ticks;
    bool on = phase < eighth / 2u;

    if (device->identify_left_ticks > passed_ticks) {
        device->identify_left_ticks -= passed_ticks;
        for (on = true; phase >= eighth; phase -= eighth) {
            on = !on;
        }
    } else {
        device->identify_left_ticks = 0;
    }
    if (on != device->light_is_on) {
        device->light_is_on = on;
        mrcpr_port_light(on);
    }
}

static void use_stored_name(struct mrcpr_device *device)
{
    if (device->store.kept[MRCPR_BLOCK_IDENTITY].length == MRCPR_NAME_LENGTH) {
        uint8_t name[MRCPR_NAME_LENGTH];

        mrcpr_store_read(&device->store, MRCPR_BLOCK_IDENTITY, 0, name, MRCPR_NAME_LENGTH);
        memcpy(device->identity.serial_number, name, MRCPR_NAME_LENGTH);
    }
}

void mrcpr_start(struct mrcpr_device *device)
{
    static const uint8_t delimiters[2]; /* two, for an even number of bytes */

    mrcpr_store_load(&device->store);
    use_stored_name(device);
    device->last_ticks = mrcpr_port_now_ticks();
    mrcpr_use_rate(device, MRCPR_RATE_DEFAULT_HZ);
    mrcpr_port_send(delimiters, sizeof delimiters); /* they end a frame that the reset has cut */
    mrcpr_say_hello(device, 0);
}

void mrcpr_miss_sample(struct mrcpr_device *device)
{
    device->next_seq++;
    device->overruns++;
    if (device->overflow < UINT8_MAX) {
        device->overflow++;
    }
}

static void answer_job(struct mrcpr_device *device, uint8_t code)
{
    device->job.code = code;
    device->job.phase = MRCPR_JOB_ANSWERS;
}

static void average(struct mrcpr_device *device, const struct mrcpr_counts *counts)
{
    const enum mrcpr_averaging_event event = mrcpr_averaging_add(&device->averaging, counts);
    struct mrcpr_zero_block means;

    device->job.value = device->averaging.samples;
    if (event == MRCPR_AVERAGING_MOVED) {
        answer_job(device, MRCPR_NOT_STILL);
    } else if (event == MRCPR_AVERAGING_FULL) {
        means = mrcpr_averaging_means(&device->averaging);
        mrcpr_store_write(&device->store, MRCPR_BLOCK_ZERO, 0, (const uint8_t *)&means,
                          sizeof means);
        device->job.phase = MRCPR_JOB_WRITES_ZERO;
    }
}

void mrcpr_take_sample(struct mrcpr_device *device, uint32_t sampled_ticks,
                       const struct mrcpr_counts *counts)
{
    const struct mrcpr_sample sample = {
        .type = MRCPR_SAMPLE,
        .seq = device->next_seq,
        .sampled_ticks = sampled_ticks,
        .chest_counts = counts->chest,
        .force0_counts = counts->force[0],
        .force1_counts = counts->force[1],
        .force2_counts = counts->force[2],
        .force3_counts = counts->force[3],
        .airway_counts = counts->airway,
        .overflow = device->overflow,
    };

    move_light(device, track_uptime(device, sampled_ticks));
    device->last = *counts;
    device->has_sampled = true;
    if (mrcpr_say(&sample, sizeof sample)) {
        device->next_seq++;
        device->overflow = 0;
    } else {
        mrcpr_miss_sample(device);
    }
    if (device->job.phase == MRCPR_JOB_AVERAGES) {
        average(device, counts);
    }
}

/* The store has done what it was told: a zero is to be committed yet, all else is answered. */
static void go_on_after_store(struct mrcpr_device *device)
{
    if (device->job.phase == MRCPR_JOB_WRITES_ZERO) {
        mrcpr_store_commit(&device->store, MRCPR_BLOCK_ZERO, sizeof(struct mrcpr_zero_block),
                           mrcpr_store_written_crc(&device->store));
        device->job.phase = MRCPR_JOB_STORES;
    } else {
        use_stored_name(device);
        answer_job(device, device->store.code);
    }
}

bool mrcpr_turn(struct mrcpr_device *device)
{
    struct mrcpr_job *job = &device->job;

    if (job->phase == MRCPR_JOB_WRITES_ZERO || job->phase == MRCPR_JOB_STORES) {
        const enum mrcpr_store_event event = mrcpr_store_step(&device->store);

        if (event == MRCPR_STORE_ENDED) {
            go_on_after_store(device);
        }
        return event != MRCPR_STORE_WAITS;
    }
    if (job->phase == MRCPR_JOB_ANSWERS &&
        mrcpr_say_ack(job->request_id, job->command, job->code, job->value)) {
        job->phase = MRCPR_JOB_NONE;
    }
    return false;
}

void mrcpr_receive(struct mrcpr_device *device, uint8_t byte, uint32_t received_ticks)
{
    switch (mrcpr_rx_byte(&device->rx, byte)) {
    case MRCPR_RX_FRAME:
        mrcpr_obey(device, received_ticks);
        break;
    case MRCPR_RX_BAD_CRC:
        device->crc_errors++;
        break;
    case MRCPR_RX_BAD_FRAME:
        device->framing_errors++;
        break;
    case MRCPR_RX_NOTHING:
        break;
    }
}
