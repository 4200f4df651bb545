/* What the device says; each gives false when the board cannot take the frame now. */
#ifndef MRCPR_SAY_H
#define MRCPR_SAY_H

#include "device.h"

bool mrcpr_say(const void *content, uint8_t length);
bool mrcpr_say_hello(const struct mrcpr_device *device, uint8_t request_id);
bool mrcpr_say_status(const struct mrcpr_device *device, uint8_t request_id);
bool mrcpr_say_ack(uint8_t request_id, uint8_t command, uint8_t code, uint16_t value);
bool mrcpr_say_self_test(const struct mrcpr_device *device, uint8_t request_id);

#endif
