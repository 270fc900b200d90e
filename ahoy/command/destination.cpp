#include <ahoy/command/destination.hpp>
#include <ahoy/command/endpoint_words.hpp>
#include <ahoy/command/notice.hpp>
#include <ahoy/command/tls_advice.hpp>
#include <ahoy/command/tls_opening.hpp>
#include <ahoy/command/usage_error.hpp>
#include <ahoy/connection/connect.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ahoy::inline v0 {

namespace {

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

/// `connecting`, which keeps to --connect-timeout, and says so where it took longer.
template <typename T>
task<T> naming_its_limit(engine& by, const common_options& how, task<T> connecting) {
  context& here = co_await this_context();
  const time_point due = deadline_after(by.now(), how.connect_timeout);
  std::optional<error> failure;
  try {
    T made = co_await std::move(connecting);
    co_return made;
  } catch (const error& why) {
    if (why.code() != std::errc::timed_out) throw;
    failure = why;
  }
  throw naming_the_limit(*failure, limit_that_passed(due, here, by.now()));
}

task<std::vector<address>> look_up(engine& by, const endpoint& to, const common_options& how, family wanted) {
  const time_point due = deadline_after(by.now(), how.connect_timeout);
  try {
    std::vector<address> found =
        co_await with_deadline(due, by.resolve(to.host, to.port, wanted, to.type(), lookup_use::connect));
    co_return found;
  } catch (const error& failure) {
    if (failure.code() != std::errc::timed_out) throw;
  }
  throw error{std::make_error_code(std::errc::timed_out), "look up", to.host.text()};
}

bool is_port_alone(const common_options& how) {
  return how.source && read_source(*how.source).is_port_alone();
}

/// The families that a source lets us speak to: its own, or where it is a port alone those that are wanted.
family family_towards(const common_options& how, const std::optional<address>& source) {
  return source && how.wanted == family::unspecified && !is_port_alone(how) ? source->family() : how.wanted;
}

/// Those of the addresses of a name, the best first.
std::vector<family> families_of(const std::vector<address>& found) {
  std::vector<family> all;
  for (const address& each : found)
    if (std::ranges::count(all, each.family()) == 0) all.push_back(each.family());
  return all;
}

error also_tried(const error& first, const error& next) {
  return {first.code(), first.verb(), first.address(),
          fmt::format("also tried {}: {}", next.address(), cause_in_words(next.code()))};
}

/// A socket is bound before it is known who will answer, so a source without a host is the wildcard of the
/// peer's family; where its name has both, of one after the other.
task<std::unique_ptr<connection>> connect_from_port(engine& by, const endpoint& to, const common_options& how,
                                                    connect_options options) {
  const time_point due = deadline_after(by.now(), options.timeout);
  const std::vector<address> found = co_await look_up(by, to, how, how.wanted);
  const port from = read_source(*how.source).port;
  std::optional<error> failure;
  for (const family each : families_of(found)) {
    options.wanted = each;
    options.source = address::any(each, from.number());
    options.timeout = due == no_deadline ? no_timeout : due - by.now();
    try {
      std::unique_ptr<connection> made = co_await connect(by, to, options);
      co_return made;
    } catch (const error& why) {
      if (why.code() == std::errc::timed_out || why.code() == errc::not_trusted) throw;
      failure = failure ? also_tried(*failure, why) : why;
    }
  }
  throw error{*failure};
}

task<std::unique_ptr<connection>> connect_as_told(engine& by, const endpoint& to, const common_options& how,
                                                  std::shared_ptr<const security> tls) {
  connect_options options;
  options.timeout = how.connect_timeout;
  options.tls = std::move(tls);
  options.source = co_await source_address(by, to, how);
  options.wanted = family_towards(how, options.source);
  const bool from_port = is_port_alone(how);
  task<std::unique_ptr<connection>> connecting =
      from_port ? connect_from_port(by, to, how, options) : connect(by, to, options);
  std::unique_ptr<connection> made = co_await std::move(connecting);
  co_return made;
}

task<std::unique_ptr<connection>> open_and_remember(engine& by, const endpoint& to,
                                                    const common_options& how) {
  const tls_choice believed{to, how.tls};
  const std::string key = how.verbose > 0 ? own_key(how.tls) : std::string{};
  if (!key.empty()) notice("our key is sha256=" + key);
  std::unique_ptr<connection> made = co_await open_secure_stream(by, to, how, believed);
  believed.accepted();
  co_return made;
}

task<datagram_route> find_route(engine& by, const endpoint& to, const common_options& how) {
  const std::optional<address> source = co_await source_address(by, to, how);
  std::vector<address> found = co_await look_up(by, to, how, family_towards(how, source));
  co_return datagram_route{by, std::move(found), source};
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
  if (to.transport() == transport::tls) return open_and_remember(by, to, how);
  return naming_its_limit(by, how, connect_as_told(by, to, how, nullptr));
}

/// What is given only by who it was that answered is explained by what was believed.
task<std::unique_ptr<connection>> open_secure_stream(engine& by, const endpoint& to,
                                                     const common_options& how, const tls_choice& believed) {
  std::optional<error> refused;
  try {
    std::unique_ptr<connection> made =
        co_await naming_its_limit(by, how, connect_as_told(by, to, how, believed.side()));
    co_return made;
  } catch (const trust_error& why) {
    refused = believed.explained(why);
  } catch (const error& why) {
    refused = with_next_step(why, to, how.tls);
  }
  throw error{*refused};
}

task<datagram_route> open_datagrams(engine& by, const endpoint& to, const common_options& how) {
  return naming_its_limit(by, how, find_route(by, to, how));
}

}  // namespace ahoy::inline v0
