#include <ahoy/connection/connect.hpp>
#include <ahoy/connection/stream.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/task/scope.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace ahoy::inline v0 {

namespace {

constexpr duration attempt_delay = std::chrono::milliseconds{250};  // RFC 8305, section 5
constexpr duration full_queue_delay = std::chrono::milliseconds{10};

/// Where an address was found under a name, errors say both: "[::1]:23456 (localhost)".
std::string named(const address& where, const endpoint& from) {
  std::string text = where.to_string();
  if (from.host.is_numeric() || where.family() == family::local) return text;
  return text + " (" + from.host.text() + ")";
}

/// RFC 8305, section 4: the family that comes first stays first, then they take turns.
std::vector<address> interleaved(const std::vector<address>& found) {
  std::vector<address> first, second, result;
  for (const address& each : found)
    (each.family() == found.front().family() ? first : second).push_back(each);
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) result.push_back(first[i]);
    if (i < second.size()) result.push_back(second[i]);
  }
  return result;
}

/// A race of attempts: who won, and why the others did not.
struct race {
  race(ahoy::engine& by, const endpoint& to, const connect_options& options)
      : by{by}, to{to}, options{options} {}
  ahoy::engine& by;
  const endpoint& to;
  const connect_options& options;
  event over{by};  // one attempt has ended
  std::size_t running = 0;
  std::unique_ptr<connection> winner;
  std::vector<error> failures;
};

fd open_socket(const race& of, const address& to) {
  fd made{::socket(to.data()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!made) throw error{system_code(errno), "open a socket for", named(to, of.to)};
  if (!of.options.source) return made;
  const address& source = *of.options.source;
  if (::bind(made.get(), source.data(), source.size()) != 0)
    throw error{system_code(errno), "bind to", source.to_string()};
  return made;
}

/// connect(2) calls a file that is no socket a refusal, as if nobody listened. Empty where it is none.
std::string no_socket_hint(const address& to, const endpoint& from, int failure) {
  struct stat found{};
  const bool is_file = to.family() == family::local && failure == ECONNREFUSED &&
                       ::stat(from.path.c_str(), &found) == 0 && !S_ISSOCK(found.st_mode);
  if (!is_file) return {};
  return std::string{"there is a "} + (S_ISDIR(found.st_mode) ? "directory" : "file") +
         " of that name, and it is no socket: name the one that the server made";
}

task<> attempt_one(race& of, address to) {
  ++of.running;
  try {
    descriptor trying{of.by, open_socket(of, to)};
    int failure = co_await connect_operation{&trying, to};
    // connect(2): a Unix listener's queue is full, and nothing tells when it is not.
    while (failure == EAGAIN && to.family() == family::local) {
      co_await of.by.sleep(full_queue_delay);
      failure = co_await connect_operation{&trying, to};
    }
    if (failure != 0)
      throw error{system_code(failure), "connect to", named(to, of.to), no_socket_hint(to, of.to, failure)};
    if (!of.winner) of.winner = std::make_unique<stream>(of.by, trying.release(), to);
  } catch (const error& failure) {
    of.failures.push_back(failure);
  } catch (...) {
    --of.running;
    of.over.notify();  // a scope tells only whoever joins it
    throw;
  }
  --of.running;
  of.over.notify();
}

task<> run_race(race& of, std::vector<address> candidates, scope& attempts) {
  for (const address& candidate : candidates) {
    const std::size_t failed = of.failures.size();
    attempts.start(attempt_one(of, candidate));
    while (!of.winner && of.running > 0 && of.failures.size() == failed) {
      const bool ended = co_await of.over.wait(attempt_delay);
      if (!ended) break;
    }
    if (of.winner) co_return;
  }
  while (!of.winner && of.running > 0) co_await of.over.wait();
}

[[noreturn]] void throw_failures(const race& of) {
  std::string also;
  for (std::size_t i = 1; i < of.failures.size(); ++i)
    also += (i == 1 ? "also tried " : ", ") + of.failures[i].address() + ": " +
            cause_in_words(of.failures[i].code());
  const error& first = of.failures.front();
  throw error{first.code(), first.verb(), first.address(), also.empty() ? first.hint() : also};
}

/// An address is of use only where the source's family can reach it.
task<std::vector<address>> candidates_for(engine& by, endpoint to, const connect_options& options) {
  if (to.transport() == transport::local) co_return std::vector<address>{address::local(to.path)};
  const bool by_source = options.source && options.wanted == family::unspecified;
  const family wanted = by_source ? options.source->family() : options.wanted;
  std::vector<address> found =
      co_await by.resolve(to.host, to.port, wanted, socket_type::stream, lookup_use::connect);
  co_return interleaved(found);
}

task<std::unique_ptr<connection>> connect_in_time(engine& by, const endpoint& to,
                                                  const connect_options& options) {
  std::vector<address> candidates = co_await candidates_for(by, to, options);
  context& here = co_await this_context();
  race of{by, to, options};
  scope attempts{here};
  std::exception_ptr stopped;
  try {
    co_await run_race(of, std::move(candidates), attempts);
  } catch (...) {
    stopped = std::current_exception();
  }
  attempts.stop();
  try {
    co_await attempts.join();
  } catch (...) {
    if (!stopped) stopped = std::current_exception();
  }
  if (of.winner) co_return std::move(of.winner);
  if (stopped) std::rethrow_exception(stopped);
  throw_failures(of);
}

/// Not to call over bare TCP what was meant for another transport.
void refuse_what_is_no_stream(const endpoint& to, const connect_options& options) {
  if (to.scheme == scheme::tls && options.tls) return;
  if (to.transport() == transport::tcp || to.transport() == transport::local) return;
  const bool is_udp = to.transport() == transport::udp;
  throw error{system_code(EPROTONOSUPPORT), "connect by", to_string(to.scheme),
              is_udp ? "datagrams have no connection to make: datagram_socket::to sends and receives them"
                     : "this version has tcp and unix, and tls where connect_options::tls is given"};
}

/// As errors call it: "localhost:23456".
std::string name_of(const endpoint& to) {
  const std::string host = to.host.kind() == host_kind::inet6 ? "[" + to.host.text() + "]" : to.host.text();
  return host + ":" + to_string(to.port);
}

/// Whoever is there and says nothing is told from who is not there.
task<> agree(connection& with, std::string name, time_point due) {
  try {
    co_await with_deadline(due, with.handshake());
    co_return;
  } catch (const std::system_error& failure) {
    if (failure.code() != std::errc::timed_out) throw;
  }
  throw error{std::make_error_code(std::errc::timed_out), "begin TLS with", std::move(name),
              "it is connected, and says nothing: does it speak TLS?"};
}

}  // namespace

task<std::unique_ptr<connection>> connect(engine& by, endpoint to, connect_options options) {
  refuse_what_is_no_stream(to, options);
  const time_point due = deadline_after(by.now(), options.timeout);
  std::unique_ptr<connection> made;
  try {
    made = co_await with_deadline(due, connect_in_time(by, to, options));
  } catch (const std::system_error& failure) {
    if (failure.code() != std::errc::timed_out) throw;
  }
  if (made && to.transport() == transport::tls) {
    made = options.tls->over(std::move(made), to.host, name_of(to));
    co_await agree(*made, name_of(to), due);
  }
  if (made) co_return made;
  throw error{std::make_error_code(std::errc::timed_out), "connect to", to.to_string(),
              "is the host up, and does a firewall drop the calls?"};
}

}  // namespace ahoy::inline v0
