/* The USB bridge between the UART and the host, as an FTDI chip does it: bytes wait until its
 * latency timer ticks or 62 of them are there, and some deliveries come late. Without a
 * latency, bytes pass as soon as their stop bit has ended.
 *
 * Copyright the MR-CPR authors. This program links simavr, which is GPL-3.0-or-later, and is
 * therefore under the GNU General Public License, version 3 or later. It is a test program:
 * no part of it goes into the firmware or the Python package. */
#include "bridge.h"

#include "board.h"

#define PACKET_BYTES 62
#define QUEUE_SIZE 65536u

static struct {
    uint64_t at_ns;
    uint8_t byte;
} queue[QUEUE_SIZE];
static size_t head, sealed, tail; /* from tail to sealed: bytes whose delivery is set */
static uint64_t latency_ns, late_ns, next_tick_ns, last_at_ns;
static double late_share;

void bridge_start(const struct board_options *options)
{
    latency_ns = (uint64_t)(options->usb_latency_ms * 1e6);
    late_ns = (uint64_t)(options->late_ms * 1e6);
    late_share = options->late_share;
    next_tick_ns = latency_ns;
}

static bool is_late(void)
{
    const unsigned drawn = (unsigned)chip_garbage() << 8 | chip_garbage();

    return late_share > 0 && drawn < late_share * 65536.0;
}

/* What has collected goes to the host at `at_ns`, or later; never before what went before. */
static void seal(uint64_t at_ns)
{
    if (sealed == head) {
        return;
    }
    at_ns += is_late() ? late_ns : 0;
    last_at_ns = at_ns > last_at_ns ? at_ns : last_at_ns;
    while (sealed != head) {
        queue[sealed++ % QUEUE_SIZE].at_ns = last_at_ns;
    }
}

static void tick_until(uint64_t until_ns)
{
    while (latency_ns && next_tick_ns <= until_ns) {
        seal(next_tick_ns);
        next_tick_ns += latency_ns;
    }
}

void bridge_pull(uint64_t now_ns)
{
    uint64_t end_ns;
    uint8_t byte;

    while (head - tail < QUEUE_SIZE && uart_take_sent(now_ns, &end_ns, &byte)) {
        tick_until(end_ns);
        queue[head++ % QUEUE_SIZE].byte = byte;
        if (!latency_ns || head - sealed >= PACKET_BYTES) {
            seal(end_ns);
        }
    }
    tick_until(now_ns);
}

bool bridge_take(uint64_t now_ns, uint64_t *at_ns, uint8_t *byte)
{
    if (tail == sealed || queue[tail % QUEUE_SIZE].at_ns > now_ns) {
        return false;
    }
    *at_ns = queue[tail % QUEUE_SIZE].at_ns;
    *byte = queue[tail++ % QUEUE_SIZE].byte;
    return true;
}

void bridge_drop_all(void)
{
    tail = sealed = head;
}
