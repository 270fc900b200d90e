#include <ahoy/internet/mail_options.hpp>

namespace ahoy::inline v0 {

std::vector<mailbox> mailboxes_of(const std::vector<std::string>& words) {
  std::vector<mailbox> all;
  for (const std::string& each : words)
    for (mailbox& one : parse_mailboxes(each)) all.push_back(std::move(one));
  return all;
}

std::vector<std::string> addresses_of(const std::vector<mailbox>& mailboxes) {
  std::vector<std::string> all;
  all.reserve(mailboxes.size());
  for (const mailbox& each : mailboxes) all.push_back(each.address);
  return all;
}

std::vector<std::string> recipients_of(const upload_options& given) {
  std::vector<std::string> all;
  for (const auto* words : {&given.recipients, &given.copies, &given.hidden_copies})
    for (std::string& each : addresses_of(mailboxes_of(*words))) all.push_back(std::move(each));
  return all;
}

}  // namespace ahoy::inline v0
