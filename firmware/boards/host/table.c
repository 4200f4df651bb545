#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"

#define TWO_PI 6.283185307179586
#define HEADER "chest,force0,force1,force2,force3,airway\n"

static bool read_row(const char *line, struct mrcpr_counts *row)
{
    unsigned chest, force[4];
    int airway, end = 0;

    if (sscanf(line, "%u,%u,%u,%u,%u,%d %n", &chest, &force[0], &force[1], &force[2], &force[3],
               &airway, &end) != 6 ||
        line[end] != '\0') {
        return false;
    }
    if (chest > UINT16_MAX || airway < INT16_MIN || airway > INT16_MAX) {
        return false;
    }
    row->chest = (uint16_t)chest;
    row->airway = (int16_t)airway;
    for (size_t i = 0; i < 4; i++) {
        if (force[i] > UINT16_MAX) {
            return false;
        }
        row->force[i] = (uint16_t)force[i];
    }
    return true;
}

static bool add_row(struct host_table *table, size_t *room, const struct mrcpr_counts *row)
{
    if (table->n_rows == *room) {
        struct mrcpr_counts *rows;

        *room = *room ? 2 * *room : 1024;
        rows = realloc(table->rows, *room * sizeof *rows);
        if (!rows) {
            return false;
        }
        table->rows = rows;
    }
    table->rows[table->n_rows++] = *row;
    return true;
}

bool host_table_read(struct host_table *table, const char *path, uint32_t rows_per_s)
{
    char line[256];
    size_t room = 0;
    FILE *file = fopen(path, "r");

    table->rows_per_s = rows_per_s;
    if (!file) {
        perror(path);
        return false;
    }
    if (!fgets(line, sizeof line, file) || strcmp(line, HEADER) != 0) {
        fprintf(stderr, "%s: the first line must be %s", path, HEADER);
        fclose(file);
        return false;
    }
    while (fgets(line, sizeof line, file)) {
        struct mrcpr_counts row;

        if (!read_row(line, &row) || !add_row(table, &room, &row)) {
            fprintf(stderr, "%s: row %zu is no row of counts: %s", path, table->n_rows + 1, line);
            fclose(file);
            return false;
        }
    }
    fclose(file);
    if (table->n_rows == 0) {
        fprintf(stderr, "%s: holds no counts\n", path);
    }
    return table->n_rows > 0;
}

/* Raised-cosine compressions of 55 mm at 110 /min, or nothing at all, as the rig of
 * `mrcpr simulate` reads its counts: it is this board's rig to learn on. */
static struct mrcpr_counts waveform(uint64_t elapsed_ticks, bool still)
{
    const double t_s = (double)elapsed_ticks / HOST_TICK_RATE_HZ;
    const double share = still ? 0.0 : 0.5 - 0.5 * cos(TWO_PI * t_s * 110.0 / 60.0);
    const uint16_t load = (uint16_t)lround(400.0 * share);

    return (struct mrcpr_counts){
        .chest = (uint16_t)lround(74.0 + 543.0 * share),
        .force = {(uint16_t)(31 + load), (uint16_t)(27 + load), (uint16_t)(38 + load),
                  (uint16_t)(22 + load)},
        .airway = 512,
    };
}

struct mrcpr_counts host_table_at(const struct host_table *table, uint64_t elapsed_ticks)
{
    size_t row;

    if (!table->rows) {
        return waveform(elapsed_ticks, table->still);
    }
    row = (size_t)((elapsed_ticks * table->rows_per_s + HOST_TICK_RATE_HZ / 2) / HOST_TICK_RATE_HZ);
    return table->rows[row < table->n_rows ? row : table->n_rows - 1];
}
