#include <ahoy/command/notice.hpp>
#include <ahoy/command/standard_streams.hpp>

#include <fmt/format.h>

#include <utility>

namespace ahoy::inline v0 {

namespace {

std::function<void(std::string_view)> redirected_to;

}  // namespace

notice_redirection::notice_redirection(std::function<void(std::string_view)> to) {
  redirected_to = std::move(to);
}

notice_redirection::~notice_redirection() { redirected_to = nullptr; }

void notice(std::string_view text) noexcept {
  try {
    const std::string line = fmt::format("ahoy: {}", text);
    if (redirected_to) return redirected_to(line);
    write_to_stderr(line + '\n');
  } catch (const std::exception&) {  // no memory: nothing that a notice is worth failing for
  }
}

std::string in_words(duration length) {
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(length).count();
  if (milliseconds % 1000 == 0) return fmt::format("{} s", milliseconds / 1000);
  return fmt::format("{} ms", milliseconds);
}

}  // namespace ahoy::inline v0
