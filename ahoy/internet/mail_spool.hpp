#pragma once
#include <ahoy/socket/fd.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// A mail on disk, in a file without a name, until it is known how long it is: IMAP wants to hear that first.
/// Throws error where the disk does not do it.
class mail_spool {
 public:
  /// In the folder that TMPDIR names, else in /tmp.
  mail_spool();
  /// The next piece; every line then ends in CR LF. Throws error (malformed) for a NUL, which IMAP does not
  /// carry.
  void add(std::string_view piece);
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// How it begins: up to 1000 bytes.
  [[nodiscard]] const std::string& beginning() const noexcept { return beginning_; }
  /// The next piece, from the beginning on; empty at the end.
  [[nodiscard]] std::string read();

 private:
  void write(std::string_view wire);

  fd file_;
  std::string beginning_;
  std::uint64_t size_ = 0;
  std::uint64_t read_ = 0;
  bool after_return_ = false;
};

}  // namespace ahoy::inline v0
