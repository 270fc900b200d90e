#include <ahoy/socket/fd.hpp>

#include <unistd.h>

#include <cerrno>

namespace ahoy::inline v0 {

void fd::reset(int descriptor) noexcept {
  int saved = errno;  // a destructor must not change the errno that its owner is about to report
  int former = std::exchange(descriptor_, descriptor);
  if (former >= 0) ::close(former);
  errno = saved;
}

}  // namespace ahoy::inline v0
