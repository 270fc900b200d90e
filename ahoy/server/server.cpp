#include <ahoy/server/server.hpp>
#include <ahoy/server/server_run.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <utility>

namespace ahoy::inline v0 {

namespace {

std::shared_ptr<const caller_filter> filter_of(const server_options& options) {
  server_rules rules;
  rules.allow = options.allow;
  rules.deny = options.deny;
  return std::make_shared<const caller_filter>(rules);
}

}  // namespace

server::server(std::vector<endpoint> on, std::unique_ptr<handler> how, server_options options)
    : endpoints_{std::move(on)},
      handler_{std::move(how)},
      options_{std::move(options)},
      stop_signal_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)},
      filter_{filter_of(options_)} {
  if (!stop_signal_) throw_if_failed(errno, "make", "a server");
  if (!options_.tls) return;
  tls_ = std::make_shared<renewable_security>(options_.tls);
  options_.tls = tls_;
}

server::~server() = default;

void server::run() {
  const bool by_calls = options_.model == model::iterative && options_.engine == engine_choice::automatic;
  const std::unique_ptr<engine> own = make_engine(by_calls ? engine_choice::blocking : options_.engine);
  own->run(serve(*own));
}

task<> server::serve(engine& by) {
  context& here = co_await this_context();
  server_run run{*this, by, here};
  running_ = &run;
  std::exception_ptr failure;
  try {
    co_await run.run();
  } catch (...) {
    failure = std::current_exception();
  }
  running_ = nullptr;
  if (failure) std::rethrow_exception(failure);
}

std::vector<listening_socket> server::listening() const {
  return running_ ? running_->listening() : std::vector<listening_socket>{};
}

std::shared_ptr<const caller_filter> server::filter() const {
  const std::lock_guard alone{guard_};
  return filter_;
}

void server::reload(server_rules next) {
  auto made = std::make_shared<const caller_filter>(next);
  if (next.tls && tls_) tls_->renew(std::move(next.tls));
  const std::lock_guard alone{guard_};
  filter_.swap(made);
}

void server::stop() noexcept {
  ++stops_;
  wake();
}

void server::retire() noexcept {
  retires_ = true;
  wake();
}

void server::wake() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_signal_.get(), &one, sizeof one);
}

}  // namespace ahoy::inline v0
