/* The board at the end of a pseudo-terminal, which a host opens like any serial port.
 * Its path is the first line on stdout. It runs until it is killed, or its stdin closes. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "board.h"

#define QUEUE_SIZE 256 /* as small as a real board's */

static int master;
static bool fast;
static double ticks_per_ns;
static uint64_t start_ns;
static uint64_t fast_elapsed;
static uint8_t queue[QUEUE_SIZE];
static size_t queued;

static uint64_t monotonic_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t elapsed_ticks(void)
{
    return fast ? fast_elapsed : (uint64_t)((double)(monotonic_ns() - start_ns) * ticks_per_ns);
}

static void flush_queue(void)
{
    const ssize_t n = queued ? write(master, queue, queued) : 0;

    if (n > 0) {
        queued -= (size_t)n;
        memmove(queue, queue + n, queued);
    }
}

/* Gives false when stdin has closed: whoever started the board is gone. */
static bool somebody_is_there(void)
{
    uint8_t bytes[256];

    return read(STDIN_FILENO, bytes, sizeof bytes) > 0;
}

static bool send_to_pty(const uint8_t *wire, uint8_t length)
{
    flush_queue();
    while (fast && queued + length > QUEUE_SIZE) {
        struct pollfd fds[2] = {{.fd = master, .events = POLLOUT},
                                {.fd = STDIN_FILENO, .events = POLLIN}};

        poll(fds, 2, -1);
        if (fds[1].revents && !somebody_is_there()) {
            exit(0);
        }
        flush_queue();
    }
    if (queued + length > QUEUE_SIZE) {
        return false;
    }
    memcpy(queue + queued, wire, length);
    queued += length;
    flush_queue();
    return true;
}

/* Our own slave handle stays open, so that a host may close the port and come back. */
static int open_pty(void)
{
    struct termios raw;
    int slave;

    master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
        return -1;
    }
    slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    if (slave < 0 || tcgetattr(slave, &raw) != 0) {
        return -1;
    }
    cfmakeraw(&raw);
    return tcsetattr(slave, TCSANOW, &raw) == 0 ? slave : -1;
}

static int wait_ms(bool started)
{
    uint64_t now;

    if (!started || host_board.next_sample_at > host_board.last_sample_at) {
        return queued ? 1 : -1;
    }
    now = elapsed_ticks();
    if (fast || host_board.next_sample_at <= now) {
        return 0;
    }
    return queued ? 1 : (int)((host_board.next_sample_at - now) / 1000u);
}

static void start(const struct host_options *options)
{
    start_ns = monotonic_ns();
    host_board_start(options);
}

/* Gives false when the board is to end. */
static bool turn(const struct host_options *options, bool *started)
{
    struct pollfd fds[2] = {{.fd = master, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    uint8_t bytes[256];
    ssize_t n;

    poll(fds, 2, wait_ms(*started));
    flush_queue();
    n = read(master, bytes, sizeof bytes);
    if (n > 0 && !*started) {
        start(options);
        *started = true;
    }
    if (n > 0) {
        host_board_receive(bytes, (size_t)n);
    }
    if (*started && fast && host_board_due(host_board.next_sample_at)) {
        fast_elapsed = host_board.next_sample_at;
        host_board_sample();
    }
    while (*started && !fast && host_board_due(elapsed_ticks())) {
        host_board_sample();
    }
    return !fds[1].revents || somebody_is_there();
}

int host_run_pty(const struct host_options *options)
{
    bool started = !options->start_on_byte;

    if (open_pty() < 0) {
        perror("cannot open a pseudo-terminal");
        return 1;
    }
    fast = options->pace == PACE_FAST;
    ticks_per_ns = (1.0 + options->tick_ppm * 1e-6) * HOST_TICK_RATE_HZ / 1e9;
    host_board.elapsed_ticks = elapsed_ticks;
    host_board.send = send_to_pty;
    printf("%s\n", ptsname(master));
    fflush(stdout);
    if (started) {
        start(options);
    }
    while (turn(options, &started)) {
    }
    return 0;
}
