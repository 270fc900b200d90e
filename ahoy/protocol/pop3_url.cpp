#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/protocol/pop3_url.hpp>
#include <ahoy/protocol/words.hpp>

namespace ahoy::inline v0 {

std::optional<std::uint64_t> parse_pop3_path(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.empty()) return std::nullopt;
  const auto number = read_number(path);
  if (!number || *number == 0)
    throw error{make_error_code(errc::malformed), "read path", escape(path),
                "a message has a number: pop3://localhost/3"};
  return number;
}

}  // namespace ahoy::inline v0
