#include <ahoy/command/notice.hpp>
#include <ahoy/command/standard_streams.hpp>

#include <fmt/format.h>

namespace ahoy::inline v0 {

void notice(std::string_view text) noexcept {
  try {
    write_to_stderr(fmt::format("ahoy: {}\n", text));
  } catch (const std::exception&) {  // no memory: nothing that a notice is worth failing for
  }
}

std::string in_words(duration length) {
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(length).count();
  if (milliseconds % 1000 == 0) return fmt::format("{} s", milliseconds / 1000);
  return fmt::format("{} ms", milliseconds);
}

}  // namespace ahoy::inline v0
