#pragma once
#include <ahoy/command/options.hpp>
#include <ahoy/command/output_sink.hpp>
#include <ahoy/socket/fd.hpp>
#include <ahoy/task/task.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// Where what is fetched goes: standard output, as `call` shows it, or the file of --output. That is written
/// beside, and takes its name in finish(): whoever sees it, sees all of it. What was not finished is removed,
/// but where --resume may go on with it: that is FILE.part.
class download {
 public:
  /// Throws output_error where the file cannot be made.
  download(engine& by, const fetch_options& given);
  download(const download&) = delete;
  download& operator=(const download&) = delete;
  ~download();

  /// How much an earlier run has left.
  [[nodiscard]] std::uint64_t there() const noexcept { return there_; }
  /// Forgets that: the server begins anew.
  void start_over();
  /// Throws output_error.
  task<> write(std::string_view piece);
  /// All has come; once more does nothing. Throws output_error.
  task<> finish();
  [[nodiscard]] std::uint64_t written() const noexcept { return written_; }

 private:
  void open_file();
  void write_to_file(std::string_view piece);

  standard_output output_;
  shown_output shown_;
  std::string name_, beside_;  // of the file; empty: standard output
  bool resumes_;
  bool is_finished_ = false;
  fd file_;
  std::uint64_t there_ = 0;
  std::uint64_t written_ = 0;
};

}  // namespace ahoy::inline v0
