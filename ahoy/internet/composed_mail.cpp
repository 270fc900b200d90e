#include <ahoy/command/usage_error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/header_words.hpp>
#include <ahoy/internet/mail_options.hpp>
#include <ahoy/internet/outgoing_mail.hpp>
#include <ahoy/protocol/mime.hpp>
#include <ahoy/socket/fd.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <random>

namespace ahoy::inline v0 {

namespace {

constexpr std::size_t piece_size = std::size_t{64} * 1024;
/// Of a text so long all is looked at before it is decided how it goes.
constexpr std::size_t longest_looked_at = std::size_t{256} * 1024;
/// The header, and what stands around the parts: SIZE is an estimate (RFC 1870, section 6.1).
constexpr std::uint64_t most_around = 2048;

struct attachment {
  explicit attachment(const std::string& path);
  /// Empty at the end. Throws error.
  [[nodiscard]] std::string read() const;

  std::string name;  // for a person: without the folder
  std::uint64_t size = 0;
  fd file;

 private:
  [[nodiscard]] error failure(int errno_value) const {
    return {system_code(errno_value), "attach", escape(path_)};
  }

  std::string path_;
};

attachment::attachment(const std::string& path)
    : name{path.substr(path.rfind('/') + 1)}, file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)}, path_{path} {
  struct stat found{};
  if (!file || ::fstat(file.get(), &found) != 0) throw failure(errno);
  if (S_ISDIR(found.st_mode)) throw failure(EISDIR);
  size = static_cast<std::uint64_t>(found.st_size);
}

std::string attachment::read() const {
  std::string piece(piece_size, '\0');
  ssize_t size_read = -1;
  do {
    size_read = ::read(file.get(), piece.data(), piece.size());
  } while (size_read < 0 && errno == EINTR);
  if (size_read < 0) throw failure(errno);
  piece.resize(static_cast<std::size_t>(size_read));
  return piece;
}

/// What no other mail has.
std::string unique_word() {
  std::random_device source;
  return fmt::format("{:08x}{:08x}{:08x}", source(), source(), source());
}

mail_heading heading_of(const upload_job& job) {
  mail_heading heading;
  heading.from = parse_mailbox(job.given.from);
  heading.to = mailboxes_of(job.given.recipients);
  heading.cc = mailboxes_of(job.given.copies);
  heading.subject = job.given.subject;
  heading.others = fields_of(job.given.headers);
  heading.date = job.by.time_of_day();
  heading.unique = unique_word();
  return heading;
}

class composed final : public outgoing_mail {
 public:
  explicit composed(upload_job& job) : job_{job} {
    if (job.given.from.empty())
      throw usage_error(usage_errc::missing, "--from", "",
                        "say who the mail is from: --from alice@example.org");
    for (const std::string& each : job.given.attachments) attachments_.emplace_back(each);
    for (const attachment& each : attachments_) job_.more += each.size;
  }

  task<smtp_envelope> prepare() override {
    co_await read_text();
    const bool is_plain = text_ended_ && is_plain_text(text_);
    mail_heading heading = heading_of(job_);
    smtp_envelope envelope;
    envelope.from = heading.from.address;
    envelope.to = recipients_of(job_.given);
    if (text_ended_) envelope.size = estimated_size();
    composer_.emplace(std::move(heading), !attachments_.empty(), is_plain);
    head_ = composer_->begin();
    co_return envelope;
  }

  task<std::optional<std::string>> next() override {
    if (!head_.empty()) co_return std::exchange(head_, {});
    if (!text_.empty()) co_return composer_->add_text(std::exchange(text_, {}));
    if (!text_ended_) {
      co_await read_piece();
      co_return composer_->add_text(std::exchange(text_, {}));
    }
    co_return next_of_attachments();
  }

 private:
  task<> read_text() {
    while (!text_ended_ && text_.size() < longest_looked_at) co_await read_piece();
  }
  task<> read_piece() {
    std::optional<std::string> piece = co_await job_.next();
    text_ended_ = !piece;
    if (!piece) co_return;
    text_ += *piece;
    if (!job_.given.messages.empty()) text_ += '\n';  // each is a line
  }

  std::optional<std::string> next_of_attachments() {
    if (is_over_) return std::nullopt;
    if (attachments_.empty()) {
      is_over_ = true;
      return composer_->finish();
    }
    if (!std::exchange(attachment_begun_, true))
      return composer_->begin_attachment(attachments_.front().name);
    const std::string piece = attachments_.front().read();
    job_.sent += piece.size();
    if (!piece.empty()) return composer_->add_bytes(piece);
    attachments_.pop_front();
    attachment_begun_ = false;
    return std::string{};
  }

  [[nodiscard]] std::uint64_t estimated_size() const {
    std::uint64_t size = most_around + 3 * text_.size();
    for (const attachment& each : attachments_) size += most_around + base64_lines::size_of(each.size);
    return size;
  }

  upload_job& job_;
  std::optional<mail_composer> composer_;
  std::string head_, text_;
  bool text_ended_ = false;
  std::deque<attachment> attachments_;
  bool attachment_begun_ = false;
  bool is_over_ = false;
};

}  // namespace

std::unique_ptr<outgoing_mail> composed_mail(upload_job& job) { return std::make_unique<composed>(job); }

}  // namespace ahoy::inline v0
