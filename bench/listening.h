/* What every contender in C or C++ begins with: a listening socket on a port of 127.0.0.1 that the kernel chooses, and
   the line from which the driver learns it, as `ahoy listen` writes it. */
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static inline void fail(const char* what) {
  perror(what);
  exit(1);
}

static inline void say_where(int listener) {
  struct sockaddr_in name;
  socklen_t size = sizeof name;
  if (getsockname(listener, (struct sockaddr*)&name, &size) != 0) fail("getsockname");
  fprintf(stderr, "listening on tcp://127.0.0.1:%d (contender)\n", ntohs(name.sin_port));
}

static inline int listening_socket(int flags) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  struct sockaddr_in name;
  memset(&name, 0, sizeof name);
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (listener < 0 || bind(listener, (struct sockaddr*)&name, sizeof name) != 0) fail("bind");
  if (listen(listener, SOMAXCONN) != 0) fail("listen");
  say_where(listener);
  return listener;
}

static inline void send_at_once(int connection) {
  int on = 1;
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}
