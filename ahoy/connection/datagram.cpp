#include <ahoy/connection/datagram.hpp>
#include <ahoy/error/error.hpp>

#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>

namespace ahoy::inline v0 {

namespace {

void set(int socket, int level, int option, int value) noexcept {
  ::setsockopt(socket, level, option, &value, sizeof value);
}

void enable(int socket, int level, int option) noexcept { set(socket, level, option, 1); }

/// Tells with each datagram which mark it carries.
void learn_mark(const fd& socket, family of) {
  enable(socket.get(), IPPROTO_IP, IP_RECVTOS);
  if (of == family::inet6) enable(socket.get(), IPPROTO_IPV6, IPV6_RECVTCLASS);
}

address name_of(int socket) noexcept {
  address name;
  socklen_t size = address::capacity();
  if (::getsockname(socket, name.data(), &size) == 0) name.set_size(size);
  return name;
}

fd open_socket(const address& like, std::string_view verb) {
  fd made{::socket(like.data()->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!made) throw error{system_code(errno), std::string{verb}, like.to_string()};
  learn_mark(made, like.family());
  if (like.family() == family::inet6) set(made.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
  return made;
}

/// The kernel refuses a broadcast address, as 10.0.0.255 may be, to a socket that may not broadcast.
bool is_of_one_host(const address& local) {
  if (local.is_any() || local.is_multicast()) return false;
  const fd asking = open_socket(local, "listen on");
  return ::connect(asking.get(), local.data(), local.size()) == 0;
}

/// Tells with each datagram which address was asked. It costs something with each, and is known where there
/// is only one.
void learn_local(const fd& socket, family of) {
  enable(socket.get(), IPPROTO_IP, IP_PKTINFO);
  if (of == family::inet6) enable(socket.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO);
}

void bind_to(const fd& socket, const address& local) {
  if (::bind(socket.get(), local.data(), local.size()) != 0)
    throw error{system_code(errno), "bind to", local.to_string()};
}

/// The interface that has an address; 0, the kernel's choice, where none is asked for.
unsigned interface_of(const std::optional<address>& source) {
  if (!source) return 0;
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return 0;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned{all, ::freeifaddrs};
  for (const ifaddrs* each = all; each; each = each->ifa_next) {
    if (!each->ifa_addr || each->ifa_addr->sa_family != source->data()->sa_family) continue;
    const socklen_t size = source->family() == family::inet ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    if (address{each->ifa_addr, size}.host() == source->host()) return ::if_nametoindex(each->ifa_name);
  }
  throw error{system_code(EADDRNOTAVAIL), "send from", source->to_string(), "no interface has this address"};
}

void join_group(const fd& socket, const address& group, unsigned interface) {
  group_req asked{};
  asked.gr_interface = interface;
  std::copy_n(reinterpret_cast<const char*>(group.data()), group.size(),
              reinterpret_cast<char*>(&asked.gr_group));
  const int level = group.family() == family::inet ? IPPROTO_IP : IPPROTO_IPV6;
  if (::setsockopt(socket.get(), level, MCAST_JOIN_GROUP, &asked, sizeof asked) != 0)
    throw error{system_code(errno), "join", group.to_string()};
}

void send_groups_through(const fd& socket, family of, unsigned interface) {
  if (interface == 0) return;
  const ip_mreqn chosen{{}, {}, static_cast<int>(interface)};
  const int index = static_cast<int>(interface);
  if (of == family::inet)
    ::setsockopt(socket.get(), IPPROTO_IP, IP_MULTICAST_IF, &chosen, sizeof chosen);
  else
    set(socket.get(), IPPROTO_IPV6, IPV6_MULTICAST_IF, index);
}

/// Every ICMP error is heard, not only that of a closed port (ip(7), IP_RECVERR).
void hear_of_errors(const fd& socket, family of) {
  enable(socket.get(), IPPROTO_IP, IP_RECVERR);
  if (of == family::inet6) enable(socket.get(), IPPROTO_IPV6, IPV6_RECVERR);
}

/// false where `peer` is the broadcast address of a network, as 10.0.0.255 may be. The kernel knows, and
/// refuses it to a socket that may not broadcast.
bool connect_to_one(const fd& socket, const address& peer) {
  hear_of_errors(socket, peer.family());
  if (::connect(socket.get(), peer.data(), peer.size()) == 0) return true;
  const int why = errno;
  enable(socket.get(), SOL_SOCKET, SO_BROADCAST);
  const bool is_broadcast = why == EACCES && ::connect(socket.get(), peer.data(), peer.size()) == 0;
  if (!is_broadcast) throw error{system_code(why), "connect to", peer.to_string()};
  const sockaddr nobody{AF_UNSPEC, {}};
  static_cast<void>(::connect(socket.get(), &nobody, sizeof nobody));
  return false;
}

/// false where whoever hears it answers from an address of its own.
bool connect_if_one(const fd& socket, const address& peer) {
  if (!peer.is_multicast() && !peer.is_broadcast()) return connect_to_one(socket, peer);
  enable(socket.get(), SOL_SOCKET, SO_BROADCAST);
  return false;
}

}  // namespace

datagram_socket::datagram_socket(engine& by, fd socket)
    : socket_{std::make_unique<descriptor>(by, std::move(socket))},
      received_{std::make_unique<received_datagrams>(by.buffers())} {}

datagram_socket datagram_socket::bound(engine& by, const address& local, const std::optional<address>& source,
                                       family wanted) {
  fd made = open_socket(local, "listen on");
  if (wanted == family::inet6) enable(made.get(), IPPROTO_IPV6, IPV6_V6ONLY);
  enable(made.get(), SOL_SOCKET, SO_BROADCAST);
  if (local.is_multicast()) enable(made.get(), SOL_SOCKET, SO_REUSEADDR);
  bind_to(made, local);
  if (!is_of_one_host(local)) learn_local(made, local.family());
  if (local.is_multicast()) join_group(made, local, interface_of(source));
  return {by, std::move(made)};
}

/// What it is told with each datagram is its own to set: whoever opened it may not have.
datagram_socket datagram_socket::inherited(engine& by, fd bound) {
  ::fcntl(bound.get(), F_SETFD, FD_CLOEXEC);
  const address local = name_of(bound.get());
  learn_mark(bound, local.family());
  enable(bound.get(), SOL_SOCKET, SO_BROADCAST);
  if (!is_of_one_host(local)) learn_local(bound, local.family());
  return {by, std::move(bound)};
}

datagram_socket datagram_socket::to(engine& by, const address& peer, const std::optional<address>& source) {
  fd made = open_socket(peer, "open a socket for");
  if (source) bind_to(made, *source);
  if (peer.is_multicast()) send_groups_through(made, peer.family(), interface_of(source));
  const bool one_peer = connect_if_one(made, peer);
  datagram_socket result{by, std::move(made)};
  result.connected_ = one_peer;
  if (!one_peer) result.peer_.peer = peer;
  return result;
}

/// Who is to stop, or is late, hears so from the engine.
bool datagram_socket::receive_awaiter::submit() {
  const bool is_at_hand = of_.has_more() && engine().why_over(*where) == 0;
  return is_at_hand || receive_from_operation::submit();
}

datagram datagram_socket::receive_awaiter::await_resume() {
  datagram result;
  if (error == 0) error = into.take(result.data, result.header);
  throw_if_failed(error, "receive from", error ? of_.local().to_string() : std::string{});
  on->received += result.data.size();
  return result;
}

void datagram_socket::send_awaiter::await_resume() const {
  throw_if_failed(error, "send to", error ? header.peer.to_string() : std::string{});
}

void datagram_socket::set_mark(std::uint8_t mark) noexcept {
  const int traffic_class = mark << 2;
  set(socket_->number(), IPPROTO_IP, IP_TOS, traffic_class);
  if (local().family() == family::inet6) set(socket_->number(), IPPROTO_IPV6, IPV6_TCLASS, traffic_class);
}

address datagram_socket::local() const { return name_of(socket_->number()).unmapped(); }

}  // namespace ahoy::inline v0
