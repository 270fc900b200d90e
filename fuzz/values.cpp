#include <ahoy/address/address.hpp>
#include <ahoy/address/network.hpp>
#include <ahoy/command/values.hpp>

#include "target.hpp"
#include <netinet/in.h>

// A value of an option: a duration, a size, a number, a network.

namespace {

void read(std::string_view input) {
  fuzz::accepts([&] {
    const auto length = ahoy::parse_duration("--timeout", input);
    fuzz::require(!length || (length->count() >= 0 && *length <= ahoy::longest_duration),
                  "a duration has its bounds");
  });
  fuzz::accepts([&] {
    const auto size = ahoy::parse_size("--queue", input, 7, 1 << 20);
    fuzz::require(size >= 7 && size <= 1 << 20, "a size has its bounds");
  });
  fuzz::accepts([&] { static_cast<void>(ahoy::parse_size("--queue", input)); });
  fuzz::accepts([&] {
    const auto number = ahoy::parse_integer("--workers", input, -3, 1000);
    fuzz::require(number >= -3 && number <= 1000, "a number has its bounds");
  });
  fuzz::accepts([&] {
    const ahoy::network read = ahoy::network::parse(input);
    const std::string text = read.to_string();
    fuzz::require(ahoy::network::parse(text).to_string() == text, "what is written reads back");
    in6_addr mapped{};
    mapped.s6_addr[10] = mapped.s6_addr[11] = 0xff;
    mapped.s6_addr[12] = 10;
    for (const auto& who : {ahoy::address::inet(INADDR_LOOPBACK, 1), ahoy::address::inet(0xc000024dU, 1),
                            ahoy::address::inet6(in6addr_loopback, 1), ahoy::address::inet6(mapped, 1),
                            ahoy::address::local("/x")})
      static_cast<void>(read.contains(*who.data()));
  });
}

const fuzz::target values{"values", read};

}  // namespace
