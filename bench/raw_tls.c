/* One loop over epoll and OpenSSL, by hand: the reference for TLS. Level-triggered; TLS 1.3 alone; one SSL_read of what a
   record holds after the other until nothing is left, each sent back by one SSL_write. What the peer does not take is kept,
   and nothing more is read from it until it is gone. Its argument is a file with its key and its certificate. */
#define _GNU_SOURCE
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "listening.h"

struct caller {
  int socket;
  int agreed;
  SSL* session;
  char* left; /* what SSL_write has to be called with again; NULL: nothing */
  int left_size;
};

static char bytes[65536];
static int loop;
static SSL_CTX* context;

static void watch(struct caller* one, uint32_t events, int how) {
  struct epoll_event event = {.events = events, .data.ptr = one};
  if (epoll_ctl(loop, how, one->socket, &event) != 0) fail("epoll_ctl");
}

static void drop(struct caller* one, int well) {
  if (well) SSL_shutdown(one->session);
  SSL_free(one->session);
  close(one->socket);
  free(one->left);
  free(one);
  ERR_clear_error();
}

/* 1: it has to wait. */
static int waits(struct caller* one, int result) {
  int why = SSL_get_error(one->session, result);
  return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

static void keep(struct caller* one, const char* rest, int size) {
  one->left = malloc((size_t)size);
  if (!one->left) fail("malloc");
  memcpy(one->left, rest, (size_t)size);
  one->left_size = size;
  watch(one, EPOLLOUT, EPOLL_CTL_MOD);
}

static void go_on(struct caller* one) {
  int result = SSL_write(one->session, one->left, one->left_size);
  if (result <= 0) {
    if (!waits(one, result)) drop(one, 0);
    return;
  }
  free(one->left);
  one->left = NULL;
  watch(one, EPOLLIN, EPOLL_CTL_MOD);
}

static void echo(struct caller* one) {
  for (;;) {
    int got = SSL_read(one->session, bytes, sizeof bytes);
    if (got <= 0) {
      if (!waits(one, got)) drop(one, SSL_get_error(one->session, got) == SSL_ERROR_ZERO_RETURN);
      return;
    }
    int sent = SSL_write(one->session, bytes, got);
    if (sent <= 0) {
      if (waits(one, sent))
        keep(one, bytes, got);
      else
        drop(one, 0);
      return;
    }
  }
}

static void agree(struct caller* one) {
  int result = SSL_do_handshake(one->session);
  if (result == 1) {
    one->agreed = 1;
    echo(one);
  } else if (!waits(one, result)) {
    drop(one, 0);
  }
}

static void accept_all(int listener) {
  for (;;) {
    int connection = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connection < 0) return;
    send_at_once(connection);
    struct caller* one = calloc(1, sizeof *one);
    if (!one) fail("calloc");
    one->socket = connection;
    one->session = SSL_new(context);
    if (!one->session || SSL_set_fd(one->session, connection) != 1) fail("SSL_new");
    SSL_set_accept_state(one->session);
    watch(one, EPOLLIN, EPOLL_CTL_ADD);
  }
}

static void take_every_descriptor(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static void set_up(const char* file) {
  context = SSL_CTX_new(TLS_server_method());
  if (!context || SSL_CTX_use_certificate_chain_file(context, file) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, file, SSL_FILETYPE_PEM) != 1)
    fail(file);
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

int main(int count_of_words, char** words) {
  struct epoll_event events[256];
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  if (count_of_words != 2) return 2;
  take_every_descriptor();
  set_up(words[1]);
  int listener = listening_socket(SOCK_NONBLOCK);
  loop = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event) != 0) fail("epoll_ctl");
  for (;;) {
    int count = epoll_wait(loop, events, 256, -1);
    for (int at = 0; at < count; ++at) {
      struct caller* one = events[at].data.ptr;
      if (!one)
        accept_all(listener);
      else if (!one->agreed)
        agree(one);
      else if (one->left)
        go_on(one);
      else
        echo(one);
    }
  }
}
