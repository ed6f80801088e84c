/*
 * A Modbus TCP server that is neutral to every client: it notes the kernel's receive time (SO_TIMESTAMPNS) of
 * each request per unit id, and answers reads of bits. Input i changes about once a second, as a loop in
 * traffic does.
 *
 * usage: stamping-server PREFIX     prints its port; on SIGTERM writes PREFIX.<unit>.stamps (int64 ns each)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { UNITS = 256, CONNECTIONS = 1024, BUFFER_BYTES = 2048, READ_COILS = 1, READ_INPUTS = 2, MAX_BITS = 2000 };

struct connection {
  uint8_t bytes[BUFFER_BYTES];
  size_t length;
};

static int64_t *stamps[UNITS];
static size_t stamp_count[UNITS], stamp_room[UNITS];
static struct connection connections[CONNECTIONS];
static volatile sig_atomic_t stopping = 0;

static void on_signal(int signal_number) {
  (void)signal_number;
  stopping = 1;
}

static void note(uint8_t unit, int64_t at_ns) {
  if (stamp_count[unit] == stamp_room[unit]) {
    stamp_room[unit] = stamp_room[unit] ? 2 * stamp_room[unit] : 65536;
    stamps[unit] = realloc(stamps[unit], stamp_room[unit] * sizeof(int64_t));
    if (stamps[unit] == NULL) exit(1);
  }
  stamps[unit][stamp_count[unit]++] = at_ns;
}

static int64_t received_at(struct msghdr *message) {
  struct timespec at;
  clock_gettime(CLOCK_REALTIME, &at);
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c))
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) memcpy(&at, CMSG_DATA(c), sizeof at);
  return at.tv_sec * 1000000000LL + at.tv_nsec;
}

static size_t encode_reply(const uint8_t *request, int64_t at_ns, uint8_t *reply) {
  unsigned quantity = (unsigned)(request[10] << 8 | request[11]);
  memcpy(reply, request, 8);
  if ((request[7] != READ_COILS && request[7] != READ_INPUTS) || quantity == 0 || quantity > MAX_BITS) {
    reply[5] = 3;
    reply[7] |= 0x80;
    reply[8] = 1;
    return 9;
  }
  unsigned bytes = (quantity + 7) / 8;
  reply[4] = (uint8_t)((3 + bytes) >> 8);
  reply[5] = (uint8_t)(3 + bytes);
  reply[8] = (uint8_t)bytes;
  memset(reply + 9, 0, bytes);
  for (unsigned i = 0; i < quantity; i++)
    if ((at_ns / 1000000 + 31 * i) / 1000 % 2) reply[9 + i / 8] |= (uint8_t)(1 << i % 8);
  return 9 + bytes;
}

/* Returns 0 when the peer is gone or talks nonsense. */
static int serve(int fd) {
  struct connection *from = &connections[fd];
  uint8_t control[256], reply[9 + MAX_BITS / 8];
  struct iovec room = {from->bytes + from->length, BUFFER_BYTES - from->length};
  struct msghdr message = {.msg_iov = &room, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t got = recvmsg(fd, &message, 0);
  if (got <= 0) return 0;
  int64_t at_ns = received_at(&message);
  from->length += (size_t)got;
  size_t done = 0;
  while (from->length - done >= 12) {
    const uint8_t *request = from->bytes + done;
    if ((request[4] << 8 | request[5]) != 6) return 0;
    note(request[6], at_ns);
    size_t length = encode_reply(request, at_ns, reply);
    if (send(fd, reply, length, MSG_NOSIGNAL) != (ssize_t)length) return 0;
    done += 12;
  }
  memmove(from->bytes, from->bytes + done, from->length - done);
  from->length -= done;
  return 1;
}

static int listen_on_loopback(void) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(fd, (struct sockaddr *)&address, size) || listen(fd, 64) ||
      getsockname(fd, (struct sockaddr *)&address, &size)) {
    perror("listen");
    exit(1);
  }
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

static void write_stamps(const char *prefix) {
  char path[4096];
  for (int unit = 0; unit < UNITS; unit++) {
    if (stamp_count[unit] == 0) continue;
    snprintf(path, sizeof path, "%s.%d.stamps", prefix, unit);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(stamps[unit], sizeof(int64_t), stamp_count[unit], file) != stamp_count[unit] ||
        fclose(file) != 0) {
      perror(path);
      exit(1);
    }
  }
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  struct sigaction stop = {.sa_handler = on_signal};
  sigaction(SIGTERM, &stop, NULL);
  sigaction(SIGINT, &stop, NULL);
  int listener = listen_on_loopback(), events = epoll_create1(0), one = 1;
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, ready[64];
  epoll_ctl(events, EPOLL_CTL_ADD, listener, &event);
  while (!stopping) {
    int count = epoll_wait(events, ready, 64, -1);
    for (int i = 0; i < count; i++) {
      int fd = ready[i].data.fd;
      if (fd != listener) {
        if (!serve(fd)) close(fd);
        continue;
      }
      int peer = accept(listener, NULL, NULL);
      if (peer < 0) continue;
      if (peer >= CONNECTIONS) {
        close(peer);
        continue;
      }
      connections[peer].length = 0;
      setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      setsockopt(peer, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
      event.data.fd = peer;
      epoll_ctl(events, EPOLL_CTL_ADD, peer, &event);
    }
  }
  write_stamps(argv[1]);
  return 0;
}
