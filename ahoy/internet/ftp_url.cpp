#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/ftp_url.hpp>

namespace ahoy::inline v0 {

ftp_path ftp_path_of(const internet_options& given) {
  // To leave it out would be to take another file than the one that is meant.
  if (!given.to.fragment.empty())
    throw error{make_error_code(errc::malformed), "read URL", escape(given.to.to_string()),
                "files have no fragments: a # in a name is written %23"};
  return read_ftp_path(given.to.path);
}

}  // namespace ahoy::inline v0
