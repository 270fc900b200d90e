/* One loop over epoll, by hand: the reference. Level-triggered; one recv and one send for each event; what the peer does
   not take is kept, and nothing more is read from it until it is gone. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "listening.h"

struct caller {
  int socket;
  char* left; /* what is still to be sent; NULL: nothing */
  size_t left_size, left_sent;
};

static char bytes[65536];
static int loop;

static void watch(struct caller* one, uint32_t events, int how) {
  struct epoll_event event = {.events = events, .data.ptr = one};
  if (epoll_ctl(loop, how, one->socket, &event) != 0) fail("epoll_ctl");
}

static void drop(struct caller* one) {
  close(one->socket);
  free(one->left);
  free(one);
}

static int would_block(void) { return errno == EAGAIN || errno == EINTR; }

static void keep(struct caller* one, const char* rest, size_t size) {
  one->left = malloc(size);
  if (!one->left) fail("malloc");
  memcpy(one->left, rest, size);
  one->left_size = size;
  one->left_sent = 0;
  watch(one, EPOLLOUT, EPOLL_CTL_MOD);
}

static void echo(struct caller* one) {
  ssize_t got = recv(one->socket, bytes, sizeof bytes, 0);
  if (got < 0 && would_block()) return;
  if (got <= 0) {
    drop(one);
    return;
  }
  ssize_t sent = send(one->socket, bytes, (size_t)got, MSG_NOSIGNAL);
  if (sent < 0 && !would_block())
    drop(one);
  else if (sent < got)
    keep(one, bytes + (sent < 0 ? 0 : sent), (size_t)(got - (sent < 0 ? 0 : sent)));
}

static void go_on(struct caller* one) {
  ssize_t sent = send(one->socket, one->left + one->left_sent, one->left_size - one->left_sent, MSG_NOSIGNAL);
  if (sent < 0 && would_block()) return;
  if (sent < 0) {
    drop(one);
    return;
  }
  one->left_sent += (size_t)sent;
  if (one->left_sent < one->left_size) return;
  free(one->left);
  one->left = NULL;
  watch(one, EPOLLIN, EPOLL_CTL_MOD);
}

static void accept_all(int listener) {
  for (;;) {
    int connection = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connection < 0) return;
    send_at_once(connection);
    struct caller* one = calloc(1, sizeof *one);
    if (!one) fail("calloc");
    one->socket = connection;
    watch(one, EPOLLIN, EPOLL_CTL_ADD);
  }
}

static void take_every_descriptor(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int main(void) {
  struct epoll_event events[256];
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  take_every_descriptor();
  int listener = listening_socket(SOCK_NONBLOCK);
  loop = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event) != 0) fail("epoll_ctl");
  for (;;) {
    int count = epoll_wait(loop, events, 256, -1);
    for (int at = 0; at < count; ++at) {
      struct caller* one = events[at].data.ptr;
      if (!one)
        accept_all(listener);
      else if (one->left)
        go_on(one);
      else
        echo(one);
    }
  }
}
