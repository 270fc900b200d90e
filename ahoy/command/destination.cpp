#include <ahoy/command/destination.hpp>
#include <ahoy/command/usage_error.hpp>
#include <ahoy/connection/connect.hpp>

#include <utility>

namespace ahoy::inline v0 {

namespace {

/// A source without a port is read as a host first: an endpoint would give it the usual port.
std::pair<host, port> read_source(const std::string& text) {
  try {
    return {host{text}, port{}};
  } catch (const error&) {
    const endpoint read = endpoint::parse(text);
    return {read.host, read.port};
  }
}

/// The option whose limit it was that passed; empty where the system gave up by itself. The library, which
/// does not know the options, cannot say it.
std::string_view limit_that_passed(time_point connect_due, const context& whole_run, time_point now) {
  if (connect_due <= now) return "--connect-timeout gives it more time";
  return whole_run.deadline() <= now ? "--timeout gives the whole run more time" : "";
}

error naming_the_limit(const error& why, std::string_view option) {
  const std::string between = why.hint().empty() || option.empty() ? "" : "; ";
  return {why.code(), why.verb(), why.address(), why.hint() + between + std::string{option}};
}

task<std::vector<address>> look_up(engine& by, const endpoint& to, const common_options& how, family wanted) {
  context& here = co_await this_context();
  const time_point due = deadline_after(by.now(), how.connect_timeout);
  try {
    std::vector<address> found = co_await with_deadline(
        due, by.resolve(to.host, to.port, wanted, socket_type::datagram, lookup_use::connect));
    co_return found;
  } catch (const error& failure) {
    if (failure.code() != std::errc::timed_out) throw;
  }
  throw naming_the_limit({std::make_error_code(std::errc::timed_out), "look up", to.host.text()},
                         limit_that_passed(due, here, by.now()));
}

family family_towards(const common_options& how, const std::optional<address>& source) noexcept {
  return source && how.wanted == family::unspecified ? source->family() : how.wanted;
}

}  // namespace

task<std::optional<address>> source_address(engine& by, const endpoint& to, const common_options& how) {
  if (!how.source) co_return std::nullopt;
  if (to.transport() == transport::local)
    throw usage_error(usage_errc::contradictory, "option --source and endpoint", to.to_string(),
                      "a unix socket's caller has no address to choose");
  const auto [name, service] = read_source(*how.source);
  const std::vector<address> found =
      co_await by.resolve(name, service, how.wanted, to.type(), lookup_use::bind);
  co_return found.front();
}

task<std::unique_ptr<connection>> open_stream(engine& by, const endpoint& to, const common_options& how) {
  connect_options options;
  options.timeout = how.connect_timeout;
  options.source = co_await source_address(by, to, how);
  options.wanted = family_towards(how, options.source);
  context& here = co_await this_context();
  const time_point due = deadline_after(by.now(), options.timeout);
  std::optional<error> failure;
  try {
    std::unique_ptr<connection> made = co_await connect(by, to, options);
    co_return made;
  } catch (const error& why) {
    if (why.code() != std::errc::timed_out) throw;
    failure = why;
  }
  throw naming_the_limit(*failure, limit_that_passed(due, here, by.now()));
}

task<datagram_route> open_datagrams(engine& by, const endpoint& to, const common_options& how) {
  const std::optional<address> source = co_await source_address(by, to, how);
  std::vector<address> found = co_await look_up(by, to, how, family_towards(how, source));
  co_return datagram_route{by, std::move(found), source};
}

}  // namespace ahoy::inline v0
