#include <ahoy/socket/fd.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace ahoy::inline v0 {

void fd::reset(int descriptor) noexcept {
  int saved = errno;  // a destructor must not change the errno that its owner is about to report
  int former = std::exchange(descriptor_, descriptor);
  if (former >= 0) ::close(former);
  errno = saved;
}

fd fd::duplicate(int of) noexcept { return fd{::fcntl(of, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)}; }

}  // namespace ahoy::inline v0
