/* Serves one caller with blocking calls, to its end: what the contenders with a process or a thread for each do. */
#pragma once
#include "listening.h"

static inline int send_all(int connection, const char* bytes, ssize_t size) {
  while (size > 0) {
    ssize_t sent = send(connection, bytes, (size_t)size, MSG_NOSIGNAL);
    if (sent < 0) return -1;
    bytes += sent;
    size -= sent;
  }
  return 0;
}

static inline void echo_to_the_end(int connection) {
  char bytes[65536];
  ssize_t got;
  send_at_once(connection);
  while ((got = recv(connection, bytes, sizeof bytes, 0)) > 0)
    if (send_all(connection, bytes, got) != 0) break;
  close(connection);
}
