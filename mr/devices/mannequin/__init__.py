"""The sensor mannequin on a serial port."""
