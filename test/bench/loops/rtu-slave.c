/*
 * One Modbus RTU slave on a pseudo-terminal that takes the time a wire would take: it answers when the last
 * character of its reply would have arrived, after the request's characters and 3.5 characters of silence.
 * It then measures how long its master is silent before the next request.
 *
 * usage: rtu-slave BAUD      8E1; prints the terminal's path; on SIGTERM prints "polls seconds
 * least-gap-us mean-gap-us violations"
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_BYTES = 8, REPLY_BYTES = 9, BITS_PER_CHARACTER = 11, WARM_UP_POLLS = 10 };

static volatile sig_atomic_t stopping = 0;

static void on_signal(int signal_number) {
  (void)signal_number;
  stopping = 1;
}

static int64_t now_ns(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1000000000LL + at.tv_nsec;
}

static void sleep_until(int64_t at_ns) {
  struct timespec at = {at_ns / 1000000000LL, at_ns % 1000000000LL};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR && !stopping) {
  }
}

static uint16_t crc_of(const uint8_t *bytes, int count) {
  uint16_t crc = 0xffff;
  for (int i = 0; i < count; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}

static int open_terminal(void) {
  int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) || unlockpt(master)) exit(1);
  /* Held open, so that a client that leaves does not hang the terminal up. */
  int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  struct termios settings;
  if (slave < 0 || tcgetattr(slave, &settings)) exit(1);
  cfmakeraw(&settings);
  tcsetattr(slave, TCSANOW, &settings);
  printf("%s\n", ptsname(master));
  fflush(stdout);
  return master;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  struct sigaction stop = {.sa_handler = on_signal};
  sigaction(SIGTERM, &stop, NULL);
  sigaction(SIGINT, &stop, NULL);
  double baud = atof(argv[1]), character_ns = BITS_PER_CHARACTER * 1e9 / baud;
  /* Fixed above 19200 Bd: MODBUS over Serial Line V1.02, 2.5.1.1. */
  double silence_ns = baud > 19200 ? 1.75e6 : 3.5 * character_ns;
  int64_t wire_ns = (int64_t)((REQUEST_BYTES + REPLY_BYTES) * character_ns + silence_ns);
  int line = open_terminal();
  uint8_t request[256], reply[REPLY_BYTES];
  int64_t replied_ns = 0, first_ns = 0, last_ns = 0, least_gap_ns = INT64_MAX, all_gaps_ns = 0;
  long polls = 0, gaps = 0, violations = 0;
  int length = 0;
  while (!stopping) {
    ssize_t got = read(line, request + length, sizeof request - (size_t)length);
    int64_t at_ns = now_ns();
    if (got <= 0) continue;
    if (length == 0 && polls > WARM_UP_POLLS) {
      int64_t gap_ns = at_ns - replied_ns;
      if (gap_ns < least_gap_ns) least_gap_ns = gap_ns;
      all_gaps_ns += gap_ns;
      gaps++;
      if (gap_ns < silence_ns) violations++;
    }
    length += (int)got;
    if (length < REQUEST_BYTES) continue;
    uint16_t expected = crc_of(request, REQUEST_BYTES - 2);
    if (length > REQUEST_BYTES || request[6] != (expected & 0xff) || request[7] != expected >> 8) {
      fprintf(stderr, "not a request of %d bytes\n", REQUEST_BYTES);
      return 1;
    }
    length = 0;
    polls++;
    if (polls == WARM_UP_POLLS) first_ns = at_ns;
    last_ns = at_ns;
    reply[0] = request[0];
    reply[1] = request[1];
    reply[2] = 4;
    for (int i = 0; i < 4; i++) reply[3 + i] = (uint8_t)(at_ns / 1000000000LL >> i);
    uint16_t crc = crc_of(reply, REPLY_BYTES - 2);
    reply[7] = (uint8_t)crc;
    reply[8] = (uint8_t)(crc >> 8);
    sleep_until(at_ns + wire_ns);
    /* Taken before the write: the master cannot have the reply earlier. */
    replied_ns = now_ns();
    if (write(line, reply, REPLY_BYTES) != REPLY_BYTES) return 1;
  }
  double seconds = (double)(last_ns - first_ns) / 1e9;
  double mean_gap_ns = gaps > 0 ? (double)all_gaps_ns / (double)gaps : 0;
  printf("%ld %.6f %.1f %.1f %ld\n", polls - WARM_UP_POLLS, seconds, least_gap_ns / 1e3, mean_gap_ns / 1e3, violations);
  return 0;
}
