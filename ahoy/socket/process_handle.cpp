#include <ahoy/socket/process_handle.hpp>

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ahoy::inline v0 {

fd open_process(pid_t number) noexcept { return fd{static_cast<int>(::syscall(SYS_pidfd_open, number, 0))}; }

void signal_process(int handle, pid_t number, int signal) noexcept {
  if (handle >= 0)
    ::syscall(SYS_pidfd_send_signal, handle, signal, nullptr, 0);
  else
    ::kill(number, signal);
}

}  // namespace ahoy::inline v0
