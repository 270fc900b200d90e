#include "target.hpp"

#include <cstddef>
#include <cstdint>

/// What libFuzzer calls; the program has one target.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::target::all().front()->run({reinterpret_cast<const char*>(data), size});
  return 0;
}
