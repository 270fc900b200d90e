#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

// Text that ends with a line with a dot alone, and has one more dot before each line that begins with one
// (RFC 5321, section 4.5.2; RFC 1939, section 3; RFC 3977, section 3.1.1). No input or output here.

/// Takes the dots away, piece by piece. A lone LF ends a line, too.
class dot_decoder {
 public:
  /// Appends the text of `bytes` to `plain`, with its line ends; how many bytes belong to the text: what
  /// follows its end does not.
  std::size_t take(std::string_view bytes, std::string& plain);
  /// The line with a dot alone was read.
  [[nodiscard]] bool is_over() const noexcept { return place_ == place::over; }

 private:
  enum class place { begin, dot, dot_return, within, over };
  void take_one(char each, std::string& plain);
  place place_ = place::begin;
};

/// Puts the dots there, piece by piece, and makes every line end CR LF.
class dot_encoder {
 public:
  /// Appends what goes on the wire for `text` to `wire`.
  void add(std::string_view text, std::string& wire);
  /// Appends the end: of the last line, if it has none, and of the text.
  void finish(std::string& wire);

 private:
  bool begins_line_ = true;
  bool after_return_ = false;
};

}  // namespace ahoy::inline v0
