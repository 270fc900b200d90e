/* The iterative server by hand: one caller after another. */
#define _GNU_SOURCE
#include "blocking_echo.h"

int main(void) {
  int listener = listening_socket(0);
  for (;;) {
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection >= 0) echo_to_the_end(connection);
  }
}
