#include <ahoy/connection/connect.hpp>
#include <ahoy/connection/tls.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/protocol/open_carrier.hpp>

#include <fmt/format.h>

namespace ahoy::inline v0 {

namespace {

task<connect_options> options_for(engine& by, const transfer_options& how) {
  connect_options options;
  options.timeout = how.connect_timeout;
  options.wanted = how.wanted;
  if (how.source.empty()) co_return options;
  const std::vector<address> found =
      co_await by.resolve(host{how.source}, port{0}, how.wanted, socket_type::stream, lookup_use::bind);
  options.source = found.front();
  co_return options;
}

endpoint without_tls(const endpoint& to) {
  endpoint plain;
  plain.host = to.host;
  plain.port = to.port;
  return plain;
}

task<std::unique_ptr<carrier>> open(engine& by, const endpoint& to, const transfer_options& how) {
  const connect_options options = co_await options_for(by, how);
  const endpoint plain = without_tls(to);
  std::unique_ptr<connection> made = co_await connect(by, plain, options);
  if (to.transport() != transport::tls) co_return carry_over(std::move(made), name_of_server(to));
  made = make_tls_client(how.tls)->over(std::move(made), to.host, name_of_server(to));
  co_await made->handshake();
  co_return carry_over(std::move(made), name_of_server(to));
}

}  // namespace

std::string name_of_server(const endpoint& to) {
  const bool has_colons = to.host.kind() == host_kind::inet6;
  return fmt::format("{}{}{}:{}", has_colons ? "[" : "", to.host.text(), has_colons ? "]" : "",
                     to.port.number());
}

void throw_unanswered(const endpoint& to) {
  throw error{std::make_error_code(std::errc::timed_out), "connect to", name_of_server(to),
              "is the host up, does a firewall drop the calls, and does it speak this protocol?"};
}

task<std::unique_ptr<carrier>> open_carrier(engine& by, endpoint to, transfer_options how) {
  std::unique_ptr<carrier> opened = co_await in_connect_time(by, to, how.connect_timeout, open(by, to, how));
  co_return opened;
}

}  // namespace ahoy::inline v0
