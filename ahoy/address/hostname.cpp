#include <ahoy/address/hostname.hpp>
#include <ahoy/error/error.hpp>

#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

namespace ahoy::inline v0 {

std::string gethostname() {
  std::array<char, HOST_NAME_MAX + 1> name{};  // Linux: always with its terminating NUL
  if (::gethostname(name.data(), name.size()) != 0)
    throw error(system_code(errno), "ask for", "this machine's name");
  return name.data();
}

}  // namespace ahoy::inline v0
