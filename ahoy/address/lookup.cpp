#include <ahoy/address/hostname.hpp>
#include <ahoy/address/international_name.hpp>
#include <ahoy/address/lookup.hpp>
#include <ahoy/error/unreadable.hpp>

#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

namespace ahoy::inline v0 {
namespace {

struct resolver_answer {
  int code;
  std::error_code cause;
};

std::error_code cause_of(int code) {
  const std::array known{
      resolver_answer{EAI_NONAME, errc::host_not_found},
      resolver_answer{EAI_NODATA, errc::host_not_found},
      resolver_answer{EAI_ADDRFAMILY, errc::host_not_found},
      resolver_answer{EAI_FAMILY, system_code(EAFNOSUPPORT)},
      resolver_answer{EAI_AGAIN, errc::lookup_unanswered},
      resolver_answer{EAI_FAIL, errc::lookup_unanswered},
      resolver_answer{EAI_MEMORY, system_code(ENOMEM)},
  };
  for (const auto& answer : known)
    if (answer.code == code) return answer.cause;
  return code == EAI_SYSTEM ? system_code(errno) : make_error_code(errc::host_not_found);
}

bool fits(family have, family wanted) { return wanted == family::unspecified || wanted == have; }

bool system_has_inet6() {
  int descriptor = ::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor >= 0) ::close(descriptor);
  return descriptor >= 0;
}

std::vector<address> any(std::uint16_t port, family of, lookup_use use) {
  bool bind = use == lookup_use::bind;
  bool inet6 = of == family::inet6 || (of == family::unspecified && system_has_inet6());
  std::vector<address> addresses;
  if (inet6) addresses.push_back(address::inet6(bind ? in6addr_any : in6addr_loopback, port));
  if (of == family::inet || addresses.empty() || (of == family::unspecified && !bind))
    addresses.push_back(address::inet(bind ? INADDR_ANY : INADDR_LOOPBACK, port));
  return addresses;
}

[[noreturn]] void refuse_family(const host& name, family of) {
  throw error(system_code(EAFNOSUPPORT), "look up", name.text(),
              "this host has no address of the family " + to_string(of) + ": choose another host or family");
}

// Debian writes a machine's own name into /etc/hosts, containers and others often do not.
std::string hint_for(const std::string& name, family of) {
  if (name == gethostname())
    return "this machine does not know its own name: add `127.0.1.1 " + name +
           "` to /etc/hosts, or use localhost, or \"\" for every address";
  if (of == family::unspecified) return {};
  return "asked was for an address of the family " + to_string(of) +
         " alone: check the spelling, or allow both families";
}

std::vector<address> resolve(const host& name, std::uint16_t port, family of, socket_type type) {
  addrinfo wanted{};
  wanted.ai_family = static_cast<int>(of);
  wanted.ai_socktype = static_cast<int>(type);
  addrinfo* list = nullptr;
  // An international name may become a number: full-width digits map to ASCII ones.
  auto ascii = host(ascii_name(name.text()));
  if (ascii.is_numeric()) throw unreadable("host", name.text(), "write a numeric address in ASCII digits");
  int code = getaddrinfo(ascii.text().c_str(), nullptr, &wanted, &list);
  if (code != 0) throw error(cause_of(code), "look up", name.text(), hint_for(name.text(), of));
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, freeaddrinfo);
  std::vector<address> addresses;
  for (auto* entry = list; entry; entry = entry->ai_next) {
    address found{entry->ai_addr, entry->ai_addrlen};
    found.set_port(port);
    // Twice: where /etc/hosts says localhost of 127.0.0.1 and of ::1, as Debian's does (glibc maps the
    // latter).
    if (std::ranges::find(addresses, found) == addresses.end()) addresses.push_back(found);
  }
  return addresses;
}

}  // namespace

std::vector<address> lookup(const host& name, const port& service, family of, socket_type type,
                            lookup_use use) {
  bool internet = of == family::unspecified || of == family::inet || of == family::inet6;
  if (!internet) refuse_family(name, of);
  if (name.kind() == host_kind::any) return any(service.number(), of, use);
  if (!name.is_numeric()) return resolve(name, service.number(), of, type);
  auto only = name.numeric_address(service.number());
  if (!fits(only.family(), of)) refuse_family(name, of);
  return {only};
}

}  // namespace ahoy::inline v0
