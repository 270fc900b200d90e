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

/// What --cacert, --cert and the others say of TLS; files, empty where not given.
struct tls_settings {
  std::string cacert, cert, key, allow_key, token;
  std::vector<std::string> protocols;  ///< --alpn
  bool insecure = false;
  bool requires_certificate = false;
};

/// A key of the user's own, with a certificate that it has signed itself; all empty where there is none.
struct own_identity {
  std::string file, text, fingerprint;
};

/// What every verb that talks takes.
struct common_options {
  std::optional<ahoy::framing> framing;  ///< unset: the verb's default
  duration connect_timeout = std::chrono::seconds{10};
  duration timeout = no_timeout;        ///< for the whole run
  std::optional<std::string> source;    ///< --source as written: a host, or host:port
  family wanted = family::unspecified;  ///< -4, -6
  after_eof at_end;
  tls_settings tls;
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

/// How the lines of --log are written.
enum class log_format { text, json };

struct listen_options : common_options {
  std::vector<endpoint> on;
  std::string handler = "talk";
  std::string greeting = "Thank you for connecting";
  std::vector<std::string> exec;                          ///< --exec: program and arguments; empty: none
  bool commands = true;                                   ///< --no-commands turns @NAME, /who, … off
  duration handshake_timeout = std::chrono::seconds{10};  ///< of a tls endpoint
  duration message_timeout = no_timeout;  ///< from a message's first byte to its end, of talk and relay
  own_identity identity;                  ///< of a tls endpoint, where nobody else vouches for it
  std::string log;                        ///< a file's name, "-" for standard error; empty: none
  log_format log_as = log_format::text;
  std::optional<endpoint> metrics;  ///< where Prometheus may ask
  server_options server;
  std::vector<std::string> allow_files, deny_files;  ///< --allow @FILE
  std::string user;                                  ///< --user, as written; empty: not given
  room_options room;
};

/// What the verbs take that speak the internet's protocols: fetch, and send and call by their URLs.
struct internet_options : common_options {
  endpoint to;  ///< without the user that its URL may name
  /// --user, or that of the URL; without a password it is asked for. Unset: ~/.netrc may know one.
  std::optional<std::string> user, password;
  std::string cacert, cert, key;  ///< files; empty: not given
  bool insecure = false;
  bool starttls = false;
  bool active = false;               ///< of FTP: the server connects to us for the data
  std::vector<std::string> headers;  ///< --header, as written
};

struct fetch_options : internet_options {
  std::string output;  ///< a file's name; empty: standard output
  bool resume = false;
  std::uint64_t max_size = UINT64_MAX;
  bool head = false;  ///< the header alone
  bool body = false;  ///< of an article, the body alone
  bool location = false;
  bool compressed = false;
  std::string range;
  std::string search;
  std::optional<std::uint64_t> top;   ///< so many lines of a message's body
  std::optional<std::uint64_t> last;  ///< so many of a list's last ones
  bool remove = false;                ///< --delete
};

/// What `send` hands to a server.
struct upload_options : internet_options {
  std::vector<std::string> messages;  ///< none: standard input
  std::string method;                 ///< of http; empty: POST
  bool append = false;
  bool resume = false;
  std::string from, subject;
  std::vector<std::string> recipients, copies, hidden_copies;  ///< --to, --cc, --bcc
  std::vector<std::string> attachments;                        ///< files
};

struct telnet_options : internet_options {};

}  // namespace ahoy::inline v0
