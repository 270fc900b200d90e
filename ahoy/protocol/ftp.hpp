#pragma once
#include <ahoy/protocol/ftp_listing.hpp>
#include <ahoy/protocol/transfer_options.hpp>
#include <ahoy/task/task.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

class engine;

/// What the path of an FTP URL means (RFC 1738, section 3.2): "/a/b" is a/b below the folder of the login,
/// "/%2Fa" and "//a" are /a; a / at the end, and ;type=d, is a folder; ;type=a is text.
struct ftp_path {
  std::string path;  ///< decoded; empty: the folder of the login
  bool is_folder = false;
  bool is_text = false;
};
/// Throws error (malformed): a line end in it would be another command.
[[nodiscard]] ftp_path read_ftp_path(std::string_view path);

/// How something is put where a file may be already.
enum class ftp_store { replace, append, resume };

struct ftp_facts {
  std::optional<std::uint64_t> size;     ///< in bytes
  std::optional<std::int64_t> modified;  ///< seconds since 1970
};

/// Files on a server (RFC 959, 2228, 3659, 4217), over one connection as long as the server keeps it. One
/// thing at a time: what was begun is received, or sent, to its end, before the next begins. Paths are as in
/// ftp_path. Each task throws error: login_refused, not_there (550, but where its words speak of permission,
/// and where something is stored), refused, …, with the server's words as its hint.
class ftp_client {
 public:
  /// `server`: ftp://host:port or ftps://host:port. Opens nothing yet. `is_active`: the server connects to us
  /// for the data (PORT), not we to it.
  ftp_client(engine& by, std::string server, const transfer_options& how, bool is_active = false);
  ~ftp_client();

  /// Begins to fetch a file, from its byte `from` on; or, of text, with the line ends of this system.
  void retrieve(const ftp_path& file, std::uint64_t from = 0);
  /// A part alone: "0-99", "500-".
  void retrieve_range(const ftp_path& file, const std::string& range);
  /// The next piece; empty at the end.
  task<std::string> receive();
  /// The size of what is being received, where the server says it.
  [[nodiscard]] std::optional<std::uint64_t> size() const;

  /// Begins to list a folder.
  void list(const std::string& folder);
  /// The next entry; nothing at the end. A server that knows no MLSD is asked for LIST.
  task<std::optional<ftp_entry>> next_entry();

  /// Begins to send a file. With `resume` what the server has of it is left out of what send() is given.
  void store(const std::string& file, ftp_store how);
  /// false: the server has ended it, and finish_storing() tells how.
  task<bool> send(std::string_view piece);
  task<> finish_storing();

  task<> make_folder(const std::string& folder);
  task<> remove_folder(const std::string& folder);
  task<> remove(const std::string& file);
  task<> rename(const std::string& from, const std::string& to);
  task<ftp_facts> facts(const std::string& file);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace ahoy::inline v0
