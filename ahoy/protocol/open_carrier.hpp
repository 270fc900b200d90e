#pragma once
#include <ahoy/address/endpoint.hpp>
#include <ahoy/engine/engine.hpp>
#include <ahoy/protocol/carrier.hpp>
#include <ahoy/protocol/transfer_options.hpp>

#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace ahoy::inline v0 {

/// Connects to where a URL points, by ourselves and not by libcurl, and begins TLS where its scheme begins
/// with that: all within connect_timeout, else timed_out. As a source it takes an address or a host's name.
/// Throws error: host_not_found, what connect(2) says, not_trusted, handshake_failed.
task<std::unique_ptr<carrier>> open_carrier(engine& by, endpoint to, transfer_options how);

[[noreturn]] void throw_unanswered(const endpoint& to);

/// What begins a conversation has until then: after it the server counts as one that does not answer,
/// timed_out.
template <class T>
task<T> in_connect_time(engine& by, endpoint to, duration limit, task<T> work) {
  context& here = co_await this_context();
  const time_point due = deadline_after(by.now(), limit);
  try {
    T made = co_await with_deadline(due, std::move(work));
    co_return made;
  } catch (const std::system_error& failure) {
    if (failure.code() != std::errc::timed_out || here.deadline() <= due) throw;
  }
  throw_unanswered(to);
}

/// What errors call it: "localhost:119".
[[nodiscard]] std::string name_of_server(const endpoint& to);

}  // namespace ahoy::inline v0
