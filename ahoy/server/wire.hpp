#pragma once
#include <ahoy/address/address.hpp>
#include <ahoy/engine/engine.hpp>
#include <ahoy/error/log.hpp>
#include <ahoy/socket/fd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What a server and its workers tell each other, be they threads or processes. Both ends are the same
/// program. A worker that is kept has a wire of its own: records over a pair of SOCK_SEQPACKET sockets,
/// descriptors with them (SCM_RIGHTS, unix(7)). One that serves one caller is given its order when it is
/// started, is told of the end by an eventfd, and reports over a wire that all of them share.
namespace ahoy::inline v0 {

enum class order_kind : std::uint8_t {
  serve,   ///< run the handler for the connection `first`
  answer,  ///< run the handler for one datagram, `data`, to be answered through `first`
  carry,   ///< pass bytes between the connection `first` and `second`: its handler runs at the server
  finish,  ///< of a job: nothing more is received from its caller; one that is carried has ended on the
           ///< server's side, too, when what is left is sent, or its caller takes nothing for `patience`
  cut,     ///< of a job: it ends now
};

struct order {
  order() = default;
  order_kind what = order_kind::serve;
  std::uint64_t job = 0;
  std::string label = {};  ///< empty where the address says it
  address remote = {}, local = {};
  std::uint8_t mark = 0;               ///< of the IP header of an answer
  bool is_secure = false;              ///< TLS is spoken over `first`
  time_point agreed_by = no_deadline;  ///< the handshake; of the clock that all engines here have
  duration timeout = no_timeout;
  duration patience = no_timeout;
  std::string data = {};
  int lent = -1;  ///< in place of `first` where the order is given: it stays the giver's, open for the job
  fd first = {}, second = {};
};

enum class report_kind : std::uint8_t {
  done,     ///< the job has ended; `text` says how
  refused,  ///< it could not begin: no descriptor was left for what came with it
  agreed,   ///< on TLS with the job's caller: `text` is its version, and the caller's key where it showed one
  logged,   ///< a line for the server's log
  unread,   ///< the worker has died, and had not read the latest orders: told by the system
};

struct report {
  report() = default;
  report_kind what = report_kind::done;
  std::uint64_t job = 0;
  log_level level = log_level::notice;
  std::string text = {};
};

/// Two ends that are connected with each other. Throws error.
[[nodiscard]] std::pair<fd, fd> open_wire();

/// Hands an order over; it waits while the worker has many unread. Throws error where the worker is gone.
task<> send_order(descriptor& wire, const order& what);
/// nullopt: the server wants nothing more. An order may be noticed late while a caller keeps a blocking
/// engine busy.
task<std::optional<order>> receive_order(descriptor& wire);
/// Reports a line for the server's log, or with done or refused the end of a job. It blocks while the server
/// has many unread. What cannot be told, since the server is gone, nobody waits for.
void report_line(int wire, log_level level, std::string_view line) noexcept;
void report_end(int wire, report_kind how, std::uint64_t job, std::string_view why) noexcept;
/// nullopt: the worker is gone. Whoever reports without end keeps nobody else from the engine.
task<std::optional<report>> receive_report(descriptor& wire);
/// Those that are there already, and none that comes meanwhile.
[[nodiscard]] std::vector<report> reports_there(descriptor& wire);

/// The orders of one that serves one caller: `finish` and `cut`, as often as they are told, by an eventfd(2).
/// Throws error.
[[nodiscard]] fd open_bell();
void ring(int bell, order_kind what) noexcept;
struct rung {
  bool finish = false, cut = false;
};
/// What was told since the last time; waits for nothing.
[[nodiscard]] rung heard(int bell) noexcept;

}  // namespace ahoy::inline v0
