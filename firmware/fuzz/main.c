/* Drives the fuzz target where there is no libFuzzer: inputs come on stdin, each with its
 * length in two bytes ahead (low byte first), and each is answered by one byte on stdout. */
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(void)
{
    static uint8_t data[UINT16_MAX];
    int low, high;

    while ((low = getchar()) != EOF && (high = getchar()) != EOF) {
        const size_t size = (size_t)low | (size_t)high << 8;

        if (fread(data, 1, size, stdin) != size) {
            return 1;
        }
        LLVMFuzzerTestOneInput(data, size);
        putchar('.');
        fflush(stdout);
    }
    return 0;
}
