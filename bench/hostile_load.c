/* Callers that do harm by what they do not do. Each of COUNT connects from one of several addresses of loopback, and

   drip  says a byte each PAUSE milliseconds and ends nothing, until it is cut: a slowloris. HEAD is what its bytes begin
         with, in hexadecimal; "x" follows for ever;
   deaf  says nothing and takes nothing, until the standard input ends.

   "ready" is printed when all are connected. At the end one JSON object: how many were cut, and how long after their first
   byte (drip; of one that has not said any, after it connected) the first and the last one was.
   usage: hostile_load drip PORT COUNT PAUSE [HEAD] | deaf PORT COUNT */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <time.h>

#include "listening.h"

enum { callers_of_an_address = 5000, most_of_head = 64 };

struct caller {
  int socket;
  unsigned said;
  double begun;
};

static struct caller* all;
static unsigned count, here, cut;
static unsigned char head[most_of_head];
static unsigned head_size;
static double first_cut = 1e9, last_cut;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int connected(unsigned port, unsigned number, int is_deaf) {
  struct sockaddr_in name;
  int small = 1024, segment = 536;
  int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  memset(&name, 0, sizeof name);
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + number / callers_of_an_address);
  if (made < 0 || bind(made, (struct sockaddr*)&name, sizeof name) != 0) fail("bind");
  if (is_deaf) { /* so that little waits in the kernel: what it may keep is counted in segments (tcp_sndbuf_expand) */
    setsockopt(made, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    setsockopt(made, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
  }
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  name.sin_port = htons((uint16_t)port);
  if (connect(made, (struct sockaddr*)&name, sizeof name) != 0) fail("connect");
  send_at_once(made);
  return made;
}

static void lose(struct caller* one) {
  double age = now() - one->begun;
  if (age < first_cut) first_cut = age;
  if (age > last_cut) last_cut = age;
  close(one->socket);
  one->socket = -1;
  --here;
  ++cut;
}

static void say_one(struct caller* one) {
  unsigned char byte = one->said < head_size ? head[one->said] : 'x';
  if (one->socket < 0) return;
  if (one->said++ == 0) one->begun = now();
  if (send(one->socket, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN) lose(one);
}

/* Those whose ends have come. */
static void hear(int loop) {
  struct epoll_event events[256];
  char dropped[4096];
  int found = epoll_wait(loop, events, 256, 0);
  for (int at = 0; at < found; ++at) {
    struct caller* one = &all[events[at].data.u32];
    ssize_t got = one->socket < 0 ? 1 : recv(one->socket, dropped, sizeof dropped, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN)) lose(one);
  }
}

static void wait_until(double due) {
  double left = due - now();
  struct timespec time = {.tv_sec = (time_t)left, .tv_nsec = (long)((left - (double)(time_t)left) * 1e9)};
  if (left > 0) nanosleep(&time, NULL);
}

/* One after the other, so that what they say is spread over the pause. */
static void drip(int loop, double pause) {
  double begun = now();
  for (uint64_t turn = 0; here > 0; ++turn) {
    wait_until(begun + pause * (double)turn / count);
    hear(loop);
    say_one(&all[turn % count]);
  }
}

static void connect_all(int loop, unsigned port, int is_deaf) {
  for (unsigned at = 0; at < count; ++at) {
    struct epoll_event event = {.events = is_deaf ? 0 : EPOLLIN, .data.u32 = at};
    all[at].socket = connected(port, at, is_deaf);
    all[at].begun = now();
    ++here;
    if (epoll_ctl(loop, EPOLL_CTL_ADD, all[at].socket, &event) != 0) fail("epoll_ctl");
  }
  puts("ready");
  fflush(stdout);
}

/* An error is told of whoever does not listen, too (epoll_ctl(2)). */
static void be_deaf(int loop) {
  struct epoll_event events[256], end = {.events = EPOLLIN, .data.u32 = UINT32_MAX};
  if (epoll_ctl(loop, EPOLL_CTL_ADD, STDIN_FILENO, &end) != 0) fail("epoll_ctl");
  for (;;) {
    int found = epoll_wait(loop, events, 256, -1);
    for (int at = 0; at < found; ++at) {
      if (events[at].data.u32 == UINT32_MAX) return;
      if (all[events[at].data.u32].socket >= 0) lose(&all[events[at].data.u32]);
    }
  }
}

int main(int words, char** word) {
  int is_deaf = words > 1 && strcmp(word[1], "deaf") == 0;
  int loop = epoll_create1(EPOLL_CLOEXEC);
  if (words < (is_deaf ? 4 : 5)) return 2;
  count = (unsigned)atoi(word[3]);
  all = calloc(count, sizeof *all);
  if (!all || loop < 0) fail("begin");
  for (const char* at = words > 5 ? word[5] : ""; at[0] && at[1] && head_size < most_of_head; at += 2) {
    char digits[3] = {at[0], at[1], 0};
    head[head_size++] = (unsigned char)strtoul(digits, NULL, 16);
  }
  connect_all(loop, (unsigned)atoi(word[2]), is_deaf);
  if (is_deaf)
    be_deaf(loop);
  else
    drip(loop, atof(word[4]) / 1000);
  printf("{\"cut\": %u, \"here\": %u, \"first\": %.3f, \"last\": %.3f}\n", cut, here, cut ? first_cut : 0, last_cut);
  return 0;
}
