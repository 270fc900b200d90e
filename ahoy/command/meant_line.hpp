#pragma once
#include <ahoy/address/scheme.hpp>
#include <ahoy/command/option_table.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// A line of ours that does what was meant in the words of another program. What it does not say is that of
/// an example: localhost, 8080, /tmp/x.
struct meant_line {
  ahoy::verb verb = ahoy::verb::call;
  ahoy::transport over = transport::tcp;
  std::string host, port, path;
  std::string source_host, source_port;
  std::vector<std::string> options;   ///< as they are to be typed
  std::vector<std::string> messages;  ///< of `send`
  std::vector<std::string> program;   ///< what runs at our end; empty: none
  bool is_probe = false;              ///< connects, and says nothing

  [[nodiscard]] bool listens() const noexcept { return verb == ahoy::verb::listen; }
  /// Whether the command would take it, every value read and checked against the others, and of several
  /// ports the first and the last. Opens and looks up nothing.
  [[nodiscard]] bool is_accepted() const;
  /// The line's words, without what a shell has to do.
  [[nodiscard]] std::vector<std::string> words() const;
  /// For a shell to read: quoted, with its redirections. Several ports, as 20-30, are a loop of several
  /// calls.
  [[nodiscard]] std::string text() const;
};

/// 20-30: several ports, as nc takes them. Says nothing about the numbers.
[[nodiscard]] bool is_port_range(std::string_view text) noexcept;

/// The words of what runs a program without a shell: cut at spaces. Empty where there are none, and where it
/// has quotes or backslashes, which each of the others reads in its own way.
[[nodiscard]] std::vector<std::string> program_words(std::string_view text);

/// Digits, be it with a point between them.
[[nodiscard]] bool is_decimal(std::string_view text) noexcept;

}  // namespace ahoy::inline v0
