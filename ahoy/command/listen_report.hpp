#pragma once
#include <ahoy/command/json.hpp>
#include <ahoy/command/notes.hpp>
#include <ahoy/command/options.hpp>
#include <ahoy/command/report_queue.hpp>
#include <ahoy/command/standard_output.hpp>
#include <ahoy/handler/gathering.hpp>
#include <ahoy/server/observer.hpp>
#include <ahoy/server/rate_limit.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// What `listen` tells: messages on standard output, each led by who said it, and everything else on standard
/// error.
class listen_report final : public observer, public transcript {
 public:
  /// `interactive`: somebody sits at a terminal, and wants to see who comes and goes.
  listen_report(engine& by, const listen_options& options, standard_output& out, bool interactive);

  /// Writes what is to be written, until it is stopped; throws where that fails.
  task<> write_all();
  /// Writes the notes that have to wait for their reader, until it is stopped.
  task<> write_notes() { return notes_.write_kept(); }
  /// Returns when all that was told so far is written.
  task<> flush();
  [[nodiscard]] bool is_written() const noexcept { return !writing_ && unwritten_.empty(); }

  task<> heard(const connection& from, const message& said) override;
  task<> kept() override;
  void listening(scheme as, const address& on) override;
  void waiting(const connection& caller, std::size_t ahead) override;
  void joined(const connection& caller) override;
  void ended_its_half(const connection& caller) override;
  void left(const connection& caller, std::string_view why) override;
  void busy(const address& caller, std::size_t here) override;
  void no_worker(const address& caller, std::string_view why) override;
  void denied(const address& caller) override;
  void too_many(const address& caller, std::size_t here) override;
  void too_often(const address& caller) override;
  void insecure(const connection& caller, std::string_view why) override;
  void made_way(const connection& caller) override;
  void untold(turned_away how, std::uint64_t callers) override;
  void exhausted(std::string_view why) override;
  void dropped(std::string_view label, std::uint64_t messages) override;
  void too_large(std::string_view label, std::size_t bytes) override;

  /// At the end: what was left out in all.
  void tell_totals();
  /// One line on standard error.
  void note(std::string_view line);
  /// Around everything that is written: a prompt takes its line off the terminal, and puts it back.
  std::function<void()> before_writing, after_writing;
  /// What is done at observer::bound() and ready().
  std::function<void()> when_bound, when_ready;
  void bound() override {
    if (when_bound) when_bound();
  }
  void ready() override {
    if (when_ready) when_ready();
  }
  /// A caller's conversation did not end well, which was neither our wish nor that of whoever runs us.
  [[nodiscard]] bool somebody_failed() const noexcept { return somebody_failed_; }
  /// Who was told busy, though there was a place: neither a process nor a thread was to be had.
  [[nodiscard]] bool anybody_found_no_worker() const noexcept { return anybody_found_no_worker_; }
  /// Return when the first caller has come, has ended its half, has left.
  task<> first_arrival();
  task<> first_end();
  task<> first_departure();

 private:
  task<> write_out(std::string_view text);
  void note_tls(const connection& from);
  /// Bytes that wait for a slow reader of our output before the callers have to.
  static constexpr std::size_t most_unwritten = 64 * 1024;

  [[nodiscard]] std::string shown(const connection& from, const message& said) const;
  void tell(json_event kind, std::string_view from, std::string_view text);
  [[nodiscard]] std::string event_line(json_event kind, std::string_view from, std::string_view text) const;

  engine& by_;
  const listen_options& options_;
  standard_output& out_;
  notes notes_;
  report_queue unwritten_{most_unwritten};
  event more_, written_, news_;
  std::uint64_t heard_ = 0, kept_ = 0;  // how many messages, and how many of them are written
  bool shows_coming_and_going_;
  bool anybody_came_ = false, anybody_ended_ = false, anybody_left_ = false;
  bool somebody_failed_ = false;
  bool anybody_found_no_worker_ = false;
  bool writing_ = false;
  rate_limit spoke_tls_;  // on endpoints without
  rate_limit too_large_;  // for a datagram
  std::uint64_t too_large_untold_ = 0;
  std::uint64_t dropped_ = 0;  // messages, for slow callers
};

}  // namespace ahoy::inline v0
