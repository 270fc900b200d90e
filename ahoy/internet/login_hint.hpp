#pragma once
#include <ahoy/protocol/transfer_options.hpp>
#include <ahoy/task/task.hpp>

namespace ahoy::inline v0 {

/// The work; where a server asks for a login and there is none, its error says how one is given.
task<> hint_at_login(const transfer_options& how, task<> work);

}  // namespace ahoy::inline v0
