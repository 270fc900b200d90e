#pragma once
#include <ahoy/command/standard_output.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// Lines on standard error whose reader holds up nobody: callers bring them about, and one who is turned away
/// must not be able to stop the others by them.
class notes {
 public:
  explicit notes(engine& by);
  notes(const notes&) = delete;
  notes& operator=(const notes&) = delete;
  /// Writes of what is kept as much as does not wait.
  ~notes();

  /// Written at once where that does not wait, else kept for write_kept(). Of what would be kept beyond a
  /// limit the number is told instead. On a terminal it waits, as for any program.
  void add(std::string_view line);
  /// Writes what is kept, until it is stopped.
  task<> write_kept();

 private:
  static constexpr std::size_t most_kept = 1024 * 1024;

  [[nodiscard]] bool takes_at_once(std::string_view line) const noexcept;
  task<> write_some();
  void tell_lost();

  engine& by_;
  standard_output to_;
  event more_;
  std::string kept_;
  std::uint64_t lost_ = 0;
};

}  // namespace ahoy::inline v0
