#include <ahoy/server/server.hpp>
#include <ahoy/server/server_run.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

namespace ahoy::inline v0 {

server::server(std::vector<endpoint> on, std::unique_ptr<handler> how, server_options options)
    : endpoints_{std::move(on)},
      handler_{std::move(how)},
      options_{std::move(options)},
      stop_signal_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
  if (!stop_signal_) throw_if_failed(errno, "make", "a server");
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
  co_await run.run();
}

void server::stop() noexcept {
  ++stops_;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_signal_.get(), &one, sizeof one);
}

}  // namespace ahoy::inline v0
