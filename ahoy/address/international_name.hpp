#pragma once
#include <ahoy/address/host.hpp>

#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// A host name as the resolver wants it: "bücher.example" is "xn--bcher-kva.example" (IDNA2008 with UTS 46's
/// mapping, non-transitional). A name in ASCII is unchanged. It does not depend on the locale, as
/// getaddrinfo's AI_IDN would. libidn2 is loaded when the first such name comes. Throws ahoy::error:
/// malformed, and host_not_found without libidn2.
[[nodiscard]] std::string ascii_name(std::string_view name);
/// By what name others know a host, however it was written: certificates, and whoever keeps its key. A name
/// is in ASCII and lower case, without the dot of a rooted one; any host is "localhost", an address as
/// host::text(). Throws as ascii_name().
[[nodiscard]] std::string known_name(const host& of);

}  // namespace ahoy::inline v0
