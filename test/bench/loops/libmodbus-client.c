/*
 * libmodbus at its best, as the measure for others: reads 32 discrete inputs again and again.
 *
 * usage: libmodbus-client tcp PORT UNIT 0           as fast as it can, one request outstanding
 *        libmodbus-client tcp PORT UNIT PERIOD_US   on an absolute grid (clock_nanosleep)
 *        libmodbus-client rtu PATH BAUD 0           8E1, unit 1
 * Runs until it is killed; a read that fails ends it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <modbus/modbus.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { INPUTS = 32 };

static void sleep_until(int64_t at_ns) {
  struct timespec at = {at_ns / 1000000000LL, at_ns % 1000000000LL};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {
  }
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int is_rtu = strcmp(argv[1], "rtu") == 0;
  int64_t period_ns = 1000LL * atoll(argv[4]);
  modbus_t *bus = is_rtu ? modbus_new_rtu(argv[2], atoi(argv[3]), 'E', 8, 1)
                         : modbus_new_tcp("127.0.0.1", atoi(argv[2]));
  if (bus == NULL || modbus_set_slave(bus, is_rtu ? 1 : atoi(argv[3])) || modbus_connect(bus)) {
    perror("libmodbus");
    return 1;
  }
  uint8_t inputs[INPUTS];
  struct timespec start;
  clock_gettime(CLOCK_MONOTONIC, &start);
  int64_t due_ns = start.tv_sec * 1000000000LL + start.tv_nsec;
  for (;;) {
    if (period_ns > 0) sleep_until(due_ns += period_ns);
    if (modbus_read_input_bits(bus, 0, INPUTS, inputs) != INPUTS) {
      perror("libmodbus read");
      return 1;
    }
  }
}
