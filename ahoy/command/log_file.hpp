#pragma once
#include <ahoy/socket/fd.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// A file that lines are appended to, each by one write(2), so that several programs may share it. It is made
/// where it is not there, for its owner to write and its group to read (0640, less the umask).
class log_file {
 public:
  /// `complain` is told, in a line, what goes wrong once it is open, and when it goes well again: a full disk
  /// must not stop a server, nor be told with each line. Nothing is opened yet.
  log_file(std::string path, std::function<void(std::string_view)> complain)
      : path_{std::move(path)}, complain_{std::move(complain)} {}

  /// A whole line, with its newline. Throws error where the file cannot be opened for the first one.
  void write(std::string_view line);
  /// Goes on in the file that has the name now: whoever rotates logs has given the other one another name.
  /// Where that fails, it goes on in the one it has. Nothing where none is open.
  void reopen();

  /// Lines that could not be written.
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

 private:
  [[nodiscard]] fd open() const;
  void append(std::string_view line);
  void lose(int why);

  std::string path_;
  std::function<void(std::string_view)> complain_;
  fd file_;
  bool is_cut_ = false;  // the last line is there in part
  bool fails_ = false;
  std::uint64_t lost_ = 0, lost_now_ = 0;
};

}  // namespace ahoy::inline v0
