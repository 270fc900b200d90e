#include <ahoy/engine/datagram_control.hpp>

#include <cstring>

namespace ahoy::inline v0 {

namespace {

template <class T>
T content(const cmsghdr* control) noexcept {
  T value;
  std::memcpy(&value, CMSG_DATA(control), sizeof value);
  return value;
}

void read_one(const cmsghdr* control, datagram_header& header) noexcept {
  if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
    // Not ipi_addr: of a broadcast or a group it is that address, which nobody can answer from.
    header.local = address::inet(ntohl(content<in_pktinfo>(control).ipi_spec_dst.s_addr), 0);
  } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
    sockaddr_in6 local{};
    local.sin6_family = AF_INET6;
    const auto information = content<in6_pktinfo>(control);
    local.sin6_addr = information.ipi6_addr;
    if (IN6_IS_ADDR_LINKLOCAL(&local.sin6_addr)) local.sin6_scope_id = information.ipi6_ifindex;
    header.local = address{reinterpret_cast<const sockaddr*>(&local), sizeof local};
  } else if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_TOS) {
    header.mark = content<std::uint8_t>(control) >> 2;
  } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_TCLASS) {
    header.mark = static_cast<std::uint8_t>(content<int>(control) >> 2);
  }
}

template <class T>
void add_one(msghdr& message, int level, int type, const T& value) noexcept {
  auto* control =
      reinterpret_cast<cmsghdr*>(static_cast<char*>(message.msg_control) + message.msg_controllen);
  control->cmsg_level = level;
  control->cmsg_type = type;
  control->cmsg_len = CMSG_LEN(sizeof value);
  std::memcpy(CMSG_DATA(control), &value, sizeof value);
  message.msg_controllen += CMSG_SPACE(sizeof value);
}

}  // namespace

void read_control(msghdr& message, datagram_header& header) noexcept {
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control; control = CMSG_NXTHDR(&message, control))
    read_one(control, header);
}

void write_control(msghdr& message, control_room& room, const datagram_header& header) noexcept {
  message.msg_control = room.space.data();
  message.msg_controllen = 0;
  if (header.local.family() == family::inet && !header.local.is_multicast()) {
    in_pktinfo from{};
    from.ipi_spec_dst = reinterpret_cast<const sockaddr_in*>(header.local.data())->sin_addr;
    add_one(message, IPPROTO_IP, IP_PKTINFO, from);
  } else if (header.local.family() == family::inet6 && !header.local.is_multicast()) {
    in6_pktinfo from{};
    const auto* local = reinterpret_cast<const sockaddr_in6*>(header.local.data());
    from.ipi6_addr = local->sin6_addr;
    from.ipi6_ifindex = local->sin6_scope_id;
    add_one(message, IPPROTO_IPV6, IPV6_PKTINFO, from);
  }
  if (header.mark == 0) return;
  const bool inet6 = header.peer.unmapped().family() == family::inet6;
  const int traffic_class = header.mark << 2;
  add_one(message, inet6 ? IPPROTO_IPV6 : IPPROTO_IP, inet6 ? IPV6_TCLASS : IP_TOS, traffic_class);
}

}  // namespace ahoy::inline v0
