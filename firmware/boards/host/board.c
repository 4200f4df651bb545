#include "board.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "port.h"

struct host_board host_board;

uint32_t mrcpr_port_now_ticks(void)
{
    return (uint32_t)host_board.elapsed_ticks() + host_board.start_ticks;
}

bool mrcpr_port_send(const uint8_t *wire, uint8_t length)
{
    return host_board.send(wire, length);
}

void mrcpr_port_set_period(uint32_t period_ticks)
{
    host_board.period_ticks = period_ticks;
    host_board.next_sample_at = host_board.elapsed_ticks() + period_ticks;
}

void mrcpr_port_light(bool on)
{
    if (host_board.tells_light) {
        fprintf(stderr, "light %d %" PRIu64 "\n", on, host_board.elapsed_ticks());
    }
}

struct mrcpr_board_state mrcpr_port_state(void)
{
    return (struct mrcpr_board_state){.supply_mv = host_board.supply_mv};
}

static void copy_name(char *name, const char *text)
{
    memset(name, 0, MRCPR_NAME_LENGTH);
    memcpy(name, text, strnlen(text, MRCPR_NAME_LENGTH));
}

void host_board_start(const struct host_options *options)
{
    struct mrcpr_identity *identity = &host_board.device.identity;

    memset(&host_board.device, 0, sizeof host_board.device);
    host_board.start_ticks = options->start_ticks;
    host_board.last_sample_at = options->duration_s > 0
                                    ? (uint64_t)(options->duration_s * HOST_TICK_RATE_HZ)
                                    : UINT64_MAX;
    copy_name(identity->serial_number, options->serial_number);
    copy_name(identity->board_name, options->board_name);
    identity->tick_rate_hz = HOST_TICK_RATE_HZ;
    identity->uart_baud = options->uart_baud;
    identity->adc_bits = 10;
    identity->reset_cause = MRCPR_RESET_POWER_ON;
    host_board.supply_mv = options->supply_mv;
    host_board.tells_light = options->tells_light;
    mrcpr_start(&host_board.device);
}

void host_board_settle(void)
{
    while (mrcpr_turn(&host_board.device)) {
    }
}

bool host_board_due(uint64_t elapsed_ticks)
{
    return host_board.next_sample_at <= elapsed_ticks &&
           host_board.next_sample_at <= host_board.last_sample_at;
}

void host_board_sample(void)
{
    const uint64_t at = host_board.next_sample_at;
    const struct mrcpr_counts counts = host_table_at(&host_board.table, at);

    host_board.next_sample_at = at + host_board.period_ticks;
    host_board_settle();
    mrcpr_take_sample(&host_board.device, (uint32_t)at + host_board.start_ticks, &counts);
    host_board_settle();
}

void host_board_receive(const uint8_t *bytes, size_t length)
{
    host_board_settle();
    for (size_t i = 0; i < length; i++) {
        mrcpr_receive(&host_board.device, bytes[i], mrcpr_port_now_ticks());
        host_board_settle();
    }
}
