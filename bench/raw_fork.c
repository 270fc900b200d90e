/* A process for each caller, by hand. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "blocking_echo.h"

static void reap(int signal) {
  int before = errno;
  (void)signal;
  while (waitpid(-1, NULL, WNOHANG) > 0) continue;
  errno = before;
}

int main(void) {
  int listener = listening_socket(0);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = reap;
  action.sa_flags = SA_RESTART | SA_NOCLDSTOP;
  sigaction(SIGCHLD, &action, NULL);
  for (;;) {
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0) continue;
    if (fork() == 0) {
      close(listener);
      echo_to_the_end(connection);
      _exit(0);
    }
    close(connection);
  }
}
