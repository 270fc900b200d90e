#include <ahoy/error/error.hpp>
#include <ahoy/internet/login_hint.hpp>

#include <string>
#include <utility>

namespace ahoy::inline v0 {

task<> hint_at_login(const transfer_options& how, task<> work) {
  try {
    co_await std::move(work);
  } catch (const error& failure) {
    if (failure.code() != errc::login_refused || !how.login.empty()) throw;
    const std::string said = failure.hint().empty() ? "" : failure.hint() + "; ";
    throw error{failure.code(), failure.verb(), failure.address(), said + "say who you are with --user NAME"};
  }
}

}  // namespace ahoy::inline v0
