#include <ahoy/address/ascii.hpp>
#include <ahoy/address/host.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/error/unreadable.hpp>

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace ahoy::inline v0 {
namespace {

constexpr std::size_t name_limit = 253, label_limit = 63;  // RFC 1035, 2.3.4

std::string_view without_brackets(std::string_view text) {
  bool bracketed = text.size() >= 2 && text.front() == '[' && text.back() == ']';
  return bracketed ? text.substr(1, text.size() - 2) : text;
}

// RFC 6874 wants %25 in URLs; text that is no URL has a bare %. An interface's name has up to 15 bytes.
bool is_zone(std::string_view zone) {
  auto usual = [](char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.' || c == '@';
  };
  return !zone.empty() && zone.size() < IF_NAMESIZE && std::ranges::all_of(zone, usual);
}

std::uint32_t zone_index(const std::string& zone) {
  std::uint32_t index = 0;
  if (zone.empty()) return 0;
  if (all_digits(zone)) return std::from_chars(zone.data(), zone.data() + zone.size(), index), index;
  return if_nametoindex(zone.c_str());
}

// WHATWG's rule: a last label of digits, or one that a C library would take for a hexadecimal number, is no
// name.
bool ends_in_number(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  auto label = text.substr(text.rfind('.') + 1);
  bool hexadecimal = label.starts_with("0x") || label.starts_with("0X");
  auto is_hexadecimal = [](char c) { return is_digit(c) || ('a' <= lower(c) && lower(c) <= 'f'); };
  return all_digits(label) || (hexadecimal && std::ranges::all_of(label.substr(2), is_hexadecimal));
}

bool is_name_character(char c) {
  bool international = static_cast<unsigned char>(c) >= 0x80;
  return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.' || international;
}

bool has_good_labels(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  while (true) {
    auto label = name.substr(0, name.find('.'));
    if (label.empty() || label.size() > label_limit || label.front() == '-') return false;
    if (label.size() == name.size()) return true;
    name.remove_prefix(label.size() + 1);
  }
}

void check_name(std::string_view name) {
  auto refuse = [&](const char* hint) { throw unreadable("host", name, hint); };
  if (!std::ranges::all_of(name, is_name_character))
    refuse(
        "a host is a name, a dotted quad, or an IPv6 address; a port is a word of its own, or follows a "
        "colon");
  if (!valid_utf8(name) || escape(name) != name)
    refuse("an international name is written in UTF-8, without invisible characters");
  if (name.size() > name_limit || !has_good_labels(name))
    refuse("a name is at most 253 bytes, its parts 1 to 63, none beginning with a hyphen");
}

}  // namespace

host::host(std::string_view text) : text_(text) {
  if (text.empty()) return;
  if (text == "<broadcast>") {
    kind_ = host_kind::broadcast;
    inet_.s_addr = INADDR_BROADCAST;
  } else if (text.find(':') != text.npos) {
    read_inet6(without_brackets(text));
  } else if (all_digits(text)) {
    read_digits(text);
  } else if (ends_in_number(text)) {
    read_dotted_quad(text);
  } else {
    check_name(text);
    kind_ = host_kind::name;
  }
}

host::host(in_addr in_host_byte_order) : kind_(host_kind::inet), inet_{htonl(in_host_byte_order.s_addr)} {
  text_ = address::inet(in_host_byte_order.s_addr, 0).host();
}

std::uint32_t host::refuse(std::string_view number) {
  throw unreadable("host", number, "a host as an integer is 0 to 4294967295", errc::out_of_range);
}

void host::read_inet6(std::string_view text) {
  auto percent = text.find('%');
  auto digits = std::string(text.substr(0, percent));
  auto zone = percent == text.npos ? std::string_view{} : text.substr(percent + 1);
  bool no_nul = digits.find('\0') == digits.npos;
  if (!no_nul || inet_pton(AF_INET6, digits.c_str(), &inet6_) != 1)
    throw unreadable("host", text_, "with a port, an IPv6 address is written in brackets: [::1]:23456");
  if (percent != text.npos && !is_zone(zone))
    throw unreadable("host", text_,
                     "after the % comes the name or number of an interface: `ip link` lists them");
  kind_ = host_kind::inet6;
  zone_ = zone;
  std::array<char, INET6_ADDRSTRLEN> canonical{};
  text_ = inet_ntop(AF_INET6, &inet6_, canonical.data(), canonical.size());
  if (!zone_.empty()) text_ += "%" + zone_;
}

void host::read_dotted_quad(std::string_view text) {
  auto quad = std::string(text);
  if (quad.find('\0') != quad.npos || inet_pton(AF_INET, quad.c_str(), &inet_) != 1)
    throw unreadable("host", text,
                     "a dotted quad is four numbers from 0 to 255 without leading zeros, as in 127.0.0.1");
  kind_ = host_kind::inet;
}

// A leading zero would be octal to a C library: not taken.
void host::read_digits(std::string_view text) {
  std::uint32_t number = 0;
  if (text.size() > 1 && text[0] == '0') read_dotted_quad(text);
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{}) refuse(text);
  *this = host(in_addr{number});
}

address host::numeric_address(std::uint16_t port) const {
  if (kind_ == host_kind::name) throw error(errc::host_not_found, "look up", text_);
  if (kind_ != host_kind::inet6) return address::inet(ntohl(inet_.s_addr), port);
  auto scope = zone_index(zone_);
  if (!zone_.empty() && scope == 0)
    throw error(system_code(ENODEV), "look up", text_, "`ip link` lists the interfaces of this machine");
  return address::inet6(inet6_, port, scope);
}

}  // namespace ahoy::inline v0
