#pragma once
#include <ahoy/command/options.hpp>
#include <ahoy/connection/connection.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace ahoy::inline v0 {

/// What is known of the bytes that a stream was given. `sent >= reached >= acknowledged`.
struct account {
  std::uint64_t sent = 0;                     ///< our kernel took them
  std::uint64_t reached = 0;                  ///< at most so many left it
  std::optional<std::uint64_t> acknowledged;  ///< by the peer's system, at least; nothing: not known
  std::optional<bool> end_acknowledged;       ///< of our half; nothing: it is open, or nobody tells
  bool by_program = false;                    ///< what is acknowledged, the peer's program took
  bool settled = false;                       ///< acknowledged all of them, and our end if our half is closed
  std::error_code failure;                    ///< a reset, …
  int untold = 0;                             ///< why the kernel does not tell, as errno has it; 0: it does
};

/// Asks the kernel what became of what was sent over one connection (tcp(7), unix(7)): SIOCOUTQ is what has
/// not been acknowledged, our FIN being 1; of a Unix socket it is memory that the peer has not taken. After a
/// FIN of the peer's, recv tells nothing of a later reset: SO_ERROR does. The connection must outlive it and
/// stay open. Of TCP it is to be one that we made: a connection that was accepted counts one byte less
/// (SYN-ACK).
class witness {
 public:
  explicit witness(connection& of) noexcept : of_{of} {}

  /// An error that a receive or a send reported: the kernel tells each only once.
  void failed(std::error_code why) noexcept;
  /// Our half has been closed.
  void ended() noexcept { ended_ = true; }
  [[nodiscard]] account ask();
  /// Waits until the account is settled, or the connection failed. Nothing polls: the kernel tells when our
  /// FIN is acknowledged, when a Unix peer takes something, and of a reset. No send may be pending. Call it
  /// after ended().
  task<> settle();

 private:
  [[nodiscard]] account numbers() const noexcept;
  /// At least, where so many bytes of the wire were acknowledged.
  [[nodiscard]] std::uint64_t acknowledged_of(std::uint64_t on_wire) const noexcept;
  void ask_tcp(account& known) const noexcept;
  void ask_failed_tcp(account& known) const noexcept;
  void ask_local(account& known) const noexcept;

  [[nodiscard]] connection& wire() const noexcept { return of_.wire(); }

  connection& of_;
  std::error_code failure_;
  bool ended_ = false;
};

/// "at most 131072 of 200000 bytes reached the peer's system; how many its program read is not known; 65536
/// were acknowledged". Where all were, it is no longer "at most".
[[nodiscard]] std::string count_in_words(const account& known, std::uint64_t of_total, bool total_is_known);

/// The strongest confirmation that was given; nothing where not even all was handed over.
[[nodiscard]] std::optional<confirmation> given_confirmation(const account& known, bool all_sent,
                                                             bool peer_ended);

}  // namespace ahoy::inline v0
