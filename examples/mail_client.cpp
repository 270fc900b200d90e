// Hands over a mail: the text is standard input. 0 means that the server has taken it for the recipient.
//   mail_client smtp://HOST FROM TO SUBJECT
#include <ahoy/ahoy.hpp>
#include <ahoy/protocol/mail_login.hpp>
#include <ahoy/protocol/mime.hpp>
#include <ahoy/protocol/smtp.hpp>

#include <iostream>
#include <iterator>
#include <string>

namespace {

ahoy::mail_heading heading_of(ahoy::engine& by, const std::string& from, const std::string& to,
                              const std::string& subject) {
  ahoy::mail_heading heading;
  heading.from = ahoy::parse_mailbox(from);
  heading.to = ahoy::parse_mailboxes(to);
  heading.subject = subject;
  heading.date = by.time_of_day();
  heading.unique = std::to_string(heading.date.time_since_epoch().count());
  return heading;
}

ahoy::task<> send(ahoy::engine& by, std::string url, ahoy::mail_heading heading, std::string text) {
  ahoy::smtp_envelope envelope;
  envelope.from = heading.from.address;
  for (const auto& each : heading.to) envelope.to.push_back(each.address);
  ahoy::mail_composer mail{std::move(heading), false, ahoy::is_plain_text(text)};
  std::string wire = mail.begin() + mail.add_text(text) + mail.finish();

  auto in = co_await ahoy::log_in_to_mail(by, std::move(url), ahoy::transfer_options{});
  ahoy::smtp_client client{std::move(in.over), std::move(in.extensions), {}};
  const auto refused = co_await client.begin(envelope);
  for (const auto& each : refused) std::cerr << each.recipient << ": " << ahoy::escape(each.reply) << '\n';
  if (refused.size() == envelope.to.size()) co_return;
  co_await client.send(wire);
  const auto last = co_await client.finish();
  std::cout << ahoy::escape(last.text) << '\n';
}

}  // namespace

int main(int count, char** words) try {
  if (count != 5) return std::cerr << "usage: mail_client smtp://HOST FROM TO SUBJECT\n", 2;
  const std::string text{std::istreambuf_iterator<char>{std::cin}, {}};
  const auto engine = ahoy::make_engine();
  engine->run(send(*engine, words[1], heading_of(*engine, words[2], words[3], words[4]), text));
} catch (const ahoy::error& e) {
  std::cerr << e.what() << '\n' << e.hint() << '\n';
  return 1;
}
