#pragma once
#include <ahoy/command/options.hpp>
#include <ahoy/server/observer.hpp>
#include <ahoy/server/rate_limit.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// What happens at a server as lines for a log, one for each event: its time (RFC 3339, UTC), its name, then
/// members, by name. Under `text` they are NAME=VALUE, with quotes where a value has more in it than a word,
/// and then with \" and \\ in it; under `json` an object. All from outside is escaped. Who was refused is
/// named at a bounded rate, and the rest counted (see observer); each who joins and leaves has its two lines.
class event_log final : public observer {
 public:
  /// `write` is given whole lines, with their newline.
  event_log(engine& by, log_format how, std::function<void(std::string_view)> write)
      : by_{by}, how_{how}, write_{std::move(write)} {}

  void listening(scheme as, const address& on) override;
  void joined(const connection& caller) override;
  void departed(callers::caller& who, std::string_view why) override;
  void busy(const address& caller, std::size_t here) override;
  void no_worker(const address& caller, std::string_view why) override;
  void denied(const address& caller) override;
  void too_many(const address& caller, std::size_t here) override;
  void too_often(const address& caller) override;
  void insecure(const connection& caller, std::string_view why) override;
  void untold(turned_away how, std::uint64_t callers) override;
  void exhausted(std::string_view why) override;
  void dropped(std::string_view label, std::uint64_t messages) override;
  void too_large(std::string_view label, std::size_t bytes) override;
  void left(const connection&, std::string_view) override {}  // departed() was told

 private:
  class line;
  [[nodiscard]] line begin(std::string_view event) const;
  void refuse(const address& caller, std::string_view reason);

  engine& by_;
  log_format how_;
  std::function<void(std::string_view)> write_;
  rate_limit too_large_;
  std::uint64_t too_large_untold_ = 0;
};

}  // namespace ahoy::inline v0
