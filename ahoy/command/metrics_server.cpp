#include <ahoy/command/metrics_server.hpp>
#include <ahoy/handler/metrics.hpp>

#include <fmt/format.h>

namespace ahoy::inline v0 {

namespace {

/// Few descriptors, and for a short time, whoever asks.
server_options narrow() {
  server_options options;
  options.max_clients = 16;
  options.busy = metrics::busy;
  options.per_address.at_once = 8;
  options.backlog = 16;
  options.drain = std::chrono::seconds{1};
  options.stall_timeout = no_timeout;  // the handler has its own limit
  return options;
}

}  // namespace

metrics_server::metrics_server(endpoint on, std::function<std::string()> text,
                               std::function<void(std::string_view)> note)
    : note_{std::move(note)}, serving_{{std::move(on)}, make_handler(metrics{std::move(text)}), narrow()} {
  serving_.set_observer(*this);
}

void metrics_server::listening(scheme, const address& on) {
  note_(fmt::format("metrics at http://{}/metrics", on.to_string()));
}

}  // namespace ahoy::inline v0
