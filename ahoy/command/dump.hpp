#pragma once
#include <ahoy/message/timestamp.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// A stream of bytes as `hexdump -C` shows it, 16 to a line, each line ended by LF:
/// `00000000  68 65 6c 6c 6f 20 77 6f  72 6c 64 0a              |hello world.|`
/// Everything but printable ASCII is a dot. Repeated lines are all shown. Past 4 GiB the offset grows a
/// digit.
class hex_dump {
 public:
  /// The lines that are complete now; what is over waits for the next bytes.
  [[nodiscard]] std::string add(std::string_view bytes);

  /// The line begun, short as it is, or nothing: at the end of the stream, or where the stream pauses. The
  /// next line begins where this one ended.
  [[nodiscard]] std::string finish();

 private:
  std::uint64_t offset_ = 0;
  std::string line_;
};

}  // namespace ahoy::inline v0
