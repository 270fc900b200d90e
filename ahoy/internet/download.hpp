#pragma once
#include <ahoy/command/options.hpp>
#include <ahoy/command/output_sink.hpp>
#include <ahoy/socket/fd.hpp>
#include <ahoy/task/task.hpp>

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// Where what is fetched goes: standard output, as `call` shows it, or what --output names. A file is written
/// beside, and takes its name, and the rights of the one it replaces, in finish(): whoever sees it, sees all
/// of it. A link stays, and is followed. What is no file, such as a pipe or a device, is written to as it is.
///
/// What was not finished is removed, but where --resume may go on with it: that is FILE.part, and
/// FILE.part.from says of what it is the beginning. (An extended attribute would, too, but not on every file
/// system.)
class download {
 public:
  /// Throws output_error where the file cannot be made, usage_error where --resume has none.
  download(engine& by, const fetch_options& given);
  download(const download&) = delete;
  download& operator=(const download&) = delete;
  ~download();

  /// How much an earlier run has left of this URL; 0 where nobody could say whether it is still the same.
  [[nodiscard]] std::uint64_t there() const noexcept { return there_; }
  /// What tells that state of it from every other, in the protocol's own words; empty where nothing is there.
  [[nodiscard]] const std::string& validator() const noexcept { return validator_; }
  /// Forgets what is there: now all of it comes, in this state. Without a validator nobody can resume it.
  void start_over(std::string validator = {});
  /// Throws output_error.
  task<> write(std::string_view piece);
  /// All has come; once more does nothing. Throws output_error.
  task<> finish();
  [[nodiscard]] std::uint64_t written() const noexcept { return written_; }

 private:
  void open(engine& by);
  void open_beside(mode_t mode);
  void open_as_it_is(engine& by, bool is_ours);
  void find_what_is_there();
  void note_origin() const;
  task<> write_as_it_is(std::string_view piece);

  standard_output output_;
  shown_output shown_;
  std::string url_;
  std::string name_, beside_, origin_;  // of files; empty: standard output
  bool resumes_;
  bool is_finished_ = false;
  fd file_;
  std::optional<standard_output> as_it_is_;  // for what is no file
  std::string validator_;
  std::uint64_t there_ = 0;
  std::uint64_t written_ = 0;
};

}  // namespace ahoy::inline v0
