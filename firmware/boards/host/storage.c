#include <stdio.h>
#include <string.h>

#include "board.h"
#include "port.h"

bool host_storage_open(struct host_storage *storage, const char *path)
{
    size_t n = 0;

    memset(storage->bytes, 0xFF, sizeof storage->bytes);
    if (!path) {
        return true;
    }
    storage->file = fopen(path, "r+b");
    if (storage->file) {
        n = fread(storage->bytes, 1, sizeof storage->bytes, storage->file);
    } else {
        storage->file = fopen(path, "w+b");
    }
    if (!storage->file || setvbuf(storage->file, NULL, _IONBF, 0) != 0 ||
        fseek(storage->file, (long)n, SEEK_SET) != 0 ||
        fwrite(storage->bytes + n, 1, sizeof storage->bytes - n, storage->file) !=
            sizeof storage->bytes - n) {
        perror(path);
        return false;
    }
    return true;
}

void host_storage_lose_power_after(struct host_storage *storage, uint32_t writes, uint8_t garbage)
{
    storage->writes_left = writes;
    storage->garbage = garbage;
    storage->power_lost = false;
}

uint8_t mrcpr_port_storage_read(uint16_t address)
{
    return host_board.storage.bytes[address];
}

bool mrcpr_port_storage_write(uint16_t address, uint8_t byte)
{
    struct host_storage *storage = &host_board.storage;

    if (storage->power_lost) {
        return true; /* what the core still does before the call it is in returns is lost */
    }
    if (storage->writes_left > 0) {
        storage->writes_left--;
        storage->power_lost = storage->writes_left == 0;
    }
    storage->bytes[address] = storage->power_lost ? storage->garbage : byte;
    if (storage->file && (fseek(storage->file, address, SEEK_SET) != 0 ||
                          fwrite(&storage->bytes[address], 1, 1, storage->file) != 1)) {
        perror("what is to be kept cannot be written");
    }
    return true;
}

bool mrcpr_port_storage_busy(void)
{
    return false;
}
