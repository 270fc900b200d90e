#include <ahoy/address/percent.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/protocol/ftp.hpp>
#include <ahoy/protocol/transfer.hpp>

#include <curl/curl.h>

#include <deque>
#include <utility>
#include <vector>

namespace ahoy::inline v0 {

namespace {

constexpr std::string_view type_mark = ";type=";

/// One that carries a line end would be two commands.
std::string checked(std::string path) {
  if (path.find_first_of(std::string_view{"\r\n\0", 3}) != std::string::npos)
    throw error{make_error_code(errc::malformed), "read path", escape(path), "it holds a line end"};
  return path;
}

/// As a URL has it: below the folder of the login, or from the root.
std::string url_path(const std::string& path) {
  const bool is_absolute = path.starts_with('/');
  return (is_absolute ? "/%2F" : "/") + percent_encoded(checked(path).substr(is_absolute ? 1 : 0), "/");
}

/// The server does not know what was asked: 500, 501, 502, 504 (RFC 959, section 4.2.1).
bool is_unknown_command(long reply) { return reply >= 500 && reply <= 504; }

}  // namespace

ftp_path read_ftp_path(std::string_view path) {
  ftp_path read;
  if (path.starts_with('/')) path.remove_prefix(1);
  const auto mark = path.rfind(type_mark);
  const std::string_view type = mark == path.npos ? std::string_view{} : path.substr(mark + type_mark.size());
  if (type.size() > 1 || std::string_view{"aAiIdD"}.find(type) == std::string_view::npos)
    throw error{make_error_code(errc::malformed), "read path", escape(path), "a type is a, i or d"};
  read.path = percent_decoded(path.substr(0, mark));
  static_cast<void>(checked(read.path));
  read.is_folder = read.path.empty() || read.path.ends_with('/') || type == "d" || type == "D";
  read.is_text = type == "a" || type == "A";
  return read;
}

struct ftp_client::state {
  state(engine& by, std::string to, const transfer_options& how)
      : server{std::move(to)}, over{by, server + "/", how} {}

  /// Everything that an earlier command has set is as it was.
  void prepare(const std::string& path);
  task<> command(std::vector<std::string> lines);
  void begin_listing(bool with_mlsd);
  task<bool> fill();

  std::string server;
  transfer over;
  std::string folder;
  std::optional<ftp_listing_reader> reader;
  std::deque<ftp_entry> entries;
  bool is_mlsd = false;
  bool listed = false;
};

void ftp_client::state::prepare(const std::string& path) {
  over.set(CURLOPT_URL, server + path);
  over.set(CURLOPT_UPLOAD, 0L);
  over.set(CURLOPT_HTTPGET, 1L);
  over.set(CURLOPT_NOBODY, 0L);
  over.set(CURLOPT_APPEND, 0L);
  over.set(CURLOPT_TRANSFERTEXT, 0L);
  over.set(CURLOPT_FILETIME, 0L);
  over.set_size(CURLOPT_RESUME_FROM_LARGE, 0);
  over.reset(CURLOPT_RANGE);
  over.reset(CURLOPT_QUOTE);
  over.reset(CURLOPT_CUSTOMREQUEST);
}

ftp_client::ftp_client(engine& by, std::string server, const transfer_options& how, bool is_active)
    : state_{std::make_unique<state>(by, std::move(server), how)} {
  if (is_active) state_->over.set(CURLOPT_FTPPORT, std::string{"-"});
}

ftp_client::~ftp_client() = default;

void ftp_client::retrieve(const ftp_path& file, std::uint64_t from) {
  state_->prepare(url_path(file.path));
  state_->over.set(CURLOPT_TRANSFERTEXT, file.is_text ? 1L : 0L);
  state_->over.set_size(CURLOPT_RESUME_FROM_LARGE, static_cast<std::int64_t>(from));
  state_->over.begin();
}

void ftp_client::retrieve_range(const ftp_path& file, const std::string& range) {
  state_->prepare(url_path(file.path));
  state_->over.set(CURLOPT_RANGE, range);
  state_->over.begin();
}

task<std::string> ftp_client::receive() { return state_->over.receive(); }

std::optional<std::uint64_t> ftp_client::size() const {
  const std::int64_t told = state_->over.size(CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
  return told < 0 ? std::nullopt : std::optional{static_cast<std::uint64_t>(told)};
}

void ftp_client::list(const std::string& folder) {
  state_->folder = checked(folder).empty() || folder.ends_with('/') ? folder : folder + "/";
  state_->begin_listing(true);
}

void ftp_client::state::begin_listing(bool with_mlsd) {
  prepare(url_path(folder));
  if (with_mlsd) over.set(CURLOPT_CUSTOMREQUEST, std::string{"MLSD"});
  is_mlsd = with_mlsd;
  listed = false;
  reader.emplace(with_mlsd);
  entries.clear();
  over.begin();
}

/// Some more entries; false at the end.
task<bool> ftp_client::state::fill() {
  std::string piece;
  bool is_known = true;
  try {
    piece = co_await over.receive();
  } catch (const error&) {
    is_known = !(is_mlsd && is_unknown_command(over.number(CURLINFO_RESPONSE_CODE)));
    if (is_known) throw;
  }
  if (!is_known) {
    begin_listing(false);
    co_return true;
  }
  for (ftp_entry& each : reader->take(piece)) entries.push_back(std::move(each));
  listed = piece.empty();
  if (!listed) co_return true;
  if (auto last = reader->finish()) entries.push_back(*std::move(last));
  co_return !entries.empty();
}

task<std::optional<ftp_entry>> ftp_client::next_entry() {
  bool goes_on = !state_->listed;
  while (state_->entries.empty() && goes_on) goes_on = co_await state_->fill();
  if (state_->entries.empty()) co_return std::nullopt;
  ftp_entry next = std::move(state_->entries.front());
  state_->entries.pop_front();
  co_return next;
}

void ftp_client::store(const std::string& file, ftp_store how) {
  state_->prepare(url_path(file));
  state_->over.set(CURLOPT_UPLOAD, 1L);
  state_->over.set(CURLOPT_APPEND, how == ftp_store::append ? 1L : 0L);
  // libcurl asks for the size, and leaves out so much (CURLOPT_RESUME_FROM_LARGE(3)).
  state_->over.set_size(CURLOPT_RESUME_FROM_LARGE, how == ftp_store::resume ? -1 : 0);
  state_->over.begin();
}

task<bool> ftp_client::send(std::string_view piece) { return state_->over.send(piece); }

task<> ftp_client::finish_storing() {
  state_->over.end_sending();
  return state_->over.finish();
}

task<> ftp_client::state::command(std::vector<std::string> lines) {
  prepare("/");
  over.set(CURLOPT_NOBODY, 1L);
  over.set(CURLOPT_QUOTE, lines);
  over.begin();
  co_await over.finish();
}

task<> ftp_client::make_folder(const std::string& folder) {
  return state_->command({"MKD " + checked(folder)});
}

task<> ftp_client::remove_folder(const std::string& folder) {
  return state_->command({"RMD " + checked(folder)});
}

task<> ftp_client::remove(const std::string& file) { return state_->command({"DELE " + checked(file)}); }

task<> ftp_client::rename(const std::string& from, const std::string& to) {
  return state_->command({"RNFR " + checked(from), "RNTO " + checked(to)});
}

task<ftp_facts> ftp_client::facts(const std::string& file) {
  state_->prepare(url_path(file));
  state_->over.set(CURLOPT_NOBODY, 1L);
  state_->over.set(CURLOPT_FILETIME, 1L);
  state_->over.begin();
  co_await state_->over.finish();
  ftp_facts known;
  known.size = size();
  const std::int64_t time = state_->over.size(CURLINFO_FILETIME_T);
  if (time >= 0) known.modified = time;
  co_return known;
}

}  // namespace ahoy::inline v0
