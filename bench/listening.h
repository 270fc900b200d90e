/* What every contender in C or C++ begins with: a socket on a port of 127.0.0.1 that the kernel chooses, and the line from
   which the driver learns it, as `ahoy listen` writes it. */
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

static inline void say_how(const char* scheme, int bound) {
  struct sockaddr_in name;
  socklen_t size = sizeof name;
  if (getsockname(bound, (struct sockaddr*)&name, &size) != 0) fail("getsockname");
  fprintf(stderr, "listening on %s://127.0.0.1:%d (contender)\n", scheme, ntohs(name.sin_port));
}

static inline void say_where(int listener) { say_how("tcp", listener); }

static inline int bound_socket(int type) {
  int made = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  struct sockaddr_in name;
  memset(&name, 0, sizeof name);
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (made < 0 || bind(made, (struct sockaddr*)&name, sizeof name) != 0) fail("bind");
  return made;
}

static inline int listening_socket(int flags) {
  int listener = bound_socket(SOCK_STREAM | flags);
  if (listen(listener, SOMAXCONN) != 0) fail("listen");
  say_where(listener);
  return listener;
}

static inline int datagram_socket(void) {
  int made = bound_socket(SOCK_DGRAM);
  say_how("udp", made);
  return made;
}

static inline void send_at_once(int connection) {
  int on = 1;
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}
