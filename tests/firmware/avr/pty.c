/* The board at the end of a pseudo-terminal, which a host opens like any serial port.
 *
 * The first line on stdout is the path of the port. stdin takes the lines of commands.c and
 *
 *   unplug       the port vanishes and the device is without power
 *   plug         it is back, under another name (--link keeps one that stays); a line with
 *                the new path comes on stdout
 *
 * Every line is answered by a line: "ok", or what is wrong. When stdin closes, the program
 * ends. --pace real goes with the host's clock; --pace fast goes as fast as it can, stands
 * still while the host does not read, and loses nothing.
 *
 * Copyright the MR-CPR authors. This program links simavr, which is GPL-3.0-or-later, and is
 * therefore under the GNU General Public License, version 3 or later. It is a test program:
 * no part of it goes into the firmware or the Python package. */
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
#include "bridge.h"

#define SLICE_NS 5000000u
#define SLICES_BEHIND 4u

static int master = -1, slave = -1;
static const char *link_path;
static bool fast, waiting_for_byte, ended;
static uint64_t started_real_ns;
static uint8_t out[4096];
static size_t out_length;

static uint64_t real_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Our own slave handle stays open, so that a host may close the port and come back. */
static void plug(void)
{
    struct termios raw;

    master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0 ||
        (slave = open(ptsname(master), O_RDWR | O_NOCTTY)) < 0 || tcgetattr(slave, &raw) != 0) {
        die("cannot open a pseudo-terminal: %s", strerror(errno));
    }
    cfmakeraw(&raw);
    tcsetattr(slave, TCSANOW, &raw);
    if (link_path && symlink(ptsname(master), link_path) != 0) {
        die("%s: %s", link_path, strerror(errno));
    }
    printf("%s\n", link_path ? link_path : ptsname(master));
    fflush(stdout);
}

static void unplug(void)
{
    if (link_path) {
        unlink(link_path);
    }
    close(slave);
    close(master);
    master = slave = -1;
    out_length = 0;
    bridge_drop_all();
}

static bool obey_here(const char *line)
{
    if (strcmp(line, "unplug") == 0 && master >= 0) {
        unplug();
        chip_power_off();
    } else if (strcmp(line, "plug") == 0 && master < 0) {
        plug();
        chip_power_on();
    } else {
        return obey(line);
    }
    return true;
}

/* Takes what stands on stdin, line by line. */
static void read_commands(void)
{
    static char text[256];
    static size_t length;
    const ssize_t n = read(STDIN_FILENO, text + length, sizeof text - 1 - length);
    char *end;

    if (n <= 0) {
        ended = true;
        return;
    }
    length += (size_t)n;
    while ((end = memchr(text, '\n', length))) {
        *end = '\0';
        printf(obey_here(text) ? "ok\n" : "not a command: %s\n", text);
        fflush(stdout);
        length -= (size_t)(end + 1 - text);
        memmove(text, end + 1, length);
    }
}

/* Waits for the host, for stdin or for `timeout_ms`; -1 for as long as it takes. */
static void wait_for(short wanted, int timeout_ms)
{
    struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                            {.fd = master, .events = wanted}};

    poll(fds, 2, timeout_ms);
    if (fds[0].revents) {
        read_commands();
    }
}

static void read_host(void)
{
    uint8_t bytes[256];
    ssize_t n;

    if (master < 0 || (!waiting_for_byte && !uart_receiver_on())) {
        return; /* a byte that came before the firmware listens waits for it */
    }
    n = read(master, bytes, sizeof bytes);
    if (n > 0) {
        if (waiting_for_byte) {
            waiting_for_byte = false;
            started_real_ns = real_ns();
        }
        uart_receive(fast ? chip_now_ns() : real_ns() - started_real_ns, bytes, (size_t)n);
    }
}

static void fill_out(void)
{
    uint64_t at_ns;

    while (out_length < sizeof out && bridge_take(chip_now_ns(), &at_ns, out + out_length)) {
        out_length++;
    }
}

static void write_host(void)
{
    while (master >= 0) {
        ssize_t n;

        fill_out();
        if (out_length == 0) {
            return;
        }
        n = write(master, out, out_length);
        if (n > 0) {
            out_length -= (size_t)n;
            memmove(out, out + n, out_length);
        } else if (!fast) {
            return;
        } else {
            wait_for(POLLOUT, -1);
            if (ended) {
                return;
            }
        }
    }
}

static void turn(void)
{
    const bool stands_still = waiting_for_byte || (fast && master < 0);
    uint64_t until_ns = chip_now_ns();

    if (stands_still) {
        wait_for(POLLIN, -1);
    } else if (fast) {
        wait_for(0, 0);
        until_ns += SLICE_NS;
    } else {
        const uint64_t latest_ns = until_ns + SLICES_BEHIND * SLICE_NS;

        wait_for(POLLIN, 1);
        until_ns = real_ns() - started_real_ns;
        if (until_ns > latest_ns) { /* a busy host: hear it in between */
            until_ns = latest_ns;
        }
    }
    chip_run_to(until_ns);
    read_host();
    bridge_pull(chip_now_ns());
    write_host();
}

int run_pty(const struct board_options *options)
{
    fast = options->pace == PACE_FAST;
    if (!fast) {
        uart_forget_unread();
    }
    link_path = options->link_path;
    waiting_for_byte = options->start_on_byte;
    bridge_start(options);
    plug();
    started_real_ns = real_ns();
    while (!ended) {
        turn();
    }
    unplug();
    return 0;
}
