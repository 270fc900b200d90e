#include <ahoy/command/notice.hpp>
#include <ahoy/command/secret_file.hpp>
#include <ahoy/error/escape.hpp>

#include <fmt/format.h>
#include <sys/stat.h>

namespace ahoy::inline v0 {

void warn_where_others_read(std::string_view what, const std::string& name) {
  struct stat about{};
  const bool is_file = ::stat(name.c_str(), &about) == 0 && S_ISREG(about.st_mode);
  if (is_file && (about.st_mode & (S_IRGRP | S_IROTH)) != 0)
    notice(fmt::format("{}: others may read {}: chmod 600 keeps it to you", what, escape(name)));
}

}  // namespace ahoy::inline v0
