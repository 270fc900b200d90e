#pragma once
#include <ahoy/connection/security.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/server/handler.hpp>
#include <ahoy/server/wire.hpp>
#include <ahoy/socket/fd.hpp>

#include <string>

namespace ahoy::inline v0 {

/// Whose a worker's handler is: the server's, which tells it of the end, or a copy.
enum class handler_is { shared, own };

/// Serves callers with `how` as the server asks for it on the wire, until the server closes that. Called in a
/// thread or a process of its own; it throws nothing. `tls` is for orders that ask for it.
void work(fd wire, handler& how, handler_is whose, engine_choice on, const security* tls = nullptr) noexcept;

/// In words: what a handler threw while it served this peer; "done" for nothing.
std::string how_it_ended(const std::exception_ptr& thrown, const connection& peer);
/// Serves the one caller of the order, and hears what the bell tells of it. Returns how that ended, as
/// serve_to_the_end() does. Log lines go as reports over `reports`. In a thread or a process of its own,
/// whose engine is `by`.
std::string work_once(engine& by, order what, int bell, int reports, handler& how, handler_is whose,
                      const security* tls = nullptr) noexcept;

/// Runs the handler for one caller. How that ended, in words: "done", or what was thrown.
task<std::string> serve_to_the_end(handler& how, connection& peer);

}  // namespace ahoy::inline v0
