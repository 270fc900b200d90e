#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// What is fed with hostile bytes: a file here is a target, and has one `const fuzz::target` of its name.
namespace fuzz {

/// Is known to the program from when it is made, which is before main.
class target {
 public:
  using function = void (*)(std::string_view input);
  target(const char* name, function work) : name_{name}, run_{work} { all().push_back(this); }
  [[nodiscard]] std::string_view name() const noexcept { return name_; }
  void run(std::string_view input) const;
  [[nodiscard]] static std::vector<const target*>& all();

 private:
  const char* name_;
  function run_;
};

/// Says what does not hold, and ends the program, so that whoever feeds it keeps the input.
void require(bool holds, const char* what);

/// Runs what may refuse its input by an ahoy::error, whose words must be harmless to a terminal; whether it
/// did not.
bool accepts(const auto& work);

/// Without bytes that a terminal or a log would obey.
[[nodiscard]] bool is_harmless(std::string_view text);
void require_harmless_error();

bool accepts(const auto& work) {
  try {
    work();
    return true;
  } catch (...) {
    require_harmless_error();
    return false;
  }
}

/// Up to the next newline, which goes with it.
[[nodiscard]] std::string_view take_line(std::string_view& input);
/// 0 at the end.
[[nodiscard]] std::size_t take_byte(std::string_view& input);
/// `text` in pieces of at most `size` bytes, each 1 at least: what reads a stream must not care how it is
/// cut.
[[nodiscard]] std::vector<std::string_view> cut(std::string_view text, std::size_t size);

}  // namespace fuzz
