// Sorts mail as it comes: whatever has WORD in its subject is marked as sorted and moved to MAILBOX, and the
// server tells of new mail at once (IDLE). The password is the first line of standard input:
//   mail_sorter imaps://HOST USER WORD MAILBOX
#include <ahoy/ahoy.hpp>
#include <ahoy/protocol/imap.hpp>
#include <ahoy/protocol/mail_login.hpp>

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

namespace {

struct mail_sorter {
  std::string word, mailbox;

  // Looks at the mail from this UID on; the UID that the next one has at least.
  ahoy::task<std::uint32_t> sort(ahoy::imap_client& at, std::uint32_t next) const {
    std::vector<std::uint32_t> fits;
    auto fresh = co_await at.search("UID " + std::to_string(next) + ":*");
    std::erase_if(fresh,
                  [next](std::uint32_t uid) { return uid < next; });  // N:* names the last one in any case
    co_await at.list(fresh);
    for (;;) {
      const auto mail = co_await at.next();
      if (!mail) break;
      std::cout << mail->uid << ' ' << ahoy::escape(mail->subject) << std::endl;
      if (mail->subject.find(word) != std::string::npos) fits.push_back(mail->uid);
      next = std::max(next, mail->uid + 1);
    }
    const std::vector<std::string> flags(1, "$sorted");
    co_await at.store(fits, ahoy::imap_flags::add, flags);
    co_await at.move(fits, mailbox);
    std::cout << fits.size() << " moved" << std::endl;
    co_return next;
  }

  ahoy::task<> run(ahoy::engine& by, std::string url, ahoy::credentials login) const {
    ahoy::transfer_options how;
    how.login = std::move(login);
    auto in = co_await ahoy::log_in_to_mail(by, std::move(url), how);
    ahoy::imap_client client{std::move(in.over), {}};
    co_await client.begin();
    (void)co_await client.select("INBOX");
    for (std::uint32_t next = 1;;) {
      next = co_await sort(client, next);
      (void)co_await client.await_mail(by);
    }
  }
};

}  // namespace

int main(int count, char** words) try {
  if (count != 5) return std::cerr << "usage: mail_sorter imaps://HOST USER WORD MAILBOX\n", 2;
  std::string password;
  std::getline(std::cin, password);
  const auto engine = ahoy::make_engine();
  const mail_sorter sorter{words[3], words[4]};
  engine->run(sorter.run(*engine, words[1], ahoy::credentials{words[2], password}));
} catch (const ahoy::error& e) {
  std::cerr << e.what() << '\n' << e.hint() << '\n';
  return 1;
}
