#pragma once
#include <ahoy/address/endpoint.hpp>
#include <ahoy/server/server.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// The server that Prometheus asks, beside the one whose counts it tells, on the same engine.
class metrics_server : observer {
 public:
  /// `text` is what it answers with, `note` is told where.
  metrics_server(endpoint on, std::function<std::string()> text, std::function<void(std::string_view)> note);
  /// Until it is stopped.
  task<> serve(engine& by) { return serving_.serve(by); }
  void stop() noexcept { serving_.stop(); }

 private:
  void listening(scheme as, const address& on) override;
  /// Who asks is no caller of whoever runs this, and nobody's fault is worth a line.
  void left(const connection&, std::string_view) override {}

  std::function<void(std::string_view)> note_;
  server serving_;
};

}  // namespace ahoy::inline v0
