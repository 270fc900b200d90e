#include <ahoy/command/standard_streams.hpp>
#include <ahoy/internet/mail_options.hpp>
#include <ahoy/internet/outgoing_mail.hpp>
#include <ahoy/protocol/mail_header.hpp>

namespace ahoy::inline v0 {

namespace {

constexpr std::size_t longest_header = std::size_t{1024} * 1024;

error no_mail(const std::string& hint) { return input_error(make_error_code(errc::malformed), hint); }

class whole final : public outgoing_mail {
 public:
  explicit whole(upload_job& job) : job_{job} {}

  task<smtp_envelope> prepare() override {
    const std::string header = co_await read_header();
    if (!begins_with_field(header))
      throw no_mail("no header stands before the text: --subject TEXT makes a mail of it");
    const std::vector<header_field> fields = parse_mail_header(header);
    smtp_envelope envelope;
    envelope.from = sender_of(fields);
    envelope.to = recipients_of(job_.given);
    if (envelope.to.empty()) envelope.to = recipients_in(fields);
    envelope.size = job_.size();
    text_ = without_field(header, "bcc") + text_;
    co_return envelope;
  }

  task<std::optional<std::string>> next() override {
    if (!text_.empty()) co_return std::exchange(text_, {});
    std::optional<std::string> piece = co_await job_.next();
    co_return piece;
  }

 private:
  /// What follows it stays in text_.
  task<std::string> read_header() {
    for (bool has_ended = false;;) {
      const auto end = find_body(text_);
      if (end || has_ended) {
        std::string header = text_.substr(0, end.value_or(text_.size()));
        text_.erase(0, header.size());
        co_return header;
      }
      if (text_.size() > longest_header) throw no_mail("its header has no end");
      std::optional<std::string> piece = co_await job_.next();
      has_ended = !piece;
      if (piece) text_ += *piece;
    }
  }

  [[nodiscard]] std::string sender_of(const std::vector<header_field>& fields) const {
    if (!job_.given.from.empty()) return parse_mailbox(job_.given.from).address;
    const std::string* sender = find_field(fields, "sender");
    const std::string* from = find_field(fields, "from");
    if (!sender && !from) throw no_mail("it names nobody whom it is from: --from ADDRESS does");
    const auto named = parse_mailboxes(sender ? *sender : *from);
    return named.empty() ? std::string{} : named.front().address;
  }

  static std::vector<std::string> recipients_in(const std::vector<header_field>& fields) {
    std::vector<std::string> values;
    for (const header_field& each : fields)
      for (const char* name : {"to", "cc", "bcc"})
        if (each.name.size() <= 3 && find_field({each}, name)) values.push_back(each.value);
    return addresses_of(mailboxes_of(values));
  }

  upload_job& job_;
  std::string text_;
};

}  // namespace

std::unique_ptr<outgoing_mail> whole_mail(upload_job& job) { return std::make_unique<whole>(job); }

}  // namespace ahoy::inline v0
