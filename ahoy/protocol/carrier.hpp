#pragma once
#include <ahoy/task/task.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

class connection;
class transfer;

/// What carries a dialogue's bytes: a connection, one with TLS on top, or what libcurl has connected and
/// logged in. One receive and one send at a time.
class carrier {
 public:
  carrier() = default;
  carrier(const carrier&) = delete;
  carrier& operator=(const carrier&) = delete;
  virtual ~carrier() = default;

  /// What has come, as soon as there is any; empty at the end of the stream. Throws error.
  virtual task<std::string> receive() = 0;
  /// All of it is handed over when the task is over. Throws error.
  virtual task<> send(std::string_view bytes) = 0;
  /// "localhost:119"
  [[nodiscard]] virtual const std::string& peer() const noexcept = 0;
  /// The connection alone, for TLS to go on top of it; null where there is none.
  [[nodiscard]] virtual std::unique_ptr<connection> release() noexcept;
};

[[nodiscard]] std::unique_ptr<carrier> carry_over(std::unique_ptr<connection> stream, std::string peer);
/// Of a transfer that only connects, and has done so.
[[nodiscard]] std::unique_ptr<carrier> carry_over(std::unique_ptr<transfer> connected);

}  // namespace ahoy::inline v0
