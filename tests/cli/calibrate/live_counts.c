/* What the host board's converters read, from a file that a test writes while the board runs.
 *
 * Linked with -Wl,--wrap=host_table_at in place of the table. The file (LIVE_COUNTS names it)
 * holds a number that is raised with each change, how many rows there are, and the rows:
 * chest, four cells, airway. They play from the change on, and the last one is held. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "board.h"

#define ROWS_MOST 4096
#define ROWS_PER_S 200u

struct live {
    volatile uint32_t change;
    uint32_t n_rows;
    int16_t rows[ROWS_MOST][6];
};

struct mrcpr_counts __wrap_host_table_at(const struct host_table *table, uint64_t elapsed_ticks);

static const struct live *open_live(void)
{
    const char *path = getenv("LIVE_COUNTS");
    const int file = path ? open(path, O_RDONLY) : -1;
    const void *live = mmap(NULL, sizeof(struct live), PROT_READ, MAP_SHARED, file, 0);

    if (live == MAP_FAILED) {
        perror("LIVE_COUNTS");
        exit(2);
    }
    return live;
}

struct mrcpr_counts __wrap_host_table_at(const struct host_table *table, uint64_t elapsed_ticks)
{
    static const struct live *live;
    static struct live now;
    static uint64_t since;
    uint64_t row;

    (void)table;
    if (!live) {
        live = open_live();
    }
    if (live->change != now.change) {
        memcpy(&now, live, sizeof now);
        since = elapsed_ticks;
    }
    row = (elapsed_ticks - since) * ROWS_PER_S / HOST_TICK_RATE_HZ;
    const int16_t *const counts = now.rows[row < now.n_rows ? row : now.n_rows - 1];
    return (struct mrcpr_counts){
        .chest = (uint16_t)counts[0],
        .force = {(uint16_t)counts[1], (uint16_t)counts[2], (uint16_t)counts[3],
                  (uint16_t)counts[4]},
        .airway = counts[5],
    };
}
