/* What callers of a relay say and hear: MEMBERS of them, of whom each has one line of 64 bytes under way and says its next
   when all others have heard it, LINES_EACH times. Whatever the relay puts before a line, its last 64 bytes must be those
   that were said; each is counted at each member. When nothing came for so long (ten seconds), what is missing is lost.
   usage: relay_load PORT MEMBERS LINES_EACH [MILLISECONDS]; prints one JSON object */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/epoll.h>
#include <time.h>

#include "listening.h"

enum { line_size = 64, room = 1 << 16 };

struct member {
  int socket;
  unsigned said;    /* lines */
  unsigned hearers; /* of the last of them, until now */
  size_t kept;      /* bytes of a line whose end has not come */
  char bytes[room];
};

static unsigned members, lines_each;
static int patience = 10000; /* milliseconds */
static struct member* all;
static unsigned char* heard; /* how often each line was, by each member */
static uint64_t once, again, wrong;

static unsigned char* count_of(unsigned hearer, unsigned line) {
  return &heard[(size_t)hearer * members * lines_each + line];
}

/* The line's number, then what depends on it; no two lines are the same. */
static void compose(char* text, unsigned line) {
  int size = snprintf(text, line_size, "%08x ", line);
  for (int at = size; at < line_size - 1; ++at) text[at] = (char)('a' + (line + (unsigned)at) % 26);
  text[line_size - 1] = '\n';
}

static void say_next(unsigned speaker) {
  char text[line_size];
  struct member* one = &all[speaker];
  if (one->said == lines_each) return;
  compose(text, speaker * lines_each + one->said);
  one->said += 1;
  one->hearers = 0;
  if (send(one->socket, text, line_size, MSG_NOSIGNAL) != line_size) fail("send");
}

static void hear(unsigned hearer, const char* end_of_line) {
  char expected[line_size];
  unsigned line = (unsigned)strtoul(end_of_line - (line_size - 1), NULL, 16);
  unsigned speaker = line / lines_each;
  if (line < members * lines_each) compose(expected, line);
  if (line >= members * lines_each || memcmp(expected, end_of_line - (line_size - 1), line_size) != 0) {
    wrong += 1;
    return;
  }
  if ((*count_of(hearer, line))++ > 0) {
    again += 1;
    return;
  }
  once += 1;
  all[speaker].hearers += 1;
  if (all[speaker].hearers == members - 1) say_next(speaker);
}

static void take_lines(unsigned hearer) {
  struct member* one = &all[hearer];
  char *from = one->bytes, *end = one->bytes + one->kept, *found;
  while ((found = memchr(from, '\n', (size_t)(end - from))) != NULL) {
    if (found - from >= line_size - 1)
      hear(hearer, found);
    else if (found == from || found[-1] != '?')
      wrong += 1;
    from = found + 1;
  }
  one->kept = (size_t)(end - from);
  memmove(one->bytes, from, one->kept);
}

static void receive(unsigned hearer) {
  struct member* one = &all[hearer];
  ssize_t got = recv(one->socket, one->bytes + one->kept, room - one->kept, 0);
  if (got <= 0) fail("receive");
  one->kept += (size_t)got;
  take_lines(hearer);
}

static int join(unsigned port) {
  struct sockaddr_in name;
  int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  memset(&name, 0, sizeof name);
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  name.sin_port = htons((uint16_t)port);
  if (made < 0 || connect(made, (struct sockaddr*)&name, sizeof name) != 0) fail("connect");
  send_at_once(made);
  return made;
}

/* A relay may not know of a member yet that has connected: the first says "?" until all others have heard it. What is
   under way of these comes between the lines later. */
static void await_all_joined(void) {
  unsigned here = 0;
  char* is_here = calloc(members, 1);
  if (!is_here) fail("calloc");
  while (here < members - 1) {
    char text[4096];
    if (send(all[0].socket, "?\n", 2, MSG_NOSIGNAL) != 2) fail("send");
    usleep(20000);
    for (unsigned at = 1; at < members; ++at) {
      ssize_t got = recv(all[at].socket, text, sizeof text, MSG_DONTWAIT);
      here += got > 0 && !is_here[at];
      is_here[at] |= got > 0;
    }
  }
  free(is_here);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void run(int loop, uint64_t expected) {
  struct epoll_event events[256];
  for (unsigned at = 0; at < members; ++at) say_next(at);
  while (once < expected) {
    int count = epoll_wait(loop, events, 256, patience);
    if (count <= 0) return;
    for (int at = 0; at < count; ++at) receive(events[at].data.u32);
  }
}

int main(int count, char** words) {
  if (count < 4) return 2;
  if (count > 4) patience = atoi(words[4]);
  members = (unsigned)atoi(words[2]);
  lines_each = (unsigned)atoi(words[3]);
  all = calloc(members, sizeof *all);
  heard = calloc((size_t)members * members * lines_each, 1);
  int loop = epoll_create1(EPOLL_CLOEXEC);
  if (!all || !heard || loop < 0) fail("begin");
  for (unsigned at = 0; at < members; ++at) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = at};
    all[at].socket = join((unsigned)atoi(words[1]));
    if (epoll_ctl(loop, EPOLL_CTL_ADD, all[at].socket, &event) != 0) fail("epoll_ctl");
  }
  await_all_joined();
  uint64_t expected = (uint64_t)members * lines_each * (members - 1);
  double begun = now();
  run(loop, expected);
  printf("{\"deliveries\": %llu, \"lost\": %llu, \"again\": %llu, \"wrong\": %llu, \"seconds\": %.6f}\n",
         (unsigned long long)once, (unsigned long long)(expected - once), (unsigned long long)again,
         (unsigned long long)wrong, now() - begun);
  return 0;
}
