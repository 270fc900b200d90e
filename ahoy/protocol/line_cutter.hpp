#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace ahoy::inline v0 {

/// Lines, out of a text that comes in pieces. How long one may be is for who adds to it to say: see kept().
class line_cutter {
 public:
  /// What next() has given is not valid any more.
  void add(std::string_view piece) { text_.erase(0, std::exchange(begin_, 0)).append(piece); }
  /// The next whole line, without its end, CR LF or LF. False where none is left.
  [[nodiscard]] bool next(std::string_view& line) noexcept {
    const auto end = text_.find('\n', begin_);
    if (end == std::string::npos) return false;
    line = std::string_view{text_}.substr(begin_, end - begin_);
    if (line.ends_with('\r')) line.remove_suffix(1);
    begin_ = end + 1;
    return true;
  }
  [[nodiscard]] bool has_next() const noexcept { return text_.find('\n', begin_) != std::string::npos; }
  /// What next() has not given, the beginning of a line too.
  [[nodiscard]] std::string_view kept() const noexcept { return std::string_view{text_}.substr(begin_); }

 private:
  std::string text_;
  std::size_t begin_ = 0;
};

}  // namespace ahoy::inline v0
