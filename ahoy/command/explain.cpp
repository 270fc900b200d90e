#include <ahoy/command/explain.hpp>

namespace ahoy::inline v0 {

std::string explain(const listen_options&) { return ""; }
std::string explain(const call_options&) { return ""; }
std::string explain(const send_options&) { return ""; }

}  // namespace ahoy::inline v0
