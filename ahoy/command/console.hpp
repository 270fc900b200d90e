#pragma once
#include <ahoy/command/listen_report.hpp>
#include <ahoy/command/options.hpp>
#include <ahoy/server/server.hpp>

#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// What is typed, or piped, into `listen`: words to callers, and commands. `meeting` is null where the
/// handler has no room to speak into. All must outlive the console.
class console {
 public:
  console(engine& by, const listen_options& options, server& serving, gathering* meeting,
          listen_report& report)
      : by_{by}, options_{options}, serving_{serving}, meeting_{meeting}, report_{report} {}

  /// Does what one line says; mistakes are noted, and end nothing.
  task<> obey(std::string line);
  /// Says this to all who are here, whatever it is. Where nobody is, that is noted, once until somebody
  /// comes.
  task<> say_to_all(std::string text);

 private:
  task<> obey_command(std::string_view line);
  task<> say_to(std::string name, std::string text);
  [[nodiscard]] bool needs_framing(std::string_view to);
  [[nodiscard]] bool can_be_said(std::string_view text, std::string_view to);
  void who(std::string_view);
  void kick(std::string_view name);
  void quit(std::string_view);
  void say_nobody_is(std::string_view name);

  engine& by_;
  const listen_options& options_;
  server& serving_;
  gathering* meeting_;
  listen_report& report_;
  bool was_told_of_nobody_ = false;
};

/// What may stand at the end of a line that is being typed: a command, "@NAME", or the name that /kick wants.
[[nodiscard]] std::vector<std::string> console_words(server& serving, std::string_view line);

}  // namespace ahoy::inline v0
