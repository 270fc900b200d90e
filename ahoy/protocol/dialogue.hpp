#pragma once
#include <ahoy/protocol/transfer_options.hpp>

#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// Shows a dialogue line by line, and leaves its secrets out: passwords and tokens become `****`. A command
/// that is known to hold none is shown whole; what follows a command of logging in is not, until the server
/// has answered with other than a challenge.
class secrets_filter {
 public:
  /// Every whole line of `bytes` to `observer`, and an unfinished one with what follows.
  void each_line(std::string_view bytes, said_by who, const dialogue_observer& observer);

 private:
  [[nodiscard]] std::string shown(std::string_view line, said_by who);
  void show(said_by who, const dialogue_observer& observer);
  struct side {
    std::string line;        // as far as it has come
    bool is_cut = false;     // its beginning was shown already
    bool is_hidden = false;  // and a secret begins there
  };
  side sides_[2];
  bool is_logging_in_ = false;
};

}  // namespace ahoy::inline v0
