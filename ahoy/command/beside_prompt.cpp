#include <ahoy/command/beside_prompt.hpp>

#include <exception>
#include <system_error>
#include <utility>

namespace ahoy::inline v0 {

namespace {

constexpr std::string_view unfinished_mark = "…\n";
/// A line is not waited for beyond this.
constexpr std::size_t longest_unfinished = 64 * 1024;

class typed_source final : public input_source {
 public:
  typed_source(std::unique_ptr<prompt>& at, bool with_newlines) noexcept
      : at_{at}, with_newlines_{with_newlines} {}
  task<std::optional<std::string>> next() override;
  void finish() noexcept override;
  bool at_end() const noexcept override { return at_end_; }

 private:
  std::unique_ptr<prompt>& at_;
  bool with_newlines_;
  bool finishing_ = false;
  bool at_end_ = false;
  context* typing_ = nullptr;
};

/// Only the wait for a line is given up by finish(): there is nothing at hand that was not sent.
task<std::optional<std::string>> typed_source::next() {
  if (!at_ || finishing_) co_return std::nullopt;
  context& here = co_await this_context();
  context typing{here};
  typing_ = &typing;
  std::optional<std::string> line;
  std::exception_ptr failure;
  try {
    line = co_await at_->read_line().in(typing);
  } catch (const std::system_error&) {
    failure = std::current_exception();
  }
  typing_ = nullptr;
  if (failure && (!finishing_ || here.stopped())) std::rethrow_exception(failure);
  at_end_ = !failure && !line;
  if (!line) at_.reset();
  if (line && with_newlines_) *line += '\n';
  co_return line;
}

void typed_source::finish() noexcept {
  finishing_ = true;
  if (typing_) typing_->stop();
}

}  // namespace

std::unique_ptr<input_source> typed_as_input(std::unique_ptr<prompt>& at, bool with_newlines) {
  return std::make_unique<typed_source>(at, with_newlines);
}

task<> output_beside_prompt::take(std::string_view text, piece kind) {
  unfinished_ += how_.add(text, kind);
  if (beside_ && unfinished_.size() > longest_unfinished && !unfinished_.ends_with('\n'))
    unfinished_ += unfinished_mark;
  const std::size_t last = unfinished_.rfind('\n');
  co_await write_up_to(!beside_ ? unfinished_.size() : last == std::string::npos ? 0 : last + 1);
}

task<> output_beside_prompt::pause() {
  unfinished_ += how_.pause();
  if (beside_ && !unfinished_.empty() && !unfinished_.ends_with('\n')) unfinished_ += unfinished_mark;
  co_await write_up_to(unfinished_.size());
}

/// The prompt may be gone when the write is done.
task<> output_beside_prompt::write_up_to(std::size_t end) {
  if (end == 0) co_return;
  const std::string text = unfinished_.substr(0, end);
  unfinished_.erase(0, end);
  if (beside_) beside_->hide();
  co_await to_.write(text);
  if (beside_) beside_->show();
}

}  // namespace ahoy::inline v0
