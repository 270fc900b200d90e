#include <ahoy/command/tls_choice.hpp>

#include "target.hpp"
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

// The file of --allow-key.

namespace {

void read(std::string_view input) {
  const int file = ::memfd_create("keys", 0);
  fuzz::require(::write(file, input.data(), input.size()) == static_cast<ssize_t>(input.size()),
                "the file is written");
  fuzz::accepts([&] {
    const auto keys = ahoy::keys_in_file("/proc/self/fd/" + std::to_string(file));
    fuzz::require(!keys.empty(), "somebody may call");
    fuzz::require(keys.size() <= static_cast<std::size_t>(std::ranges::count(input, '\n')) + 1,
                  "a line has one key");
    for (const std::string& each : keys)
      fuzz::require(each.size() == 64 && each.find_first_not_of("0123456789abcdef") == each.npos,
                    "a key has 64 digits");
  });
  ::close(file);
}

const fuzz::target keys{"key_file", read};

}  // namespace
