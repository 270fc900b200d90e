#pragma once
#include <ahoy/command/standard_input.hpp>
#include <ahoy/task/task.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// Where what is to be sent comes from, text by text. Belongs to one thread.
class input_source {
 public:
  input_source() = default;
  input_source(const input_source&) = delete;
  input_source& operator=(const input_source&) = delete;
  virtual ~input_source() = default;

  /// The next text; nullopt at the end, and from then on.
  virtual task<std::optional<std::string>> next() = 0;
  /// From now on only what is at hand (see standard_input::finish).
  virtual void finish() noexcept {}
  /// It has given everything there was, and not because of finish().
  [[nodiscard]] virtual bool at_end() const noexcept = 0;
  /// The regular file that gives all of it as it is: whoever sends that calls next() at its end.
  [[nodiscard]] virtual std::optional<int> file() const noexcept { return std::nullopt; }
  /// How many bytes it will give in all; nothing where only the end can tell.
  [[nodiscard]] virtual std::optional<std::uint64_t> total() const noexcept { return std::nullopt; }
};

/// The words of the command line. They must outlive it.
[[nodiscard]] std::unique_ptr<input_source> words_as_input(const std::vector<std::string>& words);
/// Standard input as it is, in pieces of any size.
[[nodiscard]] std::unique_ptr<input_source> bytes_as_input(standard_input& from);
/// Each line one text.
[[nodiscard]] std::unique_ptr<input_source> lines_as_input(standard_input& from, std::size_t max_message);
/// Each line `{"to":…,"text":…}`; `to`, where it is there, must be `peer`. Throws malformed for what is no
/// such line.
[[nodiscard]] std::unique_ptr<input_source> json_as_input(standard_input& from, std::size_t max_message,
                                                          std::string peer);

}  // namespace ahoy::inline v0
