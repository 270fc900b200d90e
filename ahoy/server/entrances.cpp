#include <ahoy/error/error.hpp>
#include <ahoy/server/entrances.hpp>

#include <algorithm>
#include <cerrno>
#include <iterator>

namespace ahoy::inline v0 {

namespace {

/// Servers that start in one folder hold each other up for some microseconds.
constexpr duration patience_with_starting = std::chrono::seconds{1};
constexpr duration pause_between_tries = std::chrono::milliseconds{5};

}  // namespace

task<> entrances::open(const std::vector<endpoint>& all) {
  std::size_t number = 0;
  for (const endpoint& each : all) co_await open_endpoint(number++, each);
}

task<> entrances::open_endpoint(std::size_t number, endpoint on) {
  const bool is_secure = on.transport() == transport::tls;
  // Not to serve in the clear what was meant to be kept from others.
  if (is_secure && (on.scheme != scheme::tls || !options_.tls))
    throw error{system_code(EPROTONOSUPPORT), "listen by", to_string(on.scheme),
                on.scheme == scheme::tls ? "it takes a key: server_options::tls"
                                         : "this version has tcp, tls, udp and unix"};
  if (take_over(number, on.scheme)) co_return;
  if (on.transport() == transport::local) {
    const address file = address::local(on.path);
    co_await open_file(number, on.scheme, file);
    co_return;
  }
  std::vector<address> found =
      co_await by_.resolve(on.host, on.port, options_.wanted, on.type(), lookup_use::bind);
  std::uint16_t chosen = on.port.number();
  for (address& each :
       found) {  // a name with several addresses has one port on all, also where the kernel chose it
    each.set_port(chosen);
    open_address(number, on.scheme, each);
    chosen = on.type() == socket_type::datagram ? datagrams_.back().local().port()
                                                : listeners_.back().at.local().port();
  }
}

/// Another server that starts in the same folder has it locked for a moment; one that has it for longer is no
/// server, and nobody else is kept waiting for it.
task<> entrances::open_file(std::size_t number, scheme as, address on) {
  const time_point due = deadline_after(by_.now(), patience_with_starting);
  for (bool opened = false; !opened;) {
    try {
      open_address(number, as, on);
      opened = true;
    } catch (const error& failure) {
      if (failure.code() != std::errc::device_or_resource_busy || by_.now() >= due) throw;
    }
    if (!opened) co_await by_.sleep(pause_between_tries);
  }
}

void entrances::open_address(std::size_t number, scheme as, const address& on) {
  const bool is_datagram = traits(as).transport == transport::udp;
  if (is_datagram) {
    datagrams_.push_back(datagram_socket::bound(by_, on, options_.source, options_.wanted));
    endpoints_of_datagrams_.push_back(number);
  } else {
    listeners_.push_back({number, listener{by_, on, options_.backlog, options_.wanted}, as == scheme::tls});
  }
}

/// false where nobody has opened it.
bool entrances::take_over(std::size_t number, scheme as) {
  bool is_open = false;
  for (inherited_socket& each : inherited_) {
    if (each.endpoint != number) continue;
    take_over(each, as);
    is_open = true;
  }
  return is_open;
}

void entrances::take_over(inherited_socket& opened, scheme as) {
  if (traits(as).transport == transport::udp) {
    datagrams_.push_back(datagram_socket::inherited(by_, std::move(opened.socket)));
    endpoints_of_datagrams_.push_back(opened.endpoint);
  } else {
    listeners_.push_back(
        {opened.endpoint, listener{by_, std::move(opened.socket), opened.file}, as == scheme::tls});
  }
}

/// Each kind was opened in that order.
std::vector<listening_socket> entrances::listening() const {
  std::vector<listening_socket> streams, datagrams, all;
  for (const entrance& each : listeners_)
    streams.push_back({each.endpoint, each.at.number(), each.at.local(), each.at.file()});
  for (std::size_t i = 0; i < datagrams_.size(); ++i)
    datagrams.push_back(
        {endpoints_of_datagrams_[i], datagrams_[i].number(), datagrams_[i].local(), file_is::ours});
  std::ranges::merge(streams, datagrams, std::back_inserter(all), {}, &listening_socket::endpoint,
                     &listening_socket::endpoint);
  return all;
}

void entrances::leave_files() noexcept {
  for (entrance& each : listeners_) each.at.leave_file();
}

}  // namespace ahoy::inline v0
