#include <ahoy/command/json.hpp>
#include <ahoy/command/output_sink.hpp>
#include <ahoy/command/progress_bar.hpp>
#include <ahoy/error/error.hpp>

#include <chrono>

namespace ahoy::inline v0 {

task<> output_sink::pause() { co_return; }

task<> shown_output::take(std::string_view text, piece kind) {
  const std::string what = how_.add(text, kind);
  if (to_.is_terminal()) take_line_of_bar();
  co_await to_.write(what);
}

task<> shown_output::pause() {
  const std::string what = how_.pause();
  co_await to_.write(what);
}

task<> event_output::take(std::string_view text, piece) {
  const std::string line = json_line(json_event::message, std::chrono::system_clock::now(), peer_, text);
  co_await to_.write(line);
}

task<> kept_output::take(std::string_view text, piece) {
  if (!text_) text_.emplace();
  if (text.size() > limit_ - text_->size())
    throw error{errc::too_long, "keep the reply", "", "--max-message says how much of it --json takes"};
  text_->append(text);
  co_return;
}

}  // namespace ahoy::inline v0
