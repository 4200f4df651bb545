/* What the sensors feel: a table of rows, straight in between, or built-in compressions.
 *
 * Copyright the MR-CPR authors. This program links simavr, which is GPL-3.0-or-later, and is
 * therefore under the GNU General Public License, version 3 or later. It is a test program:
 * no part of it goes into the firmware or the Python package. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "board.h"

#define TWO_PI 6.283185307179586

static float (*rows)[WAVE_COLUMNS];
static size_t n_rows;
static double rows_per_ns;

bool waveform_read(const char *path, double rows_per_s)
{
    FILE *file = fopen(path, "rb");
    long size;

    if (!file || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
        perror(path);
        return false;
    }
    n_rows = (size_t)size / sizeof *rows;
    rows = malloc((size_t)size);
    rewind(file);
    if (n_rows == 0 || (size_t)size % sizeof *rows != 0 || !rows ||
        fread(rows, sizeof *rows, n_rows, file) != n_rows) {
        fprintf(stderr, "%s: must hold rows of %d float32\n", path, WAVE_COLUMNS);
        return false;
    }
    fclose(file);
    rows_per_ns = rows_per_s / NS_PER_S;
    return true;
}

/* Raised-cosine compressions at 110 /min, a hand in the middle, no breaths. */
static double built_in(double t_ns, int column)
{
    const double share = 0.5 - 0.5 * cos(TWO_PI * t_ns / NS_PER_S * 110.0 / 60.0);

    if (column == WAVE_AIRWAY_PA) {
        return 0.0;
    }
    return column == WAVE_CHEST_MV ? 300.0 + 3400.0 * share : 150.0 + 1900.0 * share;
}

double waveform_at(uint64_t t_ns, int column)
{
    const double row = (double)t_ns * rows_per_ns;
    const size_t k = (size_t)row;

    if (!rows) {
        return built_in((double)t_ns, column);
    }
    if (k + 1 >= n_rows) {
        return rows[n_rows - 1][column];
    }
    return rows[k][column] + (row - (double)k) * (double)(rows[k + 1][column] - rows[k][column]);
}
