#pragma once
#include <ahoy/address/endpoint.hpp>
#include <ahoy/message/framing.hpp>
#include <ahoy/server/options.hpp>
#include <ahoy/server/room_options.hpp>
#include <ahoy/task/context.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ahoy::inline v0 {

/// What happens after our input has ended; `ordinary` is the verb's own rule.
struct after_eof {
  enum class rule { ordinary, wait, close, limited };
  rule how = rule::ordinary;
  duration limit = no_timeout;  ///< of `limited`
};

/// What every verb that talks takes.
struct common_options {
  std::optional<ahoy::framing> framing;  ///< unset: the verb's default
  duration connect_timeout = std::chrono::seconds{10};
  duration timeout = no_timeout;        ///< for the whole run
  std::optional<std::string> source;    ///< --source as written: a host, or host:port
  family wanted = family::unspecified;  ///< -4, -6
  after_eof at_end;
  std::size_t max_message = std::size_t{1024} * 1024;
  bool hex = false;
  bool timestamps = false;
  bool json = false;
  bool explain = false;
  unsigned verbose = 0;
};

struct call_options : common_options {
  endpoint to;
};

enum class confirmation { sent, acked, closed, delivered };

struct send_options : common_options {
  endpoint to;
  std::vector<std::string> messages;    ///< none: standard input as it is
  std::optional<confirmation> confirm;  ///< unset: the transport's default
};

/// What is measured: exchanges on connections that stay, whole connections, or the models of this machine.
enum class bench_form { exchange, connect, models };

struct bench_options : common_options {
  bench_form form = bench_form::exchange;
  endpoint to;  ///< not of `models`
  std::size_t connections = 64;
  std::size_t size = 64;
  std::size_t depth = 1;
  duration length = std::chrono::seconds{5};  ///< no_timeout: until `count`
  std::uint64_t count = 0;                    ///< 0: until `length` is over
  std::string plot;                           ///< a file's name; empty: none
};

struct listen_options : common_options {
  std::vector<endpoint> on;
  std::string handler = "talk";
  std::string greeting = "Thank you for connecting";
  std::vector<std::string> exec;                          ///< --exec: program and arguments; empty: none
  bool commands = true;                                   ///< --no-commands turns @NAME, /who, … off
  duration handshake_timeout = std::chrono::seconds{10};  ///< of a tls endpoint
  server_options server;
  room_options room;
};

}  // namespace ahoy::inline v0
