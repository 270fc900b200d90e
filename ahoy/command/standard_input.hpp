#pragma once
#include <ahoy/engine/engine.hpp>
#include <ahoy/message/framing.hpp>
#include <ahoy/task/task.hpp>

#include <unistd.h>

#include <cstdint>
#include <optional>

namespace ahoy::inline v0 {

/// Our input, read when there is some: a terminal, a pipe, a file, /dev/null. The inherited open file is left
/// as it is (never made non-blocking: the shell and other programs share it). From a terminal nothing is read
/// while another job has it, where a read would stop us (SIGTTIN). One task reads at a time; belongs to its
/// engine.
class standard_input {
 public:
  /// Keeps a descriptor of its own; `from` stays open. Throws input_error.
  explicit standard_input(engine& by, int from = STDIN_FILENO);

  /// What is there, as soon as there is any; empty() at the end, and from then on. Throws input_error,
  /// operation_canceled, timed_out.
  task<bytes> read();
  /// From now on nothing is waited for: what is at hand is still read, then comes the end. A read() that
  /// waits at this moment ends so too.
  void finish() noexcept;
  /// The input itself has ended, and not because of finish().
  [[nodiscard]] bool at_end() const noexcept { return at_end_; }
  [[nodiscard]] bool is_terminal() const noexcept { return is_terminal_; }
  /// The regular file that it is, whose position is the input's: who sends it whole need not read() it.
  [[nodiscard]] std::optional<int> file() const noexcept;
  /// How much a regular file still holds; nothing where only the end can tell.
  [[nodiscard]] std::optional<std::uint64_t> left() const noexcept;

 private:
  task<bool> wait();
  task<> wait_for_turn();
  [[nodiscard]] bool is_ours_to_read() const noexcept;
  [[nodiscard]] std::optional<bytes> read_now();

  descriptor file_;
  bool is_terminal_ = false;
  bool finishing_ = false;
  bool at_end_ = false;
  context* waiting_ = nullptr;
};

/// The lines of the input, or what another framing makes of it: each one message.
class input_messages {
 public:
  /// `from` must outlive this.
  input_messages(standard_input& from, framing how, std::size_t max_message) noexcept
      : from_{from}, decoder_{how, max_message} {}
  /// The next one; nullopt at the end. An unterminated last line is one too. Throws too_long, and what read()
  /// throws.
  task<std::optional<message>> next();

 private:
  standard_input& from_;
  decoder decoder_;
  bool ended_ = false;
};

}  // namespace ahoy::inline v0
