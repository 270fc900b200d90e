#pragma once
#include <ahoy/command/input_source.hpp>
#include <ahoy/command/output_sink.hpp>
#include <ahoy/command/prompt.hpp>

#include <memory>
#include <string>

namespace ahoy::inline v0 {

/// The lines that somebody types at a prompt, each with its newline where `with_newlines`. The prompt is
/// closed, and its pointer null, once the input is over; both must outlive this.
[[nodiscard]] std::unique_ptr<input_source> typed_as_input(std::unique_ptr<prompt>& at, bool with_newlines);

/// A terminal on which a prompt stands too, while its pointer is set: what comes is shown above it, line by
/// line. What is no whole line waits for its end, or for a pause: then it is shown as one, marked `…`.
class output_beside_prompt final : public output_sink {
 public:
  /// All must outlive it.
  output_beside_prompt(standard_output& to, presentation how, const std::unique_ptr<prompt>& beside)
      : to_{to}, how_{std::move(how)}, beside_{beside} {}
  task<> take(std::string_view text, piece kind) override;
  task<> pause() override;
  bool holds() const noexcept override { return how_.holds() || !unfinished_.empty(); }

 private:
  task<> write_up_to(std::size_t end);

  standard_output& to_;
  presentation how_;
  const std::unique_ptr<prompt>& beside_;
  std::string unfinished_;
};

}  // namespace ahoy::inline v0
