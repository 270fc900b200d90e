/* A thread for each caller, by hand. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>

#include "blocking_echo.h"

static void* serve(void* connection) {
  echo_to_the_end((int)(intptr_t)connection);
  return NULL;
}

int main(void) {
  int listener = listening_socket(0);
  pthread_attr_t detached;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&detached, 256 * 1024);
  for (;;) {
    pthread_t thread;
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0) continue;
    if (pthread_create(&thread, &detached, serve, (void*)(intptr_t)connection) != 0) close(connection);
  }
}
