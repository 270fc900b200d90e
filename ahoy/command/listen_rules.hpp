#pragma once
#include <ahoy/command/options.hpp>
#include <ahoy/server/server_rules.hpp>

#include <string>
#include <vector>

namespace ahoy::inline v0 {

/// What listen reads from files: who may call, and what answers over TLS.
struct listen_rules {
  // No aggregate, since coroutines hold it. NOLINTNEXTLINE(modernize-use-equals-default)
  listen_rules() noexcept {}
  server_rules rules;

  /// For whoever asked for them to be read.
  [[nodiscard]] std::string summary() const;
};

[[nodiscard]] bool speaks_tls(const listen_options& options) noexcept;
/// Those that read_rules() reads.
[[nodiscard]] std::vector<std::string> files_of_rules(const listen_options& options);
/// As the options say, from the files as they are now. All of it, or throws error.
[[nodiscard]] listen_rules read_rules(const listen_options& options);

}  // namespace ahoy::inline v0
